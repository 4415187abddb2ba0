"""Time and memory of every job, as Snakemake measured them beside the results."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

COLUMNS = ("rule", "stage", "file", "seconds", "cpu_seconds", "peak_memory_mb")


def read_benchmarks(folder: Path) -> pd.DataFrame:
    """One row per job that was measured: rule, stage, file, seconds, CPU seconds and largest resident memory in MB."""
    return pd.DataFrame(list(_rows(folder)), columns=list(COLUMNS))


def _rows(folder: Path) -> Iterator[tuple[str, str, str, float, float, float]]:
    for path in sorted(folder.rglob("*.tsv")):
        inside = path.relative_to(folder)
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream, delimiter="\t"):
                seconds, cpu_seconds, memory_mb = (_number(row.get(name)) for name in ("s", "cpu_time", "max_rss"))
                yield rule_of(inside), stage_of(inside), inside.as_posix(), seconds, cpu_seconds, memory_mb


def rule_of(inside: Path) -> str:
    """The rule behind one benchmark file, from its path inside the folder of benchmarks."""
    parts = inside.with_suffix("").parts
    if parts[0] == "concordance":  # results/benchmarks/concordance/NAME/SOURCE/RULE.tsv
        return parts[-1]
    # results/benchmarks/COHORT/RULE/PATIENT/TIMEPOINT.tsv, COHORT/RULE.tsv, networks/RULE/NETWORK.tsv, model/RULE.tsv
    # or RULE.tsv
    return parts[min(1, len(parts) - 1)]


def stage_of(inside: Path) -> str:
    """The part of the study that a job belongs to: its cohort, comparison or network, and its rule."""
    return "/".join(inside.with_suffix("").parts[:2])


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:  # Snakemake writes a dash or NA for a job that ended before it was measured
        return float("nan")


def totals(benchmarks: pd.DataFrame, by: str) -> pd.DataFrame:
    """Per rule or stage: jobs, seconds of all and of the longest, CPU seconds of all, largest memory of one job in
    MB."""
    return benchmarks.groupby(by, sort=True, dropna=False).agg(
        jobs=("seconds", "size"),
        seconds=("seconds", "sum"),
        longest_seconds=("seconds", "max"),
        cpu_seconds=("cpu_seconds", "sum"),
        peak_memory_mb=("peak_memory_mb", "max"),
    )


def per_rule(benchmarks: pd.DataFrame) -> pd.DataFrame:
    """The totals of every rule, to two decimals."""
    return totals(benchmarks, "rule").round(2)
