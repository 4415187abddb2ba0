"""What a SLURM offers, and which of its jobs belong to a study's folder. Where there is none, nothing is wrong."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from livermets.errors import Problem
from livermets.workflow.snakemake import SLURM_JOB_NAME

ANSWER_SECONDS = 30


@dataclass(frozen=True)
class Offer:
    """The partitions of a cluster and those of them that have GPUs."""

    partitions: tuple[str, ...]
    with_gpus: tuple[str, ...]
    largest_cpus: int = 0
    """CPUs of the largest node; 0: unknown."""


@cache
def slurm_offer() -> Offer | None:
    """What the cluster of this machine offers; None where no SLURM answers."""
    lines = _answer("sinfo", "--noheader", "--Node", "--format=%R|%c|%G")
    if lines is None:
        return None
    rows = [line.split("|", 2) for line in lines]
    partitions = tuple(dict.fromkeys(name for name, _, _ in rows))
    with_gpus = tuple(dict.fromkeys(name for name, _, gres in rows if "gpu" in gres))
    return Offer(partitions, with_gpus, max((int(cpus) for _, cpus, _ in rows if cpus.isdecimal()), default=0))


def offers_gpus() -> bool:
    """Whether a GPU may be asked for: true on a cluster that is not SLURM, where nobody can be asked."""
    offer = slurm_offer()
    return offer is None or bool(offer.with_gpus)


def unfit_requests(
    requests: Iterable[tuple[str, Mapping[str, object]]], cores: int | None, offer: Offer
) -> list[Problem]:
    """What is asked for and the cluster does not have, one problem per partition or kind of request.

    ``requests`` are pairs of a rule (or ``default-resources``) and its resources as given in a profile; ``cores`` is
    the most that one submission may ask for."""
    problems: dict[tuple[str, str], Problem] = {}
    if cores and offer.largest_cpus and cores > offer.largest_cpus:
        what = f"a submission may ask for {cores} CPUs, and the largest node has {offer.largest_cpus}"
        fix = f"Set cores in the profile to {offer.largest_cpus} or less"
        problems["cores", ""] = Problem("cores", what, fix)
    for who, resources in requests:
        partition = str(resources.get("slurm_partition") or "")
        if partition and partition not in offer.partitions:
            what = f"the cluster has no partition {partition}"
            fix = f"Set slurm_partition in the profile to one of {', '.join(offer.partitions)}"
            problems.setdefault(("partition", partition), Problem(who, what, fix))
            continue
        if not _asks_for_gpu(resources):
            continue
        if not offer.with_gpus:
            what = "a GPU is asked for, and no partition of the cluster has one"
            fix = "Remove gpu and gres from the profile and the command: the rule then runs on the CPU"
            problems.setdefault(("gpu", ""), Problem(who, what, fix))
        elif partition and partition not in offer.with_gpus:
            what = f"a GPU is asked for, and partition {partition} has none"
            fix = f"Set the rule's slurm_partition to {' or '.join(offer.with_gpus)}"
            problems.setdefault(("gpu", partition), Problem(who, what, fix))
    return list(problems.values())


def _asks_for_gpu(resources: Mapping[str, object]) -> bool:
    count = resources.get("gpu")
    return (isinstance(count, int) and count > 0) or "gpu" in str(resources.get("gres") or "")


def jobs_of_folder(folder: Path) -> list[str]:
    """Ids of this user's waiting and running SLURM jobs that Snakemake submitted from a folder."""
    lines = _answer("squeue", "--me", "--noheader", "--format=%A|%j|%Z") or []
    rows = [line.split("|", 2) for line in lines]
    mine = str(folder.resolve())
    return [number for number, name, place in rows if place == mine and SLURM_JOB_NAME.fullmatch(name)]


def cancel_jobs(folder: Path, *, patience_seconds: float = 60) -> int:
    """Cancels what is left of a run whose Snakemake is gone, and waits until it has ended; returns how many jobs."""
    left = found = jobs_of_folder(folder)
    if found:
        _answer("scancel", *found)
    end = time.monotonic() + patience_seconds
    while left and time.monotonic() < end:
        time.sleep(0.5)
        left = jobs_of_folder(folder)
    return len(found)


def _answer(*command: str) -> list[str] | None:
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", timeout=ANSWER_SECONDS)
    except (subprocess.TimeoutExpired, OSError):
        return None
    return done.stdout.splitlines() if done.returncode == 0 else None
