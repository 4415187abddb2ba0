"""A killed run's lock is released and nobody else's; failures are told in one sentence each."""

import json
import os
import subprocess
import sys

import pytest

from livermets import running
from livermets.running import LOCKS, RECORD, FailedJob, failures, foreign_results, reason, release_stale_lock, summary


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    LOCKS.mkdir(parents=True)
    return tmp_path


@pytest.fixture
def lock():
    (LOCKS / "0.input.lock").write_text("a\n")
    return LOCKS / "0.input.lock"


def record(**changes):
    RECORD.write_text(json.dumps({**running.this_process(), **changes}))


@pytest.fixture
def dead_pid():
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_the_lock_of_a_dead_process_is_released(lock, dead_pid):
    record(pid=dead_pid)
    assert release_stale_lock()
    assert not lock.exists()
    assert running.is_recorded()


def test_a_living_run_keeps_its_lock_and_its_record(lock):
    record(pid=os.getppid(), started=running._started(os.getppid()))
    assert not release_stale_lock()
    assert lock.exists()
    assert not running.is_recorded()


def test_an_id_that_another_process_got_since_is_not_the_run(lock):
    record(started=1)
    assert release_stale_lock()


def test_a_restarted_machine_runs_nothing_of_before(lock):
    record(boot="another")
    assert release_stale_lock()


def test_a_run_on_another_machine_is_left_alone(lock, dead_pid):
    record(host="elsewhere", pid=dead_pid)
    assert not release_stale_lock()
    assert lock.exists()


def test_a_lock_without_a_record_is_not_ours_to_judge(lock):
    assert not release_stale_lock()
    assert not release_stale_lock()
    assert lock.exists()


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
        ("None", "", "the job was ended from outside"),
    ],
)
def test_a_failure_is_told_in_one_sentence(folder, message, log, said):
    (folder / "intake.log").write_text(log)
    (failure,) = failures([JOB], BLOCK.format(message="None") + BLOCK.format(message=message))
    assert failure.rule == "intake"
    assert failure.reason.startswith(said)


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
