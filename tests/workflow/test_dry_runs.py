"""The workflow plans what it should: on a bare checkout, for odd cohorts, and after a cohort is added."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]


def snakemake(folder, *options):
    """Runs Snakemake in a study folder."""
    return subprocess.run(
        [sys.executable, "-m", "snakemake", "-s", REPOSITORY / "Snakefile", "--directory", folder, *options],
        capture_output=True,
        text=True,
        env={**os.environ, "XDG_CACHE_HOME": str(folder / ".cache")},
    )


def planned(folder, *options) -> Counter:
    """Jobs per rule of a dry run."""
    done = snakemake(folder, "-n", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    table = re.search(r"Job stats:\njob +count\n[- ]+\n(.*?)\n\n", done.stdout + done.stderr, re.DOTALL)
    counts = {name: int(n) for name, n in re.findall(r"^(\w+) +(\d+)$", table.group(1), re.MULTILINE)} if table else {}
    counts.pop("total", None)
    return Counter(counts)


@pytest.fixture
def study(tmp_path):
    """A study folder whose configuration a test may change."""

    def write(**changes):
        config = {
            "cohorts": {
                "learn": {"role": "train", "phantom": {"patients": 3, "prefix": "T"}},
                "test": {"role": "validation", "phantom": {"patients": 2, "prefix": "V"}},
            },
            **changes,
        }
        (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
        return tmp_path

    return write


def test_a_bare_checkout_plans_the_whole_demonstration(tmp_path):
    shutil.copy(REPOSITORY / "config.yaml", tmp_path)
    jobs = planned(tmp_path)
    cohorts = yaml.safe_load((REPOSITORY / "config.yaml").read_text())["cohorts"]
    patients = {cohort["role"]: cohort["phantom"]["patients"] for cohort in cohorts.values()}
    scans = sum(patients.values())
    assert scans >= 16
    assert jobs["phantom"] == len(cohorts)
    for rule in ("intake", "liver"):
        assert jobs[rule] == scans, rule
    # A second network is trained on the same scans, and applied to those of validation.
    assert jobs["preprocess"] == 2 * scans
    assert jobs["segment"] == scans + patients["validation"]
    assert jobs["train_segmentation"] == 2
    # The reference everywhere, the first network everywhere, the second on the scans of validation.
    assert jobs["features"] == 2 * scans + patients["validation"]
    for rule in ("check", "select", "report", "manifest", "all", "concordance_sources"):
        assert jobs[rule] == 1, rule
    assert jobs["concordance"] == 2
    assert jobs["classify"] == len(cohorts)
    assert jobs["lesion_table"] == 2


def test_cross_fitting_trains_one_more_network_per_fold(study):
    folder = study(segmentation={"cross_fit": 3})
    jobs = planned(folder)
    assert jobs["train_segmentation"] == 1 + 3


def test_a_liver_network_is_trained_when_asked_for(study):
    folder = study(segmentation={"liver": {"replace_given": True}})
    jobs = planned(folder)
    assert jobs["train_segmentation"] == 2
    assert jobs["preprocess"] == 3 + 5
    assert jobs["liver"] == 5


def test_a_predict_cohort_without_masks_gets_no_manual_features(study, tmp_path):
    (tmp_path / "ct.nii.gz").touch()
    (tmp_path / "liver.nii.gz").touch()
    folder = study()
    config = yaml.safe_load((folder / "config.yaml").read_text())
    before = planned(folder)
    config["cohorts"]["new"] = {
        "role": "predict", "patients": ["p01"], "image": "ct.nii.gz", "liver": "liver.nii.gz",
    }  # fmt: skip
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    jobs = planned(folder)
    assert jobs["features"] == before["features"] + 1
    assert jobs["segment"] == before["segment"] + 1
    assert jobs["train_segmentation"] == before["train_segmentation"] == 1


def test_masks_of_training_scans_are_altered_where_features_are_to_be_stable(study):
    before = planned(study())
    folder = study(selection={"stable_features": {"icc": 0.75}})
    assert planned(folder) - before == {"altered_features": 3}
    said = snakemake(folder, "-n", "-p")
    place = "--altered-features=results/learn/features/{T001/baseline,T002/baseline,T003/baseline}/altered.parquet"
    assert place in said.stdout + said.stderr


def test_an_external_program_draws_the_validation_scans_and_its_masks_are_brought_in(study):
    before = planned(study())
    folder = study(programs={"nnunet": {"command": "tool {image_folder} {out_folder}", "labels": [2]}})
    jobs = planned(folder)
    assert jobs["lesion_program"] == jobs["match"] == 2
    assert jobs["features"] == before["features"] + 2
    assert jobs["concordance"] == before["concordance"] + 1
    assert jobs["train_segmentation"] == before["train_segmentation"]
    done = snakemake(folder, "-n", "-p")
    assert "tool {image_folder} {out_folder}" in done.stdout + done.stderr


def test_a_folder_of_a_programs_masks_is_a_mask_source_without_any_training(study, tmp_path):
    for name in ("ct", "liver", "manual", "nnunet"):
        (tmp_path / f"p01_{name}.nii.gz").touch()
    folder = study(
        cohorts={
            "test": {
                "role": {"segmentation": "validation"}, "patients": ["p01"], "image": "{patient}_ct.nii.gz",
                "liver": "{patient}_liver.nii.gz", "lesions": "{patient}_manual.nii.gz",
                "masks": {"nnunet": {"path": "{patient}_nnunet.nii.gz", "labels": [2]}},
            }
        },
        sources={"nnunet": {"tool": True}},
    )  # fmt: skip
    jobs = planned(folder)
    assert (jobs["match"], jobs["overlap"], jobs["readers_scan"]) == (1, 1, 1)
    assert jobs["train_segmentation"] == 0


def test_patients_with_masks_at_two_timepoints_are_followed_and_others_are_not(study, tmp_path):
    for scan in ("p01_before", "p01_after", "p02_before"):
        for name in ("ct", "liver", "manual", "nnunet"):
            (tmp_path / f"{scan}_{name}.nii.gz").touch()
    rows = ["patient_id,timepoint,scan_date", "p01,before,2024-01-31", "p01,after,2024-03-31", "p02,before,2024-01-31"]
    (tmp_path / "table.csv").write_text("\n".join(rows) + "\n")
    scan = "{patient}_{timepoint}"
    folder = study(
        cohorts={
            "test": {
                "role": {"segmentation": "validation", "response": "none"}, "table": "table.csv",
                "image": f"{scan}_ct.nii.gz", "liver": f"{scan}_liver.nii.gz",
                "masks": {"manual": f"{scan}_manual.nii.gz", "nnunet": f"{scan}_nnunet.nii.gz"},
                "lesion_ids": "components",
            }
        },
    )  # fmt: skip
    done = snakemake(folder, "-n", "-p")
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    assert len(re.findall(r"^rule follow_up:", said, re.MULTILINE)) == 1
    (command,) = [line.strip() for line in said.splitlines() if "livermets follow-up" in line]
    assert "--lesions before=results/test/intake/p01/before/lesions.nii.gz --lesions after=" in command
    assert "--days before=0 --days after=60 --by-position" in command
    assert "--matching after/nnunet=results/test/segmentation/nnunet/p01/after/matching.csv" in command


def test_templates_with_braces_reach_the_jobs_unharmed(study, tmp_path):
    (tmp_path / "p01_ct.nii.gz").touch()
    command = {"missing": "command", "command": "some-tool -i {image} -o {out}"}
    folder = study(segmentation={"liver": command})
    config = yaml.safe_load((folder / "config.yaml").read_text())
    config["cohorts"]["new"] = {"role": "predict", "patients": ["p01"], "image": "{patient}_ct.nii.gz"}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    done = snakemake(folder, "-n", "-p")
    assert done.returncode == 0, done.stderr
    assert "some-tool -i {image} -o {out}" in done.stdout + done.stderr
    assert "{patient}_ct.nii.gz" in done.stdout + done.stderr


def test_a_user_mistake_is_one_sentence_and_exit_status_two(study):
    folder = study(selecton={})
    done = snakemake(folder, "-n")
    assert done.returncode == 2
    assert "error: selecton: unknown key. Did you mean `selection`?" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "results").exists()


def test_a_cohort_that_stands_twice_is_an_error_with_both_lines(study, tmp_path):
    folder = study()
    twice = "cohorts:\n  a: {role: train, phantom: {patients: 3}}\n  a: {role: validation, phantom: {patients: 2}}\n"
    (tmp_path / "overlay.yaml").write_text(twice)
    done = snakemake(folder, "-n", "--configfile", str(folder / "config.yaml"), str(folder / "overlay.yaml"))
    assert done.returncode == 2
    assert "overlay.yaml, line 3: the key `cohorts.a` is already in line 2. Keep one of the two." in done.stderr
    (tmp_path / "overlay.yaml").write_text("cohorts: {learn: {phantom: {patients: 4}}}\n")
    assert planned(folder, "--configfile", str(folder / "config.yaml"), str(folder / "overlay.yaml"))["intake"] == 6


@pytest.fixture
def job_left_behind(tmp_path, monkeypatch):
    """A cluster that still has a job of a killed run in the study's folder; its programs note who is called."""
    bin = tmp_path / "bin"
    bin.mkdir()
    queued = f"7|f0a1b2c3-0000-4000-8000-0123456789ab|{tmp_path.resolve()}"
    programs = {
        "sinfo": "echo 'main|4|(null)'",
        "squeue": f"[ -e {bin}/called ] || echo '{queued}'",
        "scancel": f'echo "$@" >> {bin}/called',
    }
    for name, line in programs.items():
        (bin / name).write_text(f"#!/bin/sh\n{line}\n")
        (bin / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin}:{os.environ['PATH']}")
    return bin / "called"


