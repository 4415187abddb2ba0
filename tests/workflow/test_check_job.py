"""What the check job leaves in a study with errors, and in one without."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from tests.small_study import SmallStudy

REPOSITORY = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


def test_with_errors_the_tables_stay_and_the_job_runs_again(tmp_path):
    study = SmallStudy.written(tmp_path)
    sound = (tmp_path / "V1/liver.nii.gz").read_bytes()
    study.edit("V1/liver.nii.gz", lambda labels: labels * 0)
    study.save_settings()

    def run():
        place = ["-s", str(REPOSITORY / "Snakefile"), "--directory", str(tmp_path), "--cores", "1"]
        command = [sys.executable, "-m", "snakemake", *place, "results/check/summary.txt"]
        return subprocess.run(command, capture_output=True, text=True)

    assert run().returncode == 1
    problems = pd.read_csv(tmp_path / "results/check/problems.csv")
    assert problems.loc[problems["severity"] == "error", "what"].tolist() == ["the liver mask is empty"]
    assert len(pd.read_csv(tmp_path / "results/check/scans.csv")) == 3
    assert not (tmp_path / "results/check/summary.txt").exists()
    (tmp_path / "V1/liver.nii.gz").write_bytes(sound)
    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "error" not in pd.read_csv(tmp_path / "results/check/problems.csv")["severity"].tolist()
    assert "no errors" in (tmp_path / "results/check/summary.txt").read_text()
