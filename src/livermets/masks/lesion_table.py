"""The lesion table as the statistics need it: checked, typed, and every lesion with a stated fate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.errors import ProblemList, input_error
from livermets.io.row_numbers import rows_in_words
from livermets.masks.detected import RULE_COLUMN, UNDETECTED, missed
from livermets.masks.identity import (
    AUTOMATIC,
    CALIBRATED,
    FALSE_POSITIVE,
    LESION_KEY,
    MANUAL,
    PATIENT_KEY,
    PREDICTED,
    ROI_COUNTS,
    SHARES,
    present,
)

_NEEDED_OF_KEY = ("patient_id", "lesion_id")
REQUIRED_COLUMNS = (*_NEEDED_OF_KEY, "response", *PREDICTED, "dice", "longest_diameter_mm")
NOT_STATED = "not stated"
CLASS_GIVEN, NO_ROI, TOO_FEW_ROIS, NO_CLASS_GIVEN = "classified", "no ROI", "too few ROIs", "no class given"
"""What one mask makes of a lesion: a class, or the reason why there is none; of the automatic one also `UNDETECTED`."""
GROUP_COLUMNS = ("cohort", "centre", "timepoint")
"""What a lesion may be grouped by; none stated is a group too."""
_MOST_VALUES_NAMED = 20
SAME, OTHER, NO_CLASS = FATES = ("same", "other", "no class")
"""What becomes of a lesion when the automatic mask replaces the reader's: the same class with both, another one, or no
class with at least one of them. Every lesion has exactly one of these fates."""
Allowed = Callable[[pd.Series], pd.Series]
"""Which numbers of a column are allowed."""
_SHARES = ("dice", RULE_COLUMN, *SHARES, *CALIBRATED, "threshold")
_NUMBERS: tuple[tuple[Sequence[str], Allowed, str], ...] = (
    (("response", *PREDICTED, "detected"), lambda x: x.isin([0, 1]), "0, 1 or empty"),
    (_SHARES, lambda x: x.between(0, 1), "between 0 and 1, or empty"),
    ((*ROI_COUNTS, "minimum_rois"), lambda x: x >= 0, "a count, or empty"),
    (("longest_diameter_mm",), lambda x: (x >= 0) & np.isfinite(x), "a length in mm (0: a single voxel), or empty"),
)
"""Columns of numbers, those that are allowed, and how these are said."""


def checked_lesions(lesions: pd.DataFrame, where: str = "lesion table") -> pd.DataFrame:
    """The lesions with numeric columns plus ``patient`` (code 0…), ``compared``, ``agree``, ``manual_fate``,
    ``automatic_fate``, ``fate`` (one of `FATES`) and ``no_class_because``; rows whose ``kind`` is not ``manual`` (false
    positives) are left out. A lesion that was not detected has no class from the automatic mask, also where the table
    gives it one.

    Raises `InputError` naming every column and row that is wrong. One class only, one patient only or nothing detected
    are not errors: the statistics say what they cannot compute."""
    problems = ProblemList()
    missing = [column for column in REQUIRED_COLUMNS if column not in lesions]
    if missing:
        fix = f"Needed are {', '.join(REQUIRED_COLUMNS)}"
        problems.error(where, f"missing column{'s' * (len(missing) > 1)} {', '.join(missing)}", fix)
    elif lesions.empty:
        problems.error(where, "the table has no lesions", "Give one row per lesion")
    numbers = {
        column: _numbers(lesions[column], problems, where, allowed, expected)
        for columns, allowed, expected in _NUMBERS
        for column in present(columns, lesions)
    }
    _check_keys(lesions, problems, where)
    problems.raise_if_errors()
    return _with_fates(with_stated_groups(lesions.assign(**numbers)))


def with_stated_groups(table: pd.DataFrame) -> pd.DataFrame:
    """The table with ``not stated`` for a cohort, centre or timepoint that is empty in some rows, so that these rows
    are a group too; a column that is empty throughout stays so."""
    partly = [
        name for name in GROUP_COLUMNS if name in table and table[name].isna().any() and table[name].notna().any()
    ]
    return table.assign(**{name: table[name].astype(object).where(table[name].notna(), NOT_STATED) for name in partly})


def false_positive_count(lesions: pd.DataFrame, timepoints: Sequence[str] = ()) -> int:
    """Automatic components that cover no manual lesion, if the table lists them (``kind``), at the named timepoints
    (all if none is named)."""
    if "kind" not in lesions:
        return 0
    return int((lesions["kind"].eq(FALSE_POSITIVE) & with_headline(lesions, timepoints)["headline"]).sum())


def joined(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Several lesion tables as one; each is checked under its own name, so that errors name file and row."""
    problems = ProblemList()
    for where, table in tables.items():
        with problems.collected():
            checked_lesions(table, where)
    problems.raise_if_errors()
    return pd.concat(tables.values(), ignore_index=True)


