"""What both forms of the lesion table are held to: columns, numbers and keys, every problem named with its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from livermets.errors import ProblemList
from livermets.io.row_numbers import rows_in_words
from livermets.masks.identity import present

NEEDED_OF_KEY = ("patient_id", "lesion_id")
_MOST_VALUES_NAMED = 20
Allowed = Callable[[pd.Series], pd.Series]
"""Which numbers of a column are allowed."""
Rules = tuple[tuple[Sequence[str], Allowed, str], ...]
"""Columns of numbers, those that are allowed, and how these are said."""


def rules_of_numbers(
    classes: Sequence[str], shares: Sequence[str], counts: Sequence[str], lengths: Sequence[str]
) -> Rules:
    """The rules for columns of these kinds."""
    return (
        (classes, lambda x: x.isin([0, 1]), "0, 1 or empty"),
        (shares, lambda x: x.between(0, 1), "between 0 and 1, or empty"),
        (counts, lambda x: x >= 0, "a count, or empty"),
        (lengths, lambda x: (x >= 0) & np.isfinite(x), "a length in mm (0: a single voxel), or empty"),
    )


def checked_numbers(
    table: pd.DataFrame, required: Sequence[str], rules: Rules, key: Sequence[str], where: str
) -> dict[str, pd.Series]:
    """The columns of numbers, typed. Raises `InputError` naming every ``required`` column that is missing, every cell
    that no rule allows, every required part of the ``key`` that is empty, and every key that is there twice; a table
    without rows is wrong too."""
    problems = ProblemList()
    missing = [column for column in required if column not in table]
    if missing:
        fix = f"Needed are {', '.join(required)}"
        problems.error(where, f"missing column{'s' * (len(missing) > 1)} {', '.join(missing)}", fix)
    elif table.empty:
        problems.error(where, "the table has no lesions", "Give one row per lesion")
    numbers = {
        column: _numbers(table[column], problems, where, allowed, expected)
        for columns, allowed, expected in rules
        for column in present(columns, table)
    }
    _check_keys(table, key, [name for name in key if name in required], problems, where)
    problems.raise_if_errors()
    return numbers


def _numbers(column: pd.Series, problems: ProblemList, where: str, allowed: Allowed, expected: str) -> pd.Series:
    text = column.map(lambda cell: cell.strip() if isinstance(cell, str) else cell)
    blank = text.isna() | text.map(lambda cell: isinstance(cell, str) and cell == "")
    numbers = pd.to_numeric(text.mask(blank), errors="coerce").astype(float)
    wrong = ~blank & ~allowed(numbers)
    if wrong.any():
        cells = list(dict.fromkeys(map(str, column[wrong])))[:_MOST_VALUES_NAMED]
        found, rows = ", ".join(map(repr, cells)), rows_in_words(wrong)
        problems.error(f"{where}, column {column.name}, {rows}", f"found {found}", f"It must be {expected}")
    return numbers


def _check_keys(
    table: pd.DataFrame, key: Sequence[str], needed: Sequence[str], problems: ProblemList, where: str
) -> None:
    for column in present(needed, table):
        blank = table[column].isna()
        if blank.any():
            problems.error(f"{where}, column {column}, {rows_in_words(blank)}", "empty", "Every lesion needs one")
    keys = present(key, table)
    if set(needed) <= set(keys):
        twice = table.duplicated(keys, keep=False) & table[list(needed)].notna().all(axis=1)
        if twice.any():
            found = f"the same {', '.join(keys)} more than once"
            problems.error(f"{where}, {rows_in_words(twice)}", found, "Keep one row each")
