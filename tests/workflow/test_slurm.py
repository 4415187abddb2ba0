"""The tiny study on a real SLURM of one node: its records, with GPUs and without, wrong requests, a kill.

Only when asked by LIVERMETS_SLURM=1, for it takes ten minutes and installs SLURM where it may. A machine has one SLURM,
so the runs that need it share a worker (xdist_group)."""

import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from tests.workflow.kills import wait_for_verb
from tests.workflow.tiny_runs import (
    SLURM_ASKED,
    SLURM_NOT_ASKED,
    differences,
    kill_node,
    quick_profile,
    run,
    slurm_jobs,
    snakemake_command,
    start_node,
    start_slurm,
    wait_until,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.slurm,
    pytest.mark.skipif(bool(SLURM_NOT_ASKED), reason=SLURM_NOT_ASKED),
    pytest.mark.xdist_group("end_to_end"),
    pytest.mark.timeout(2700),
]
# What SLURM calls a submission: a rule, or a group and its rules.
SUBMITTED = {
    "phantom", "warm_radiomics", "check", "scan_intake_liver_preprocess", "train_segmentation", "segment",
    "overlap", "training_table", "select", "classify", "resubstitution", "lesion_table",
    "concordance", "roi_concordance", "concordance_sources", "report", "manifest",
}  # fmt: skip
MASK = "results/test/segmentation/automatic/V001/baseline/lesions.nii.gz"


@pytest.fixture(scope="module")
def study(slurm: str, second_study: Path) -> Path:
    if slurm:
        pytest.skip(slurm)
    return second_study


@pytest.fixture
def one_mask_missing(study, tmp_path):
    """A finished study that lacks one automatic mask."""
    folder = tmp_path / "study"
    shutil.copytree(study, folder, symlinks=True)
    (folder / MASK).unlink()
    return folder


def last_job(kind: str):
    jobs = slurm_jobs()
    return jobs[jobs["Comment"].str.startswith(f"rule_{kind}")].iloc[-1]


def test_every_submission_is_in_the_records_of_slurm(study):
    log = (study / "run.log").read_text()
    submitted = set(re.findall(r"has been submitted with SLURM jobid (\d+)", log))
    jobs = slurm_jobs().set_index("JobID")
    assert submitted <= set(jobs.index)
    ours = jobs.loc[sorted(submitted)]
    assert set(ours["State"]) == {"COMPLETED"}
    for kind in SUBMITTED:
        assert ours["Comment"].str.startswith(f"rule_{kind}").any(), kind


def test_a_scan_costs_few_submissions(study):
    log = (study / "run.log").read_text()
    steps = int(re.search(r"of (\d+) steps \(100%\)", log).group(1))
    submissions = log.count("has been submitted with SLURM jobid")
    assert submissions < steps / 2


def test_tables_masks_and_models_are_those_of_the_local_run(study, local_study):
    assert differences(local_study / "results", study / "results") == []


def test_gpu_rules_asked_for_one_gpu_and_no_other_rule_did(study):
    jobs = slurm_jobs().iloc[:]
    wants = jobs["Comment"].str.startswith(("rule_segment", "rule_train_"))
    assert wants.sum() >= 10
    assert set(jobs.loc[wants, "tres-per-job"]) == {"gres:gpu:1"}
    assert set(jobs.loc[~wants, "tres-per-job"]) == {"N/A"}


def test_a_gpu_can_be_asked_for_as_gres(one_mask_missing, study, tmp_path):
    done = run(one_mask_missing, MASK, profile=quick_profile("slurm-gres", tmp_path))
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    job = last_job("segment")
    assert job["tres-per-job"] == "N/A"
    assert job["tres-per-node"] == "gres:gpu:1"
    assert differences(study / "results", one_mask_missing / "results") == []


def test_an_unknown_partition_is_one_sentence(one_mask_missing, tmp_path):
    profile = quick_profile("slurm", tmp_path)
    done = run(one_mask_missing, "--default-resources", "slurm_partition=long", "--", MASK, profile=profile)
    assert done.returncode == 2
    assert "error: default-resources: the cluster has no partition long. Set slurm_partition" in done.stderr
    assert "has been submitted" not in done.stdout + done.stderr


def test_after_a_kill_the_jobs_left_behind_are_cancelled_and_the_run_goes_on(one_mask_missing, study, tmp_path):
    profile = quick_profile("slurm", tmp_path)
    command = snakemake_command(one_mask_missing, MASK, profile=profile)
    before = len(slurm_jobs())
    killed = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    wait_until(lambda: len(slurm_jobs()) > before)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert len(slurm_jobs()) == before + 1
    again = subprocess.run(command, capture_output=True, text=True)
    assert again.returncode == 0, (again.stdout + again.stderr)[-4000:]
    assert "note: the last run in this folder was killed; its lock is released." in again.stderr
    assert "note: 1 job(s) of a run that was killed are cancelled." in again.stderr
    assert slurm_jobs().iloc[before]["State"] == "CANCELLED"
    assert differences(study / "results", one_mask_missing / "results") == []


def test_a_job_that_ran_out_of_memory_is_given_more(one_mask_missing, study, tmp_path):
    profile = quick_profile("slurm", tmp_path)
    before = len(slurm_jobs())
    little = ("--retries", "1", "--set-resources", "segment:mem_mb=300 * attempt**3")
    done = run(one_mask_missing, MASK, *little, profile=profile)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    first, second = slurm_jobs().iloc[before:]["State"]
    assert first != "COMPLETED"
    assert second == "COMPLETED"
    assert differences(study / "results", one_mask_missing / "results") == []


@pytest.mark.skipif(SLURM_ASKED != "all", reason="LIVERMETS_SLURM=all: SLURM lets a lost job wait for minutes")
def test_after_the_death_of_the_node_the_job_starts_again(one_mask_missing, study, tmp_path):
    profile = quick_profile("slurm", tmp_path)
    before = len(slurm_jobs())
    command = snakemake_command(one_mask_missing, MASK, "--retries", "1", profile=profile)
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert wait_for_verb("segment", one_mask_missing, running) is not None
    kill_node()
    start_node()
    said, _ = running.communicate()
    assert running.returncode == 0, said[-4000:]
    jobs = slurm_jobs().iloc[before:]
    assert jobs.iloc[0]["RestartCnt"] == "1"  # by SLURM itself; were it lost again, Snakemake would send it again
    assert jobs.iloc[-1]["State"] == "COMPLETED"
    assert differences(study / "results", one_mask_missing / "results") == []


def test_without_a_gpu_the_same_profile_runs_on_the_cpu(one_mask_missing, study, tmp_path):
    """The last test here: it replaces the cluster by one without GPUs."""
    assert start_slurm(gpus=0) == ""
    profile = quick_profile("slurm", tmp_path)
    forced = run(one_mask_missing, MASK, "--set-resources", "segment:gpu=1", profile=profile)
    assert forced.returncode == 2
    assert "error: segment: a GPU is asked for, and no partition of the cluster has one." in forced.stderr
    done = run(one_mask_missing, MASK, profile=profile)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    assert last_job("segment")["tres-per-job"] == "N/A"
    assert differences(study / "results", one_mask_missing / "results") == []