def of_cohorts(lesions: pd.DataFrame, cohorts: Sequence[str], where: str = "lesion table") -> pd.DataFrame:
    """The lesions of the named cohorts (all of them if none is named); raises `InputError` for a cohort without any."""
    if not cohorts:
        return lesions
    if "cohort" not in lesions:
        raise input_error(where, "missing column cohort", "Leave the choice of cohorts out, or add the column")
    known = sorted(map(str, lesions["cohort"].dropna().unique()))
    problems = ProblemList()
    for cohort in [name for name in cohorts if name not in known]:
        problems.error(where, f"no lesion of cohort {cohort!r}", f"Cohorts in the table: {', '.join(known)}")
    problems.raise_if_errors()
    return lesions[lesions["cohort"].notna() & lesions["cohort"].astype(str).isin(list(cohorts))]


def with_headline(lesions: pd.DataFrame, timepoints: Sequence[str], where: str = "lesion table") -> pd.DataFrame:
    """The lesions with ``headline``: of a timepoint whose classes count as predictions (all of them if none is named).

    A follow-up image is part of the outcome, so its classes predict nothing. Raises `InputError` as `at_timepoints`."""
    return lesions.assign(headline=at_timepoints(lesions, timepoints, where))


def at_timepoints(table: pd.DataFrame, timepoints: Sequence[str], where: str) -> pd.Series:
    """Which rows are of the named timepoints; all if none is named. Raises `InputError` if timepoints are named and the
    table does not say any; one without any row is none (`require_timepoints` refuses it)."""
    if not timepoints:
        return pd.Series(True, index=table.index)
    fix = "Leave the choice of timepoints out, or fill the column"
    if "timepoint" not in table:
        raise input_error(where, "missing column timepoint", fix)
    if len(table) and table["timepoint"].isna().all():
        raise input_error(f"{where}, column timepoint", "empty in every row", fix)
    return table["timepoint"].astype(str).isin([str(name) for name in timepoints])


def require_timepoints(table: pd.DataFrame, timepoints: Sequence[str], where: str) -> None:
    """Raises `InputError` for every named timepoint that no row of the table has."""
    problems = ProblemList()
    for name in timepoints:
        if not at_timepoints(table, [name], where).any():
            found = ", ".join(sorted(map(str, table["timepoint"].dropna().unique()))) or "none"
            problems.error(where, f"nothing at timepoint {str(name)!r}", f"Timepoints in the table: {found}")
    problems.raise_if_errors()


def patient_numbers(table: pd.DataFrame) -> NDArray[np.intp]:
    """The patient of every row, numbered from 0; the same ``patient_id`` in two cohorts is two people."""
    return np.asarray(table.groupby(present(PATIENT_KEY, table), dropna=False).ngroup(), dtype=np.intp)


def of_these_patients(lesions: pd.DataFrame) -> pd.DataFrame:
    """Part of a checked table with ``patient`` numbered from 0 within it, in the same order: a patient without a lesion
    in it is not one of those that are resampled."""
    lesions = lesions.reset_index(drop=True)
    return lesions.assign(patient=np.unique(lesions["patient"], return_inverse=True)[1].astype(np.intp))


def with_patient_names(lesions: pd.DataFrame, sums: pd.DataFrame) -> pd.DataFrame:
    """What was summed by patient number, one row each, with cohort, centre and id of the patient before it."""
    names = present(("cohort", "centre", "patient_id"), lesions)
    who = lesions.drop_duplicates("patient").set_index("patient")[names]
    return who.join(sums).sort_index().reset_index(drop=True)


