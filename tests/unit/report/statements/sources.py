"""Every mask source beside the reference: sentences of the summary and of their own part."""

from __future__ import annotations

import pandas as pd
from tests.unit.report.statements.registry import Files, Statement, Values

_FILE = "concordance/<comparison>/sources.csv"


def _row(files: Files, source: str, cohort: str = "") -> pd.Series:
    table = files.csv(f"concordance/{cohort or files.main}/sources.csv")
    return table[table["mask_source"] == source].iloc[0]


def _kept(files: Files, source: str, cohort: str = "") -> Values:
    row = _row(files, source, cohort)
    return {
        "k": row["n_same"],
        "n": row["n_lesions"],
        "share": row["n_same"] / row["n_lesions"],
        "dice": row["mean_dice"],
    }


def _verdict(files: Files, source: str, cohort: str = "", **_: str) -> Values:
    row = _row(files, source, cohort)
    low, high = (100 * row[f"same_minus_primary_{end}"] for end in ("low", "high"))
    told = "shown to change fewer" if low > 0 else "shown to change more" if high < 0 else "not told apart"
    return {
        "dice": row["mean_dice"],
        "value": 100 * row["same_minus_primary"],
        "low": low,
        "high": high,
        "verdict": told,
    }


_WHERE = ("summary/bullet/", "every-source-{cohort}/paragraph/")
_FIRST = "With “{source:w}” {k} of {n} ({share:%} %) lesions keep the reference’s class (mean Dice {dice})"
_OTHERS = "“{source:w}” (mean Dice {dice}; {value} points ({low} to {high}) on the same lesions: {verdict:w})"
_DIFFERENCE = "mean_dice, same_minus_primary: value, low, high"
STATEMENTS = (
    *(Statement(where, _FIRST, _FILE, "n_same, n_lesions, mean_dice", _kept) for where in _WHERE),
    *(Statement(where, _OTHERS, _FILE, _DIFFERENCE, _verdict) for where in _WHERE),
    Statement(
        "every-source-{cohort}/caption/sources-*", "a missed one with {zero}", "results/README.md", "mean_dice",
        lambda files, **_: {"zero": 0},
    ),
)  # fmt: skip
