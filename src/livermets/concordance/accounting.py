"""Where every lesion of the cohort went: a table that adds up."""

from __future__ import annotations

import pandas as pd

from livermets.masks.detected import UNDETECTED
from livermets.masks.identity import AUTOMATIC, MANUAL
from livermets.masks.lesion_table import CLASS_GIVEN, NO_ROI

TOTAL = "lesions in the table"
_WORDS = {
    (CLASS_GIVEN, CLASS_GIVEN): "classified with both masks",
    (CLASS_GIVEN, UNDETECTED): "classified with the manual mask, not detected automatically",
    (NO_ROI, CLASS_GIVEN): "no ROI fits in the manual mask, classified with the automatic one",
    (CLASS_GIVEN, NO_ROI): "classified with the manual mask, no ROI fits in the automatic one",
}
"""Fates with each mask that have a row even where no lesion has them."""


def accounting_table(lesions: pd.DataFrame, false_positives: int = 0) -> pd.DataFrame:
    """One row per fate (both masks, then outcome known or not) with lesions, patients, R+ and R-; the last row is the
    total of the others. False-positive components are no lesions: a row after the total, not part of it."""
    known = lesions["response"].notna()
    found = sorted(set(zip(lesions["manual_fate"], lesions["automatic_fate"], strict=True)))
    pairs = list(dict.fromkeys([*_WORDS, *found]))
    rows = []
    for manual, automatic in pairs:
        fate = (lesions["manual_fate"] == manual) & (lesions["automatic_fate"] == automatic)
        words = _WORDS.get((manual, automatic), f"manual mask: {manual}; automatic mask: {automatic}")
        both = manual == automatic == CLASS_GIVEN
        rows.append(_row(words, lesions[fate & known], manual, automatic, "known", both))
        if (fate & ~known).any() or both:
            rows.append(_row(f"{words}, outcome not known", lesions[fate & ~known], manual, automatic, "unknown", both))
    rows.append(_row(TOTAL, lesions, "", "", "", False))
    if false_positives:
        rows.append({"category": "false-positive components (not lesions)", "n_lesions": false_positives})
    return pd.DataFrame(rows).astype(dict.fromkeys(("n_lesions", "n_patients", "r_plus", "r_minus"), "Int64"))


def _row(category: str, part: pd.DataFrame, manual: str, automatic: str, outcome: str, both: bool) -> dict[str, object]:
    return {
        "category": category,
        MANUAL: manual,
        AUTOMATIC: automatic,
        "outcome": outcome,
        "in_agreement": both,
        "in_diagnostics": both and outcome == "known",
        "n_lesions": len(part),
        "n_patients": part["patient"].nunique(),
        "r_plus": int((part["response"] == 1).sum()),
        "r_minus": int((part["response"] == 0).sum()),
    }
