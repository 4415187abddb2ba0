"""What the workflow takes from Snakemake beyond its documented interface, in one place: attributes of its workflow
object, words of its messages, its folder of locks. A version that renames an attribute fails here, with a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

LOCKS, LOCK_FILES = Path(".snakemake/locks"), "*.lock"
"""The folder and the files by which Snakemake keeps a second run out of the first one's files."""
SLURM_JOB_NAME = re.compile(r"[\w-]*[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Snakemake names its jobs on SLURM by the run's UUID; a job that runs Snakemake itself has another name."""


@dataclass(frozen=True)
class FailedJob:
    """One job, or one member of a group, that Snakemake has given up."""

    rule: str
    log: str
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """The run of Snakemake that has read the Snakefile; ``workflow`` is what it calls so there."""

    workflow: Any

    @property
    def is_main(self) -> bool:
        """Whether this is the run that the user started, and not one of its jobs."""
        return bool(attribute(self.workflow, "is_main_process", "which run the user started"))

    @property
    def submits(self) -> bool:
        """Whether jobs go to a cluster. Known once the run begins, so not while the Snakefile is read."""
        return bool(attribute(self.workflow, "non_local_exec", "whether jobs go to a cluster"))

    @property
    def config_files(self) -> list[Path]:
        """The configuration files, the last of which wins."""
        files = [Path(file) for file in attribute(self.workflow, "configfiles", "where the configuration was read")]
        # Snakemake lists those of the command line first, and lays them on top of the Snakefile's own.
        asked = len(attribute(self.workflow, "overwrite_configfiles", "which of them the command line names"))
        return files[asked:] + files[:asked]

    @property
    def snakefile(self) -> Path:
        """The Snakefile that the user named."""
        return Path(str(attribute(self.workflow, "main_snakefile", "which Snakefile is run")))

    @property
    def cores(self) -> int | None:
        """The most cores that one job, or one submission, may ask for; None: not said."""
        cores = attribute(self.workflow, "resource_settings.cores", "how many cores there are")
        return None if cores is None else int(cores)

    def planned_rules(self) -> set[str]:
        """The rules that have something to do."""
        jobs = attribute(self.workflow, "dag.needrun_jobs", "what has to be done")()
        return {str(attribute(job, "rule.name", "the rule of a job")) for job in jobs}

    def requested_resources(self) -> Iterator[tuple[str, Mapping[str, object]]]:
        """What profile and command line ask of the cluster, by rule; functions and expressions are left to the
        cluster."""
        what = "what profile and command line ask of the cluster"
        default = attribute(self.workflow, "resource_settings._parsed_default_resources", what)
        by_rule = attribute(self.workflow, "resource_settings._parsed_overwrite_resources", what)
        for who, resources in {"default-resources": default, **by_rule}.items():
            yield who, {name: attribute(resource, "raw", what) for name, resource in resources.items()}

    def failed_jobs(self) -> Iterator[FailedJob]:
        """The jobs that were given up, each member of a group by itself."""
        what = "which jobs failed"
        for failed in attribute(self.workflow, "scheduler.failed", what):
            for job in failed.jobs if attribute(failed, "is_group", what)() else [failed]:
                outputs = tuple(map(str, attribute(job, "output", what)))
                yield FailedJob(str(job.rule.name), str(next(iter(job.log), "")), outputs)

    def before_jobs_are_planned(self, action: Callable[[], None]) -> None:
        """Has something done when jobs are about to be planned in order to be run: not in a dry run, and in none of the
        commands (--unlock, --lint, --summary, ...) that only look. `onstart` comes when all is planned."""
        plan_jobs = attribute(self.workflow, "_build_dag", "when jobs are planned")

        def act_and_plan() -> None:
            if self._is_to_run_jobs():
                action()
            plan_jobs()

        self.workflow._build_dag = act_and_plan

    def _is_to_run_jobs(self) -> bool:
        names, what = ("executor_plugin", "dryrun", "touch"), "whether jobs are to be run"
        executor, is_dry, only_touches = (attribute(self.workflow, name, what) for name in names)
        return executor is not None and not is_dry and not only_touches


def attribute(owner: Any, path: str, what: str) -> Any:
    """An attribute by its dotted path; raises a sentence for one that this version of Snakemake lacks."""
    found = owner
    for name in path.split("."):
        if not hasattr(found, name):
            raise RuntimeError(
                f"Snakemake {version('snakemake')} has no `{name}` of `{path}`, which tells {what}: "
                f"find its new name, and write it in {__name__}"
            )
        found = getattr(found, name)
    return found


def message_of(log: str, said: str) -> str:
    """What the executor said of the job with this log; Snakemake begins what it tells of a job with the time."""
    blocks = [block for block in re.split(r"\n(?=\[\w{3} \w{3} )", said) if log and log in block]
    lines = [line for block in blocks for line in block.splitlines() if "message:" in line]
    return lines[-1].partition("message:")[2].strip() if lines else ""


def status_of(log: str, said: str) -> int | None:
    """The exit status of the job whose command writes this log; negative: the signal that ended it; None: not told."""
    pattern = rf"2> {re.escape(log)}' (?:returned non-zero exit status (\d+)|died with <Signals\.\w+: (\d+)>)"
    found = re.findall(pattern, said) if log else []
    if not found:
        return None
    status, number = found[-1]
    # A shell tells of a signal that ended its command by a status of 128 and more.
    return int(status) if status and int(status) <= 128 else -(int(number) if number else int(status) - 128)


def cluster_refusal(message: str) -> str:
    """Why SLURM took a job not at all, in its own words; empty where it did."""
    refused = re.search(r"sbatch failed\. The error message was '(?:sbatch: error: )?(.*?)'\.?$", message)
    return refused.group(1) if refused else ""


def cluster_state(message: str) -> str:
    """How a job that SLURM took has ended, by the name of its state (TIMEOUT); empty where that is not told."""
    state = re.search(r"SLURM status is: '(\w+)'", message)
    return state.group(1) if state else ""
