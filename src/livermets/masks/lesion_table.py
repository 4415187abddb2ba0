"""The lesions of a pair of mask sources as the statistics need them: checked, typed, each with a stated fate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.errors import ProblemList, input_error
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
    SCAN_KEY,
    SHARES,
    present,
)
from livermets.masks.table_checks import NEEDED_OF_KEY, checked_numbers, rules_of_numbers

REQUIRED_COLUMNS = (*NEEDED_OF_KEY, "response", *PREDICTED, "dice", "longest_diameter_mm")
NOT_STATED = "not stated"
TRAIN, VALIDATION = "train", "validation"
"""The roles of scans whose lesions have a known outcome: the response model is fitted on the first and judged by the
second."""
CLASS_GIVEN, NO_ROI, TOO_FEW_ROIS, NO_CLASS_GIVEN = "classified", "no ROI", "too few ROIs", "no class given"
"""What one mask makes of a lesion: a class, or the reason why there is none; of the automatic one also `UNDETECTED`."""
GROUP_COLUMNS = ("cohort", "centre", "timepoint")
"""What a lesion may be grouped by; none stated is a group too."""
SAME, OTHER, NO_CLASS = FATES = ("same", "other", "no class")
"""What becomes of a lesion when the automatic mask replaces the reader's: the same class with both, another one, or no
class with at least one of them. Every lesion has exactly one of these fates."""
_NUMBERS = rules_of_numbers(
    classes=("response", *PREDICTED, "detected"),
    shares=("dice", RULE_COLUMN, *SHARES, *CALIBRATED, "threshold"),
    counts=(*ROI_COUNTS, "minimum_rois"),
    lengths=("longest_diameter_mm",),
)


def checked_lesions(lesions: pd.DataFrame, where: str = "lesion table") -> pd.DataFrame:
    """The lesions with numeric columns plus ``patient`` (code 0…), ``compared``, ``agree``, ``manual_fate``,
    ``automatic_fate``, ``fate`` (one of `FATES`) and ``no_class_because``; rows whose ``kind`` is not ``manual`` (false
    positives) are left out. A lesion that was not detected has no class from the automatic mask, also where the table
    gives it one.

    Raises `InputError` naming every column and row that is wrong. One class only, one patient only or nothing detected
    are not errors: the statistics say what they cannot compute."""
    numbers = checked_numbers(lesions, REQUIRED_COLUMNS, _NUMBERS, LESION_KEY, where)
    return _with_fates(with_stated_groups(lesions.assign(**numbers)))


def with_stated_groups(table: pd.DataFrame) -> pd.DataFrame:
    """The table with ``not stated`` for a cohort, centre or timepoint that is empty in some rows, so that these rows
    are a group too; a column that is empty throughout stays so."""
    partly = [
        name for name in GROUP_COLUMNS if name in table and table[name].isna().any() and table[name].notna().any()
    ]
    return table.assign(**{name: table[name].astype(object).where(table[name].notna(), NOT_STATED) for name in partly})


def false_positive_count(lesions: pd.DataFrame) -> int:
    """Components of the other mask that cover no reference lesion, if the table lists them (``kind``)."""
    return int(lesions["kind"].eq(FALSE_POSITIVE).sum()) if "kind" in lesions else 0


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


def with_headline(
    lesions: pd.DataFrame,
    timepoints: Sequence[str],
    where: str = "lesion table",
    roles: Sequence[str] = (TRAIN, VALIDATION),
) -> pd.DataFrame:
    """The lesions with ``headline``: those whose classes count as predictions, being of one of the ``roles`` and of the
    named timepoints (all of them if none is named).

    ``role`` is what the scan of a lesion is for in the response model; a table without it has lesions of every role,
    and so has a cohort without it in a table of several. A follow-up image is part of the outcome, so its classes
    predict nothing. Raises `InputError` as `at_timepoints`."""
    return lesions.assign(headline=at_timepoints(lesions, timepoints, where) & of_roles(lesions, roles))


def of_roles(table: pd.DataFrame, roles: Sequence[str]) -> pd.Series:
    """Which rows are of one of the roles; every row of a cohort (or table) that says no role anywhere."""
    if "role" not in table:
        return pd.Series(True, index=table.index)
    given = table["role"].notna()
    cohort = table["cohort"] if "cohort" in table else pd.Series("", index=table.index)
    return table["role"].isin(list(roles)) | ~given.groupby(cohort, dropna=False).transform("any")


def scans_of_roles(lesions: pd.DataFrame, roles: Sequence[str]) -> pd.DataFrame:
    """The scans of the lesions of these roles (`of_roles`), one row each."""
    return lesions.loc[of_roles(lesions, roles), present(SCAN_KEY, lesions)].drop_duplicates()


def without_other_roles(lesions: pd.DataFrame, roles: Sequence[str], where: str) -> tuple[pd.DataFrame, list[str]]:
    """The lesions without those that another role than the ``roles`` has a known outcome for, and how many these are: a
    lesion that the model was fitted on is no part of its validation. Raises `InputError` if none is left."""
    if "role" not in lesions:
        return lesions, []
    others = [role for role in (TRAIN, VALIDATION) if role not in roles]
    gone = lesions["role"].isin(others)
    if gone.all():
        what = f"every lesion is of a scan with the role {', '.join(map(str, lesions['role'].unique()))}"
        raise input_error(where, what, "Name the role with --role to see these figures all the same")
    drawn = gone & (lesions["kind"].eq(MANUAL) if "kind" in lesions else True)
    said = (
        f"{int(drawn.sum())} lesion{'s' * (int(drawn.sum()) != 1)} of scans with the role {', '.join(others)} left out"
    )
    return lesions[~gone], [said] if drawn.any() else []


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
