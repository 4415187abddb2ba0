"""The tiny study handed over: applied in another folder that trains nothing, it calls every lesion as before."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from tests.unit.report.statements.checking import complaints_about
from tests.workflow.tiny_runs import REPOSITORY, run

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("end_to_end"), pytest.mark.timeout(2700)]

SAME = ("{}/lesions.csv", "{}/lesions_long.csv", "{}/roi_probabilities.parquet")
"""Tables of a cohort that do not tell where the model came from."""


def livermets(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "livermets", *words]
    environment = {"PYTHONPATH": str(REPOSITORY / "src"), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)


@pytest.fixture(scope="module")
def bundle(local_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished tiny study as one file."""
    out = tmp_path_factory.mktemp("bundle") / "tiny.zip"
    done = livermets(local_study, "bundle", str(out))
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def elsewhere(local_study: Path, bundle: Path) -> Path:
    """Another folder, where the validation patients are given as files and nothing is trained."""
    folder = bundle.parent / "elsewhere"
    folder.mkdir()
    shutil.copytree(local_study / "results/test/phantom", folder / "sent")
    scan = "{patient}/{timepoint}"
    cohort = {
        "role": "validation",
        "folder": "sent",
        "table": "outcome.csv",
        "image": f"{scan}/ct.nii.gz",
        "liver": f"{scan}/liver.nii.gz",
        "lesions": f"{scan}/lesions.nii.gz",
    }
    config = {"study": "Elsewhere", "model": str(bundle), "cohorts": {"test": cohort}}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    done = run(folder)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return folder


def test_every_lesion_gets_the_class_that_it_had_in_the_study(local_study, elsewhere):
    for name in SAME:
        ours, theirs = (folder / "results" / name.format("test") for folder in (elsewhere, local_study))
        assert ours.read_bytes() == theirs.read_bytes(), name
    masks = sorted((local_study / "results/test/segmentation").glob("*/*/*/lesions.nii.gz"))
    assert len(masks) == 6
    for theirs in masks:
        assert (elsewhere / theirs.relative_to(local_study)).read_bytes() == theirs.read_bytes(), theirs


def test_nothing_was_trained_and_the_report_says_who_did(elsewhere):
    results = elsewhere / "results"
    assert sorted(path.name for path in (results / "model").iterdir()) == ["model.json", "model.safetensors"]
    assert not list(results.rglob("training_log.csv"))
    facts = json.loads((results / "bundle/applied.json").read_text())
    page = (results / "report/report.html").read_text()
    assert facts["sha256"] in page
    assert "the study “Tiny”, as its bundle brings it" in page
    assert complaints_about(results) == []


def test_the_bundle_names_no_patient_and_no_place(local_study, bundle):
    intake = [local_study / "results" / cohort / "intake" for cohort in ("learn", "test")]
    patients = [path.name for folder in intake for path in folder.iterdir() if path.is_dir()]
    forbidden = [*patients, str(local_study), "results/learn", "results/test", "/intake/"]
    assert len(patients) == 9
    with zipfile.ZipFile(bundle) as archive:
        said = {name: archive.read(name) for name in archive.namelist()}
    assert [(name, word) for name, content in said.items() for word in forbidden if word.encode() in content] == []


def test_settings_that_are_not_the_bundles_end_the_run_before_it_begins(elsewhere, tmp_path):
    values = yaml.safe_load((elsewhere / "config.yaml").read_text())
    values["cohorts"]["test"]["folder"] = str(elsewhere / "sent")
    values |= {"radiomics": {"step": 3}, "preprocess": {"network_grid": 128}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(values))
    done = run(tmp_path)
    assert done.returncode != 0
    for key, here, there in (("radiomics.step", 3, 2), ("preprocess.network_grid", 128, 64)):
        assert f"error: {key}: this is {here} here and {there} in the bundle" in done.stdout + done.stderr
    assert not (tmp_path / "results").exists()


def test_a_run_that_is_repeated_unpacks_nothing_again(elsewhere, bundle):
    bundle.touch()
    done = run(elsewhere)
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout + done.stderr
