"""The run of Snakemake in a study's folder: who wrote its results, what failed and why."""

from __future__ import annotations

import os
import shlex
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from livermets.errors import Problem, ProblemList
from livermets.io.atomic import write_json
from livermets.workflow.lock import read_record
from livermets.workflow.snakemake import FailedJob, cluster_refusal, cluster_state, message_of, status_of

# Beside Snakemake's own records, so that it goes when they go.
STUDY = Path(".snakemake/livermets-study.json")


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


def unfit_checkout(repository: Path) -> list[Problem]:
    """Whether the checkout lies where Snakemake cannot run it: it fills in braces, and PATH is divided at colons."""
    found = sorted(set(str(repository)) & set("{}:\n"))
    if not found:
        return []
    what = f"the path of this checkout holds {' and '.join(map(repr, found))}, with which Snakemake cannot run it"
    return [Problem(str(repository), what, "Rename the folder, or move the checkout, and run `make install` there")]


def unfit_for_submission(python: Path, places: Iterable[Path]) -> list[Problem]:
    """Whether a job that is sent to a cluster would lose its way: the submission writes the path of ``python`` (the one
    that runs Snakemake) as it is, and ``places`` (Snakefile, study) between double quotes."""
    bad = [str(python)] if shlex.quote(str(python)) != str(python) else []
    bad += [str(place) for place in places if set(str(place)) & set('"$`\\\n')]
    what = "this path holds a blank or a character with a meaning for the shell, which a submission does not survive"
    return [Problem(path, what, "Move it to a plain path, or run on this machine") for path in bad]


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
            found.append(
                Failure(job.rule, job.log, reason(Path(job.log), message_of(job.log, said), status_of(job.log, said)))
            )
    return sorted(found, key=lambda failure: (failure.rule, failure.log))


def reason(log: Path, message: str = "", status: int | None = None) -> str:
    """Why a job failed: all of the user's mistakes, a sentence each, or else the last line of its log.

    Of memory is spoken only where a signal or the cluster does."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else []
    said = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    if said:
        return said[0] if len(said) == 1 else "\n    ".join([f"{len(said)} problems:", *said])
    if refusal := cluster_refusal(message):
        return f"SLURM took no such job ({refusal})"
    if (state := cluster_state(message)) not in ("", "FAILED", "BOOT_FAIL"):
        return f"SLURM ended the job with {state}"
    if status is not None and status < 0:
        return _ended_by(-status)
    last = next((line.strip() for line in reversed(lines) if line.strip() and "it/s" not in line), "")
    how = "it ended without a word" if status is None else f"it ended with status {status} and without a word"
    return last or f"{how}; what Snakemake and the shell said of it is above"


def _ended_by(number: int) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    why = ", most often for using more memory than it asked for" if number == signal.SIGKILL else ""
    return f"the job was ended from outside by {name}{why}"


def summary(jobs: Iterable[FailedJob], snakemake_logs: Iterable[str | Path] = ()) -> str:
    """What is shown at the end of a run that failed: every failed job, why, and what to do next."""
    texts = [Path(log).read_text(encoding="utf-8", errors="replace") for log in snakemake_logs if Path(log).is_file()]
    found = failures(jobs, "\n".join(texts))
    if not found:
        return ""
    lines = [f"  {failure}" for failure in found]
    after = "Everything else is kept: remove the cause and start the same command again."
    return "\n".join([f"{len(found)} job(s) failed:", *lines, after])
