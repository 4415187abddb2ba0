"""Rows of a table as a spreadsheet counts them: the header is row 1, and the first row below it is row 2."""

from __future__ import annotations

import numpy as np
import pandas as pd

FIRST_ROW = 2
"""What a spreadsheet calls the row that a data frame counts as 0."""
_MOST_RUNS = 20


def rows_in_words(chosen: pd.Series) -> str:
    """The chosen rows as a spreadsheet counts them (the header is row 1): ``rows 2, 5, 7 to 49``."""
    counted = chosen.index.is_unique and pd.api.types.is_integer_dtype(chosen.index)
    places = chosen.index.to_numpy() if counted else np.arange(len(chosen))
    rows = np.sort(places[chosen.to_numpy(bool)]) + FIRST_ROW
    runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    said = [f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs[:_MOST_RUNS]]
    left = sum(map(len, runs[_MOST_RUNS:]))
    return f"row{'s' * (len(rows) > 1)} {', '.join(said)}{f' and {left} more' if left else ''}"
