"""Scores of masks that stand in the cohorts' tables: quality and minutes of drawing, one per scan and source."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from livermets.cohort.lesion_row import LesionRow
from livermets.cohort.study import Cohort
from livermets.config.sources import SourceSettings
from livermets.errors import ProblemList

LOWEST_QUALITY, HIGHEST_QUALITY = 1, 5
_NOT_AVAILABLE = {"", "na", "n/a", "nan", "null", "none", "#n/a"}


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
    known = {column for cohort in cohorts for row in cohort.rows for column in row.cells}
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
    for row in cohort.rows:
        scores = scans.setdefault((row.patient_id, row.timepoint), {})
        for key, column in wanted.items():
            value = _value(cohort, row, key, column, problems)
            if value is None or scores.setdefault(key, value) == value:
                continue
            what = f'"{column}" is {value:g} here and {scores[key]:g} in an earlier row of the same scan'
            problems.error(_place(cohort, row), what, "A scan has one score; make them equal")
    return [
        ScanScore(cohort.name, patient, timepoint, source, **scores)
        for (patient, timepoint), scores in scans.items()
        if scores
    ]


def _value(cohort: Cohort, row: LesionRow, key: str, column: str, problems: ProblemList) -> float | None:
    text = row.cells.get(column, "")
    codes = {code.casefold() for code in map(str, cohort.settings.missing)}
    if text.casefold() in codes | _NOT_AVAILABLE:
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    top = HIGHEST_QUALITY if key == "quality" else math.inf
    bottom = LOWEST_QUALITY if key == "quality" else 0
    if not (math.isfinite(value) and bottom <= value <= top):
        fix = f"from {LOWEST_QUALITY} (worst) to {HIGHEST_QUALITY} (best)" if key == "quality" else "minutes, from 0"
        problems.error(_place(cohort, row), f'"{column}" is "{text}"', f"Give a number {fix}, or leave it empty")
        return None
    return value


def _place(cohort: Cohort, row: LesionRow) -> str:
    return f"cohort {cohort.name}, table row {row.row}, patient {row.patient_id}"
