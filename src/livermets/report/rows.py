"""Which rows of a table of estimates are meant: those of one measure, of one modelled outcome, of one source."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from livermets.concordance.agreement_model import KEPT, SAME

POPULATIONS = {SAME: "of the lesions that both masks classify", KEPT: "of all that the reader’s mask classifies"}


def rows_of(table: pd.DataFrame, measure: str, **where: str) -> pd.DataFrame:
    """The rows of one measure (one per interval method)."""
    if "measure" not in table:
        return table.iloc[0:0]
    found = table[table["measure"] == measure]
    for column, value in where.items():
        found = found[found[column] == value]
    return found


def of_outcome(tables: Mapping[str, pd.DataFrame], stem: str, outcome: str) -> pd.DataFrame:
    """The rows of a table of the models that are about one outcome."""
    table = tables.get(stem, pd.DataFrame())
    if "outcome" not in table:  # made by the version before, which had one outcome
        return table if outcome == SAME else table.iloc[:0]
    return table[table["outcome"] == outcome]


def of_source(overlap: Mapping[str, pd.DataFrame], stem: str, source: str) -> pd.DataFrame:
    """The rows of a table of the overlap that are about one source of masks; empty where it is missing."""
    table = overlap.get(stem, pd.DataFrame(columns=["network"]))
    if "network" not in table:
        return pd.DataFrame()
    return table[table["network"].eq(source)].drop(columns="network").reset_index(drop=True)
