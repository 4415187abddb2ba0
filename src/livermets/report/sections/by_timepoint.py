"""Tables of cohorts that were scanned at several timepoints: all of them together first, each behind a heading."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from livermets.overlap.tables import EVERY_TIMEPOINT
from livermets.report.document import Block, Details, Table


def by_timepoint(table: Table, rows: pd.DataFrame) -> list[Block]:
    """The table with the rows of all timepoints together (of cohorts seen once, their only ones), and below it one of
    each timepoint, if there is any. ``rows``: timepoint, and cohort where rows are by cohort, of every row of the
    table."""
    if len(rows) != len(table.rows):
        raise ValueError(f"{len(rows)} places for {len(table.rows)} rows of {table.id}")
    pooled = rows["timepoint"].eq(EVERY_TIMEPOINT)
    if "cohort" in rows:
        several = rows["cohort"].isin(rows.loc[pooled, "cohort"])
    else:
        several = pd.Series(bool(pooled.any()), rows.index)
    kept = (pooled | ~several).tolist()
    if all(kept):
        return [table]
    first = [row for row, is_kept in zip(table.rows, kept, strict=True) if is_kept]
    others = [row for row, is_kept in zip(table.rows, kept, strict=True) if not is_kept]
    each = replace(table, id=f"{table.id}-timepoints", rows=others, download=None)
    return [replace(table, rows=first), Details("The same at each timepoint", [each])]
