"""Single cells of the cohorts' tables that are no columns of ours."""

from __future__ import annotations

import math
from collections.abc import Iterable

from livermets.cohort.lesion_row import LesionRow
from livermets.cohort.study import Cohort

_NOT_AVAILABLE = {"", "na", "n/a", "nan", "null", "none", "#n/a"}


def cell_text(cohort: Cohort, row: LesionRow, column: str) -> str:
    """A cell's text; empty where not available, or one of the cohort's codes for that (-9 is -9.0)."""
    text = row.cells.get(column, "")
    codes = [str(code) for code in cohort.settings.missing]
    numbers = {number for code in codes if (number := number_of(code)) is not None}
    absent = text.casefold() in {*_NOT_AVAILABLE, *(code.casefold() for code in codes)} or number_of(text) in numbers
    return "" if absent else text


def number_of(text: str) -> float | None:
    """The number that a cell holds, with a decimal point or comma; None: it is none, or not finite."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def columns_of(cohorts: Iterable[Cohort]) -> set[str]:
    """Every column of their tables, by its own name."""
    return {column for cohort in cohorts for row in cohort.rows for column in row.cells}


def place_of(cohort: Cohort, row: LesionRow) -> str:
    """Where a row stands, for messages."""
    return f"cohort {cohort.name}, table row {row.row}, patient {row.patient_id}"
