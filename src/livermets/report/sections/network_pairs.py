"""One source of masks against every other on the same lesions: paired differences and their tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd

from livermets.overlap.tables import EVERY_TIMEPOINT
from livermets.report import formatting as fmt
from livermets.report.document import Column, Table
from livermets.report.rows import rows_of
from livermets.report.sections.estimates import level_text
from livermets.report.tables import csv_download, kept_together

BY_PAIR = ("second", "timepoint", "size")
"""What a row of the tables is of."""


def pairs_table(pairs: pd.DataFrame, detected: str) -> Table:
    rows = [
        [str(second), str(timepoint), kept_together(size), fmt.integer(part["n_lesions"].max()), *_compared(part)]
        for (second, timepoint, size), part in _by_pair(pairs)
    ]
    own = _first(pairs)
    head = [Column(f"{own} minus"), Column("Timepoint"), Column("Size"), Column("Lesions", True), Column("Dice", True)]
    head += [Column("Detected, points", True), Column(f"Detected by {own} only, by the other only", True)]
    head += [Column("McNemar, exact", True), Column("McNemar, by patient", True)]
    caption = (
        f"Paired differences on the same lesions. Detected: {detected}; one without overlap has Dice 0; differences in "
        f"detection are in percentage points. {level_text(pairs)} by bootstrap of patients. McNemar’s test compares "
        "how many lesions each network alone detected; the exact one takes lesions as independent, the other allows "
        "for several per patient. p-values are not corrected for the number of networks."
    )
    if one_sided := _one_sided(pairs):
        caption += f" {one_sided}"
    unknown = pairs["value"].isna() | (pairs["measure"].str.endswith("_difference") & pairs["low"].isna())
    reasons = [str(reason) for reason in pairs.loc[unknown & pairs["study_rule"].ne(0), "note"].dropna().unique()]
    if pairs["timepoint"].eq(EVERY_TIMEPOINT).any():
        reasons.append("lesions of several timepoints are not independent, as the exact test takes them to be")
    note = f"Where a number or an interval is missing: {fmt.listed(reasons, 'or')}." if reasons else ""
    return Table("networks-pairs", caption, head, rows, csv_download("networks-pairs", pairs), note)


def _first(pairs: pd.DataFrame) -> str:
    """The source that every other is compared with here."""
    return str(pairs["first"].iloc[0])


def _one_sided(pairs: pd.DataFrame) -> str:
    """That a difference in detection cannot pass 0 where only one of two networks alone detected lesions."""
    by_rule = pairs[pairs["study_rule"].eq(1)]
    counts = [
        [rows_of(part, f"detected_by_{which}_only")["value"].sum() for which in ("first", "second")]
        for _, part in _by_pair(by_rule)
    ]
    if not any(min(pair) == 0 < max(pair) for pair in counts):
        return ""
    return (
        "Where only one of two networks alone detected lesions, no resample of patients can pass 0, so that the "
        "interval of the difference in detection ends there, or short of it, by construction: it is no evidence of a "
        "difference."
    )


def _by_pair(pairs: pd.DataFrame) -> Iterable[tuple[tuple[object, ...], pd.DataFrame]]:
    return pairs.groupby(list(BY_PAIR), sort=False, dropna=False)


def unpaired_table(pairs: pd.DataFrame, detected: str) -> Table:
    rows = [
        [str(second), str(timepoint), kept_together(size), fmt.p_value(chi_squared.iloc[0]["value"])]
        for (second, timepoint, size), part in _by_pair(pairs)
        if len(chi_squared := rows_of(part[part["study_rule"].eq(1)], "detection_chi_squared_p"))
    ]
    head = [Column(f"{_first(pairs)} against"), Column("Timepoint"), Column("Size"), Column("Chi-squared, p", True)]
    caption = (
        f"Chi-squared test (Yates) of the two detection rates ({detected}), as Defeudis 2022 compares them. It takes "
        "the lesions of the two networks as different ones, which they are not: McNemar’s tests above are the ones to "
        "go by."
    )
    return Table("networks-unpaired", caption, head, rows)


def _compared(part: pd.DataFrame) -> Iterable[str]:
    by_rule = part[part["study_rule"].eq(1)]

    def cell(measure: str, method: str, words: Callable[[object], str]) -> str:
        rows = rows_of(by_rule, measure)
        rows = rows[rows["method"] == method] if method else rows
        return words(rows.iloc[0]["value"]) if len(rows) else fmt.MISSING

    dice = rows_of(part, "dice_difference").iloc[0]
    found = rows_of(by_rule, "detection_difference").iloc[0]
    yield fmt.estimate(dice["value"], dice["low"], dice["high"])
    yield fmt.points(found["value"], found["low"], found["high"])
    yield ", ".join(cell(f"detected_by_{which}_only", "", fmt.integer) for which in ("first", "second"))
    for method in ("exact-binomial", "durkalski-2003"):
        yield cell("detection_mcnemar_p", method, fmt.p_value)