def test_jobs_left_behind_are_cancelled_before_jobs_are_planned(study, job_left_behind):
    folder = study()
    for looking in (["-n"], ["--unlock"], ["--lint"], ["--summary"]):
        snakemake(folder, *looking)
        assert not job_left_behind.exists(), looking
    (folder / "results").mkdir()
    (folder / "results/compiled_radiomics.txt").touch()  # nothing is to be done
    done = snakemake(folder, "--cores", "1", "results/compiled_radiomics.txt")
    assert done.returncode == 0, done.stderr
    assert job_left_behind.read_text().split() == ["7"]
    note = done.stderr.index("note: 1 job(s) of a run that was killed are cancelled.")
    assert note < done.stderr.index("Building DAG of jobs")


@pytest.mark.slow
def test_snakemake_lints_a_bare_checkout():
    done = subprocess.run([sys.executable, "-m", "snakemake", "--lint"], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_networks_of_several_shares_have_a_learning_curve(study):
    cohorts = {
        "learn": {"role": "train", "phantom": {"patients": 8, "prefix": "T"}},
        "test": {"role": "validation", "phantom": {"patients": 2, "prefix": "V"}},
    }
    curve = "results/overlap/learning_curve.png"
    folder = study(cohorts=cohorts, networks={"half": {"training_share": 0.5}})
    done = snakemake(folder, "-n", "-p", "--nocolor", curve)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "--same-recipe=automatic,half" in said
    (command,) = re.findall(r".*train-segmentation.*--training-share 0.5.*", said)
    drawn = re.search(r"--patients (\S+)", command)[1].split(",")
    assert len(drawn) == 4
    assert command.count("--fold-patients") == 1
    plain = study(cohorts=cohorts, networks={"same": {}})
    done = snakemake(plain, "-n", curve)
    assert "MissingRuleException" in done.stdout + done.stderr
    assert planned(plain)["overlap"] == 1
