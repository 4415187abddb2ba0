"""Whose run a study's folder is, and whether Snakemake's lock there is that of a run which is over.

A run holds a lock of the file system for its lifetime: it ends with the process, however that ends, and is seen from
every container on the machine. Where the file system has no such locks the process itself is looked for, which is no
proof in another PID namespace. What cannot be told is left locked."""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import socket
from pathlib import Path
from typing import IO, Any

from livermets.io.atomic import write_json
from livermets.workflow.snakemake import LOCK_FILES, LOCKS

# Beside Snakemake's own records, so that it goes when they go.
RECORD = Path(".snakemake/livermets-run.json")
HELD = Path(".snakemake/livermets-run.lock")

_held: dict[Path, IO[bytes]] = {}
"""The open files whose locks this process holds: a lock goes when its file is closed."""


def this_process() -> dict[str, str | int | bool]:
    """What tells this process from every other one, now and after a restart of the machine."""
    return {
        "host": socket.gethostname(),
        "machine": _first_line("/etc/machine-id"),
        "boot": _first_line("/proc/sys/kernel/random/boot_id"),
        "namespace": _namespace(),
        "device": HELD.parent.stat().st_dev if HELD.parent.is_dir() else 0,
        "pid": os.getpid(),
        "started": _started(os.getpid()),
        "holds": HELD.absolute() in _held,
    }


def release_stale_lock() -> bool:
    """Notes this process as the folder's run, and removes Snakemake's lock if the run that made it is certainly over.
    Tells whether a lock was removed; leaves all others alone."""
    record, free = read_record(RECORD), _take()
    if free is False or record == this_process():
        return False
    locks = list(LOCKS.glob(LOCK_FILES))
    if not _is_over(record) and (locks or _is_alive(record)):
        return False
    for lock in locks:
        lock.unlink(missing_ok=True)
    write_json(RECORD, this_process())
    return bool(locks)


def kept_lock(unlock: str) -> str:
    """What to say where Snakemake's lock is another run's and stays: whose, and how to release it; else nothing."""
    record = read_record(RECORD)
    if record == this_process() or not list(LOCKS.glob(LOCK_FILES)):
        return ""
    who = f"process {record['pid']} on {record['host']}" if {"pid", "host"} <= record.keys() else "another run"
    if _take() is False:
        return f"{who} is at work in this folder."
    return (
        f"{who} has locked this folder, and from here it cannot be told whether that still runs."
        f" If it is certainly over, release the lock: {unlock}"
    )


def unlock_command(snakefile: str) -> str:
    """The command that releases the lock of the folder that this process works in."""
    return shlex.join(["snakemake", "-s", snakefile, "--directory", os.getcwd(), "--unlock"])


def is_recorded() -> bool:
    """Whether the folder's run is this process, and not another one that works here on other files."""
    return read_record(RECORD) == this_process()


def read_record(path: Path) -> dict[str, Any]:
    """A record of an earlier run; empty without one."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def _take() -> bool | None:
    """Holds the folder's lock until this process ends. False: another process holds it; None: no locks here."""
    name = HELD.absolute()
    if name in _held:
        return True
    try:
        HELD.parent.mkdir(exist_ok=True)
        file = HELD.open("ab")
    except OSError:
        return None
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        return False if isinstance(error, BlockingIOError | PermissionError) else None
    _held[name] = file
    return True


def _is_over(record: dict[str, Any]) -> bool:
    """Whether a recorded run, whose lock nobody holds that this machine could see, has certainly ended."""
    here = this_process()

    def same(*keys: str) -> bool:
        return all(record.get(key) == here[key] for key in keys)

    if not same("host"):
        return False
    if not same("boot"):
        return bool(here["machine"]) and same("machine")
    if record.get("holds") and here["holds"] and same("device"):
        return True
    return same("namespace") and not _is_alive(record)


def _is_alive(record: dict[str, Any]) -> bool:
    started = _started(int(record.get("pid", 0)))
    return started != 0 and record.get("started") == started


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _started(pid: int) -> int:
    """Start of a process in ticks since boot; 0 if there is none (or it is dead and not yet collected)."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return 0
    return 0 if state in "ZX" else int(fields[18])