def dice_of(lesions: pd.DataFrame) -> pd.Series:
    """The Dice of every lesion, 0 for one that is stated as not detected and has none."""
    if "detected" not in lesions:
        return lesions["dice"]
    return lesions["dice"].where(lesions["dice"].notna() | (lesions["detected"] != 0), 0.0)


def fate_counts(lesions: pd.DataFrame) -> tuple[int, int, int]:
    """Lesions with the same class, another one, and no class with at least one mask; their sum is all lesions."""
    same, other, none = (int((lesions["fate"] == fate).sum()) for fate in FATES)
    return same, other, none


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


def _check_keys(table: pd.DataFrame, problems: ProblemList, where: str) -> None:
    for column in present(_NEEDED_OF_KEY, table):
        blank = table[column].isna()
        if blank.any():
            problems.error(f"{where}, column {column}, {rows_in_words(blank)}", "empty", "Every lesion needs one")
    keys = present(LESION_KEY, table)
    if set(_NEEDED_OF_KEY) <= set(keys):
        twice = table.duplicated(keys, keep=False) & table[list(_NEEDED_OF_KEY)].notna().all(axis=1)
        if twice.any():
            found = f"the same {', '.join(keys)} more than once"
            problems.error(f"{where}, {rows_in_words(twice)}", found, "Keep one row each")


def _with_fates(table: pd.DataFrame) -> pd.DataFrame:
    if "kind" in table:  # only lesions that a reader has drawn can be compared
        table = table[table["kind"].isna() | (table["kind"] == MANUAL)]
    table = table.reset_index(drop=True)
    undetected = _undetected(table)
    table = table.assign(
        patient=patient_numbers(table),
        predicted_automatic=table["predicted_automatic"].mask(undetected),  # no detection, no class
    )
    manual, automatic = (table[column].notna() for column in PREDICTED)
    compared = manual & automatic
    agree = (table["predicted_manual"] == table["predicted_automatic"]).astype(float).where(compared)
    of_manual = _fates_of_mask(table, "n_roi_manual", manual)
    of_automatic = _fates_of_mask(table, "n_roi_automatic", automatic, undetected)
    return table.assign(
        compared=compared,
        agree=agree,
        manual_fate=of_manual,
        automatic_fate=of_automatic,
        fate=np.select([agree == 1, agree == 0], [SAME, OTHER], NO_CLASS),
        no_class_because=[_why_no_class(*fates) for fates in zip(of_manual, of_automatic, strict=True)],
    )


def _fates_of_mask(
    table: pd.DataFrame, roi_count: str, classified: pd.Series, undetected: pd.Series | None = None
) -> NDArray:
    """What one mask makes of every lesion."""
    cases = {CLASS_GIVEN: classified, NO_ROI: _zero(table, roi_count), TOO_FEW_ROIS: _few(table, roi_count)}
    if undetected is not None:
        cases = {CLASS_GIVEN: classified, UNDETECTED: undetected, **cases}
    return np.select(list(cases.values()), list(cases), NO_CLASS_GIVEN)


def _why_no_class(manual_fate: str, automatic_fate: str) -> str:
    fates = ((MANUAL, manual_fate), (AUTOMATIC, automatic_fate))
    return "; ".join(f"{mask} mask: {why}" for mask, why in fates if why != CLASS_GIVEN)


def _undetected(table: pd.DataFrame) -> pd.Series:
    """In a table that does not say what was detected, a lesion with neither Dice nor class is missed, one with a class
    but no Dice is not."""
    without_dice = table["dice"].isna() & table["predicted_automatic"].notna()
    return missed(table) & ~(without_dice & ("detected" not in table))


def _few(table: pd.DataFrame, column: str) -> pd.Series:
    """Fewer ROIs than the model was asked to have for a class."""
    if column not in table or "minimum_rois" not in table:
        return pd.Series(False, index=table.index)
    return table[column] < table["minimum_rois"]


def _zero(table: pd.DataFrame, column: str) -> pd.Series:
    return table[column] == 0 if column in table else pd.Series(False, index=table.index)
