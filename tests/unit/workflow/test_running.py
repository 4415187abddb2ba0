"""Failures are told in one sentence each, and so is what does not fit the folder, the checkout or its packages."""

import os
import subprocess
from pathlib import Path

import pytest

from livermets.workflow import running
from livermets.workflow.running import failures, foreign_results, reason, summary
from livermets.workflow.snakemake import FailedJob, status_of


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_results_of_another_study_are_refused_and_of_another_version_told(folder):
    running.record_study("One", ["a", "b"], "0.1.0")
    assert foreign_results("Two", ["c"], "0.1.0") == []  # nothing was computed yet
    (folder / "results").mkdir()
    assert foreign_results("One, renamed", ["b", "c"], "0.1.0") == []
    (other,) = foreign_results("Two", ["c"], "0.1.0")
    assert other.severity == "error"
    assert "'One'" in str(other)
    (newer,) = foreign_results("One", ["a", "b"], "0.2.0")
    assert newer.severity == "warning"
    assert "livermets 0.1.0 and this is 0.2.0" in str(newer)


JOB = FailedJob("intake", "intake.log", ("image.nii.gz",))
BLOCK = """[Sat Nov 21 18:34:51 2026]
Error in rule intake:
    message: {message}
For further error details see the cluster/cloud log
    jobid: 3
    log: intake.log (check log file(s) for error details)
    shell:
        python -m livermets intake
Logfile intake.log:
"""


@pytest.mark.parametrize(
    "message, log, said",
    [
        (
            "None",
            "error: P1: no outcome. Add a row.\nerror: P2: no outcome.\n",
            "2 problems:\n    P1: no outcome. Add a row.\n    P2: no outcome.",
        ),
        ("None", "Traceback\n  File x\nValueError: bad shape\n", "ValueError: bad shape"),
        ("SLURM-job '7' failed, SLURM status is: 'TIMEOUT'. Reason", "", "SLURM ended the job with TIMEOUT"),
        (
            "SLURM sbatch failed. The error message was 'sbatch: error: Invalid account'.",
            "",
            "SLURM took no such job (Invalid account)",
        ),
        ("None", "", "it ended without a word"),
    ],
)
def test_a_failure_is_told_in_one_sentence(folder, message, log, said):
    (folder / "intake.log").write_text(log)
    (failure,) = failures([JOB], BLOCK.format(message="None") + BLOCK.format(message=message))
    assert failure.rule == "intake"
    assert failure.reason.startswith(said)


@pytest.mark.parametrize(
    "ending, said",
    [
        ("returned non-zero exit status 1.", "it ended with status 1 and without a word"),
        (
            "returned non-zero exit status 137.",
            "the job was ended from outside by SIGKILL, most often for using more me",
        ),
        ("died with <Signals.SIGKILL: 9>.", "the job was ended from outside by SIGKILL, most often for using more mem"),
        ("died with <Signals.SIGTERM: 15>.", "the job was ended from outside by SIGTERM"),
    ],
)
def test_memory_is_spoken_of_only_where_a_signal_does(folder, ending, said):
    (folder / "intake.log").touch()
    log = f"RuleException:\nCommand 'set -e; python -m livermets\n intake 2> intake.log' {ending}\n"
    (failure,) = failures([JOB], log)
    assert failure.reason.startswith(said)
    assert ("memory" in failure.reason) == ("KILL" in said)


def test_what_snakemake_says_of_a_killed_job_is_understood(folder):
    """The words of `subprocess`, which Snakemake passes on, for an ended shell and for an ended command of it."""
    for command in ("kill -9 $$", "bash -c 'kill -9 $$'; exit $?"):
        with pytest.raises(subprocess.CalledProcessError) as ended:
            subprocess.run(f"{command} 2> intake.log", shell=True, check=True, executable="/bin/bash")
        assert status_of("intake.log", str(ended.value)) == -9


def test_a_checkout_that_snakemake_cannot_run_is_one_sentence():
    for name in ("my study", "d'Azur", "a&b", 'x"$y'):
        assert running.unfit_checkout(Path("/home") / name) == []
    for name in ("a{b}c", "a:b"):
        (problem,) = running.unfit_checkout(Path("/home") / name)
        assert "Rename the folder" in str(problem)


def test_paths_that_a_submission_would_lose_are_named():
    python, study = Path("/opt/livermets/.venv/bin/python"), Path("/data/d'Azur, my study")
    assert running.unfit_for_submission(python, [study]) == []
    problems = running.unfit_for_submission(Path("/my opt/python"), [study, Path("/data/$x")])
    assert [problem.where for problem in problems] == ["/my opt/python", "/data/$x"]


def test_members_of_a_group_that_did_not_fail_are_left_out(folder):
    for name in ("first.log", "first.nii.gz", "second.log"):
        (folder / name).touch()
    jobs = [FailedJob(name, f"{name}.log", (f"{name}.nii.gz",)) for name in ("first", "second", "third")]
    assert [failure.rule for failure in failures(jobs)] == ["second"]


def test_the_summary_counts_and_says_what_to_do(folder):
    (folder / "intake.log").write_text("error: P1: no outcome\n")
    assert summary([JOB], ["missing.log"]).splitlines() == [
        "1 job(s) failed:",
        "  intake: P1: no outcome (log: intake.log)",
        "Everything else is kept: remove the cause and start the same command again.",
    ]
    assert summary([]) == ""


def test_every_failed_job_is_listed(folder):
    jobs = [FailedJob("intake", f"{number}.log", (f"{number}.out",)) for number in range(30)]
    for job in jobs:
        (folder / job.log).write_text("error: no outcome.\n")
    assert summary(jobs).count("no outcome.") == 30


def test_progress_bars_are_no_reason(folder):
    (folder / "x.log").write_text("MemoryError\nepoch: 10%|#  | 1/10 [00:01<00:09, 1.0it/s]\n")
    assert reason(folder / "x.log") == "MemoryError"


def test_results_that_cannot_be_written_to_are_one_sentence(folder, monkeypatch):
    assert running.unwritable_results() == []
    (folder / "results").mkdir()
    assert running.unwritable_results() == []
    monkeypatch.setattr(os, "access", lambda *_: False)
    (problem,) = running.unwritable_results()
    assert "cannot be written to" in str(problem)


def test_packages_of_another_lock_are_told(folder):
    lock = folder / "lock.txt"
    lock.write_text("# pins\npytest==0.1\nno-such-package==1\nnumpy==0.2\nscipy==0.3\npandas==0.4\n")
    (problem,) = running.outdated_environment(lock)
    assert problem.severity == "warning"
    assert f"pytest is {pytest.__version__} and should be 0.1" in str(problem)
    assert "pandas is " in str(problem)
    assert "make install" in str(problem)
    assert running.outdated_environment(folder / "missing.txt") == []
