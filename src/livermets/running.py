"""The run of Snakemake in a study's folder: whose lock it holds, who wrote its results, what failed and why."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from livermets.errors import Problem, ProblemList
from livermets.io.atomic import write_json

# Beside Snakemake's own records, so that it goes when they go.
RECORD = Path(".snakemake/livermets-run.json")
STUDY = Path(".snakemake/livermets-study.json")
LOCKS = Path(".snakemake/locks")


def this_process() -> dict[str, str | int]:
    """What tells this process from every other one, now and after a restart of the machine."""
    return {"host": socket.gethostname(), "boot": _boot(), "pid": os.getpid(), "started": _started(os.getpid())}


def release_stale_lock() -> bool:
    """Notes this process as the folder's run, and removes Snakemake's lock if the run that made it is certainly over:
    this machine's, and killed or from before a restart. Tells whether a lock was removed; leaves all others alone."""
    record = read_record(RECORD)
    here = record.get("host") == socket.gethostname()
    if here and _is_alive(record):
        return False
    locks = list(LOCKS.glob("*.lock"))
    if locks and not here:
        return False
    for lock in locks:
        lock.unlink(missing_ok=True)
    write_json(RECORD, this_process())
    return bool(locks)


def is_recorded() -> bool:
    """Whether the folder's run is this process, and not another one that works here on other files."""
    return read_record(RECORD) == this_process()


def read_record(path: Path) -> dict[str, Any]:
    """A record of an earlier run; empty without one."""
    try:
        values = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def _is_alive(record: dict[str, Any]) -> bool:
    started = _started(int(record.get("pid", 0)))
    return started != 0 and record.get("started") == started and record.get("boot") == _boot()


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _started(pid: int) -> int:
    """Start of a process in ticks since boot; 0 if there is none (or it is dead and not yet collected)."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return 0
    return 0 if state in "ZX" else int(fields[18])


def foreign_results(study: str, cohorts: Iterable[str], version: str) -> list[Problem]:
    """Whether this folder's results were computed for another study (an error) or by another version (a warning)."""
    record = read_record(STUDY)
    if not record or not Path("results").is_dir():
        return []
    before, problems = set(record.get("cohorts", [])), ProblemList()
    if before and not before & set(cohorts):
        what = f"the results here are those of the study {record.get('study')!r} and share no cohort with {study!r}"
        problems.error("results", what, "Start this study in a folder of its own (--directory), or move results away")
    if record.get("version") != version:
        what = f"the results here were computed by livermets {record.get('version')} and this is {version}"
        problems.warning(
            "results",
            what,
            "Every rule whose code has changed since is computed again; for old and new side by side use two folders",
        )
    return list(problems)


def unwritable_results() -> list[Problem]:
    """Whether this folder's results are there and cannot be written to."""
    if not Path("results").exists() or os.access("results", os.W_OK | os.X_OK):
        return []
    return [Problem("results", "this folder cannot be written to", "Make it writable, or start in another folder")]


def outdated_environment(lock: Path) -> list[Problem]:
    """Whether installed packages have other versions than the lock, as after an update of the checkout alone."""
    lines = lock.read_text(encoding="utf-8").splitlines() if lock.is_file() else []
    pins = dict(line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    wrong = []
    for name, version in pins.items():
        try:
            installed = metadata.version(name).split("+")[0]
        except metadata.PackageNotFoundError:
            continue
        if installed != version:
            wrong.append(f"{name} is {installed} and should be {version}")
    if not wrong:
        return []
    return [
        Problem(
            str(lock), "; ".join(wrong), "Run `make install`: other versions may give other numbers", severity="warning"
        )
    ]


def record_study(study: str, cohorts: Iterable[str], version: str) -> None:
    """Remembers for whom and by whom this folder's results are computed."""
    write_json(STUDY, {"study": study, "cohorts": sorted(cohorts), "version": version})


@dataclass(frozen=True)
class FailedJob:
    """One job, or one member of a group, that Snakemake has given up."""

    rule: str
    log: str
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Failure:
    """Why one job failed."""

    rule: str
    log: str
    reason: str

    def __str__(self) -> str:
        where = f" (log: {self.log})" if self.log else ""
        return f"{self.rule}: {self.reason}{where}"


def failures(jobs: Iterable[FailedJob], said: str = "") -> list[Failure]:
    """The jobs that failed, each with the last word of its own log, or of the cluster in what Snakemake ``said``.

    Members of a group that were done before, or not reached after the failure, are left out."""
    found = []
    for job in jobs:
        done = all(Path(output).exists() for output in job.outputs)
        started = not job.log or Path(job.log).exists()
        if not done and started:
            found.append(Failure(job.rule, job.log, reason(Path(job.log), _message(job.log, said))))
    return sorted(found, key=lambda failure: (failure.rule, failure.log))


def _message(log: str, said: str) -> str:
    """What the executor said of the job with this log; Snakemake begins what it tells of a job with the time."""
    blocks = [block for block in re.split(r"\n(?=\[\w{3} \w{3} )", said) if log and log in block]
    lines = [line for block in blocks for line in block.splitlines() if "message:" in line]
    return lines[-1].partition("message:")[2].strip() if lines else ""


def reason(log: Path, message: str = "") -> str:
    """Why a job failed: all of the user's mistakes, a sentence each, or else the last line of its log."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else []
    said = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    if said:
        return said[0] if len(said) == 1 else "\n    ".join([f"{len(said)} problems:", *said])
    if refused := re.search(r"sbatch failed\. The error message was '(?:sbatch: error: )?(.*?)'\.?$", message):
        return f"SLURM took no such job ({refused.group(1)})"
    state = re.search(r"SLURM status is: '(\w+)'", message)
    if state and state.group(1) not in ("FAILED", "BOOT_FAIL"):
        return f"SLURM ended the job with {state.group(1)}"
    last = next((line.strip() for line in reversed(lines) if line.strip() and "it/s" not in line), "")
    return last or "the job was ended from outside, most often for using more memory than it asked for"


def summary(jobs: Iterable[FailedJob], snakemake_logs: Iterable[str | Path] = ()) -> str:
    """What is shown at the end of a run that failed: every failed job, why, and what to do next."""
    texts = [Path(log).read_text(encoding="utf-8", errors="replace") for log in snakemake_logs if Path(log).is_file()]
    found = failures(jobs, "\n".join(texts))
    if not found:
        return ""
    lines = [f"  {failure}" for failure in found]
    after = "Everything else is kept: remove the cause and start the same command again."
    return "\n".join([f"{len(found)} job(s) failed:", *lines, after])
