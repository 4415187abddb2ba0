"""A killed run's lock is released and nobody else's, whichever container the run is in."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import livermets
from livermets.workflow import lock as locking
from livermets.workflow.lock import RECORD, kept_lock, release_stale_lock
from livermets.workflow.snakemake import LOCKS

WAITING = "from livermets.workflow import lock; lock.release_stale_lock(); print('at work', flush=True); input()"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(livermets.__file__).parents[1])}
CONTAINER = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(locking, "_held", {})
    LOCKS.mkdir(parents=True)
    return tmp_path


@pytest.fixture
def lock():
    (LOCKS / "0.input.lock").write_text("a\n")
    return LOCKS / "0.input.lock"


@pytest.fixture
def start():
    """Starts runs that are at work until the test ends."""
    started = []

    def run(*before: str) -> subprocess.Popen[str]:
        command = [*before, sys.executable, "-c", WAITING]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
        started.append(process)
        assert process.stdout.readline() == "at work\n"
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def record(**changes):
    RECORD.write_text(json.dumps({**locking.this_process(), **changes}))


@pytest.fixture
def dead_pid():
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_the_lock_of_a_dead_process_is_released(lock, dead_pid):
    record(pid=dead_pid)
    assert release_stale_lock()
    assert not lock.exists()
    assert locking.is_recorded()
    assert kept_lock("snakemake --unlock") == ""


def test_the_lock_of_a_run_that_held_the_folder_is_released_whatever_its_namespace(lock, dead_pid):
    record(pid=dead_pid, namespace="pid:[1]", holds=True)
    assert release_stale_lock()


def test_a_living_run_keeps_its_lock_and_its_record(lock):
    record(pid=os.getppid(), started=locking._started(os.getppid()))
    assert not release_stale_lock()
    assert lock.exists()
    assert not locking.is_recorded()


def test_an_id_that_another_process_got_since_is_not_the_run(lock):
    record(started=1)
    assert release_stale_lock()


def test_a_restarted_machine_runs_nothing_of_before(lock, monkeypatch):
    monkeypatch.setattr(locking, "_first_line", lambda path: f"of {path}")
    record(boot="another")
    assert release_stale_lock()


@pytest.mark.parametrize(
    "other",
    [
        {"host": "elsewhere"},
        {"boot": "another", "machine": "another of the same name"},
        {"namespace": "pid:[1]"},
        {"namespace": "pid:[1]", "device": -1, "holds": True},
    ],
)
def test_a_run_of_which_nothing_can_be_told_from_here_is_left_alone(lock, dead_pid, other):
    record(pid=dead_pid, **other)
    assert not release_stale_lock()
    assert lock.exists()
    assert f"process {dead_pid} on " in kept_lock("snakemake --unlock")
    assert "release the lock: snakemake --unlock" in kept_lock("snakemake --unlock")


def test_without_locks_in_the_file_system_only_a_process_of_here_can_be_told(lock, dead_pid, monkeypatch):
    def refused(*_):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(locking.fcntl, "lockf", refused)
    record(pid=dead_pid, namespace="pid:[1]")
    assert not release_stale_lock()
    record(pid=dead_pid)
    assert release_stale_lock()


def test_a_lock_without_a_record_is_not_ours_to_judge(lock):
    assert not release_stale_lock()
    assert not release_stale_lock()
    assert lock.exists()


def test_a_run_does_not_release_its_own_lock():
    assert not release_stale_lock()
    (LOCKS / "0.input.lock").touch()
    assert not release_stale_lock()
    assert locking.is_recorded()


def test_a_run_at_work_is_seen_until_it_is_killed(start):
    run = start()
    (LOCKS / "0.input.lock").touch()
    assert not release_stale_lock()
    assert "is at work in this folder" in kept_lock("unlock")
    run.kill()
    run.wait()
    assert release_stale_lock()


def test_the_lock_of_a_live_run_in_another_container_stays(lock, folder, start):
    _skip_without_containers()
    lock.unlink()
    run = start(*CONTAINER)
    lock.touch()
    again = "from livermets.workflow import lock; print(lock.release_stale_lock(), lock.kept_lock('unlock'))"
    other = subprocess.run(
        [*CONTAINER, sys.executable, "-c", again], capture_output=True, text=True, env=ENVIRONMENT, check=True
    )
    assert other.stdout.startswith("False")
    assert "is at work in this folder" in other.stdout
    assert lock.exists()
    run.kill()
    run.wait()
    third = subprocess.run(
        [*CONTAINER, sys.executable, "-c", again], capture_output=True, text=True, env=ENVIRONMENT, check=True
    )
    assert third.stdout.startswith("True")
    assert not lock.exists()


def _skip_without_containers() -> None:
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    tried = subprocess.run([*CONTAINER, "true"], capture_output=True, text=True)
    if tried.returncode != 0:
        pytest.skip(f"no namespaces of one's own here: {tried.stderr.strip()}")


def test_the_command_to_release_a_lock_survives_the_shell(folder):
    (folder / "d'Azur").mkdir()
    os.chdir(folder / "d'Azur")
    command = locking.unlock_command("/my checkout/Snakefile")
    words = subprocess.run(
        ["bash", "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True
    ).stdout.splitlines()
    assert words == ["snakemake", "-s", "/my checkout/Snakefile", "--directory", os.getcwd(), "--unlock"]
