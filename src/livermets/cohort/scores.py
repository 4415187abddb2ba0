"""Scores of masks that stand in the cohorts' tables: quality and minutes of drawing, one per scan and source."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from livermets.cohort.cells import cell_text, columns_of, number_of, place_of
from livermets.cohort.study import Cohort
from livermets.config.sources import SourceSettings
from livermets.errors import ProblemList

_RANGES = {"quality": (1.0, 5.0), "minutes": (0.0, math.inf)}
_FIXES = {
    "quality": "Give a number from 1 (worst) to 5 (best), or leave it empty",
    "minutes": "Give a number of minutes from 0 up, or leave it empty",
}


@dataclass(frozen=True)
class ScanScore:
    """What is said of one source's mask of one scan; None: nothing."""

    cohort: str
    patient_id: str
    timepoint: str
    mask_source: str
    quality: float | None = None
    """1 (worst) to 5 (best)."""
    minutes: float | None = None
    """That it took to draw the mask, or to correct it."""


def scan_scores(cohorts: Iterable[Cohort], sources: Mapping[str, SourceSettings]) -> list[ScanScore]:
    """The scores of every scan and source that a table has any of, in the tables' order.

    Raises `InputError` with every column that no table has, entry that is no score, and scan whose rows disagree."""
    problems, found = ProblemList(), []
    cohorts = list(cohorts)
    columns = {name: _columns(source) for name, source in sources.items()}
    known = columns_of(cohorts)
    for name, wanted in columns.items():
        for key, column in wanted.items():
            if column not in known:
                fix = f"Their columns: {', '.join(sorted(known)) or 'none'}"
                problems.error(f"sources.{name}.{key}_column", f'no table of a cohort has a column "{column}"', fix)
    for cohort in cohorts:
        for name, wanted in columns.items():
            found += _of_cohort(cohort, name, wanted, problems)
    problems.raise_if_errors()
    return found


def _columns(source: SourceSettings) -> dict[str, str]:
    wanted = {"quality": source.quality_column, "minutes": source.minutes_column}
    return {key: column for key, column in wanted.items() if column is not None}


def _of_cohort(cohort: Cohort, source: str, wanted: Mapping[str, str], problems: ProblemList) -> list[ScanScore]:
    scans: dict[tuple[str, str], dict[str, float]] = {}
    refused: set[tuple[str, ...]] = set()
    for row in cohort.rows:
        scan = (row.patient_id, row.timepoint)
        scores = scans.setdefault(scan, {})
        for key, column in wanted.items():
            text = cell_text(cohort, row, column)
            entry = (*scan, column, text)
            if not text or entry in refused:  # a scan's score stands in each of its rows
                continue
            value = _value(text, key)
            if value is None:
                refused.add(entry)
                problems.error(place_of(cohort, row), f'"{column}" is "{text}"', _FIXES[key])
            elif scores.setdefault(key, value) != value:
                what = f'"{column}" is {value:g} here and {scores[key]:g} in an earlier row of the same scan'
                problems.error(place_of(cohort, row), what, "A scan has one score; make them equal")
    return [
        ScanScore(cohort.name, patient, timepoint, source, **scores)
        for (patient, timepoint), scores in scans.items()
        if scores
    ]


def _value(text: str, key: str) -> float | None:
    """The number that a cell holds; None: it is none that can be."""
    value, (low, high) = number_of(text), _RANGES[key]
    return value if value is not None and low <= value <= high else None
