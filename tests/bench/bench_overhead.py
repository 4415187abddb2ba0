"""What a submission costs beside its work: intake, liver and preprocessing of the tiny study through a one-node SLURM,
grouped as the profile says and every job by itself. By hand, as root: ``python tests/bench/bench_overhead.py``."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.workflow.tiny_runs import (
    quick_profile,
    run,
    slurm_jobs,
    start_slurm,
    stop_slurm,
    study_folder,
)

from livermets.report.benchmarks import read_benchmarks

STEPS = ("intake", "liver", "preprocess")
ALONE = ("--groups", *(f"{rule}=alone_{rule}" for rule in STEPS))


def seconds(used: str) -> int:
    """SLURM's [[hours:]minutes:]seconds."""
    total = 0
    for part in used.split(":"):
        total = 60 * total + int(part)
    return total


def measured(folder: Path, profile: Path, *options: str) -> dict[str, float]:
    ready = run(folder, "--until", "phantom", "check")
    assert ready.returncode == 0, ready.stderr
    before, started = len(slurm_jobs()), time.perf_counter()
    done = run(folder, *options, "--until", "preprocess", profile=profile)
    assert done.returncode == 0, done.stderr
    wall = time.perf_counter() - started
    jobs = slurm_jobs().iloc[before:]
    steps = read_benchmarks(folder / "results/benchmarks")
    work = steps.loc[steps["rule"].isin(STEPS), "seconds"].sum()
    occupied = jobs["TimeUsed"].map(seconds).sum()
    return {
        "submissions": len(jobs), "wall_s": wall, "node_s": occupied, "work_s": work, "overhead": 1 - work / occupied,
    }  # fmt: skip


def main() -> None:
    reason = start_slurm(gpus=0)
    if reason:
        raise SystemExit(reason)
    rows = {}
    with tempfile.TemporaryDirectory(prefix="livermets-overhead-") as place:
        profile = quick_profile("slurm", Path(place))
        for name, options in (("grouped", ()), ("every job alone", ALONE)):
            rows[name] = measured(study_folder(Path(place) / name.split()[0]), profile, *options)
    stop_slurm()
    print(pd.DataFrame(rows).T.to_string(float_format="%.2f"))


if __name__ == "__main__":
    main()
