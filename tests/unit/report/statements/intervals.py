"""Which interval of an estimate the report quotes, from the rows of its table."""

from __future__ import annotations

import pandas as pd
from tests.unit.report.statements.registry import Files

BY_LESION = (
    "clopper-pearson", "mercaldo-logit", "ratio-logit-t", "delong", "fleiss-1969", "bland-altman-1999",
    "exact-binomial", "chi-squared-yates",
)  # fmt: skip
"""Methods that take lesions as independent."""
ENDS = "value, low, high of the quoted interval"


def quoted(found: pd.DataFrame) -> dict[str, float]:
    """The estimate with the interval by patient, or by lesion where that is the wider one or the only one."""
    by_lesion = found[found["method"].isin(BY_LESION)].head(1)
    by_patient = found[~found["method"].isin(BY_LESION)]
    by_patient = pd.concat([by_patient[by_patient["low"].notna()], by_patient]).head(1)
    both = pd.concat([by_patient, by_lesion])
    width = (both["high"] - both["low"]).tolist()
    row = both.iloc[1 if len(both) == 2 and not width[0] >= width[1] and width[1] >= 0 else 0]
    return {"value": row["value"], "low": row["low"], "high": row["high"], "level": row["level"]}


def rows(files: Files, table: str, measure: str, **where: str) -> pd.DataFrame:
    """Rows of one measure of a table of the comparison that the summary speaks of."""
    found = files.csv(f"concordance/{files.main}/automatic/{table}.csv")
    for column, value in {"measure": measure, **where}.items():
        found = found[found[column] == value]
    return found
