"""Scores of quality and minutes of drawing by source, and what a start saves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.errors import ProblemList
from livermets.masks.identity import PATIENT_KEY, SCAN_KEY
from livermets.readers.comparisons import EVERY_COHORT
from livermets.readers.origins import Origin
from livermets.readers.start import both_ways
from livermets.readers.tables import GIVEN_COLUMNS, SCORE_COLUMNS, SCORES
from livermets.stats.resampling import PatientBootstrap, Resampling
from livermets.stats.spread import clustered_spread


def checked_scores(table: pd.DataFrame, where: str) -> pd.DataFrame:
    """A table of scores as it should be: one row per scan and source; raises `InputError` where it is not."""
    problems = ProblemList()
    missing = [name for name in GIVEN_COLUMNS if name not in table]
    if missing:
        problems.error(where, f"there is no column {', '.join(missing)}", f"It needs {', '.join(GIVEN_COLUMNS)}")
        problems.raise_if_errors()
    twice = table[table.duplicated([*SCAN_KEY, "mask_source"])]
    for _, row in twice.iterrows():
        scan = ", ".join(str(row[name]) for name in SCAN_KEY)
        problems.error(where, f"{scan} has two rows of {row['mask_source']}", "Keep one")
    for name in SCORES:
        if len(table) and not pd.api.types.is_numeric_dtype(table[name]) and table[name].notna().any():
            problems.error(where, f"{name} holds words", "Give numbers, or leave the cell empty")
    problems.raise_if_errors()
    return table[list(GIVEN_COLUMNS)]


def scores_table(scores: pd.DataFrame, origins: Mapping[str, Origin], resampling: Resampling) -> pd.DataFrame:
    """Per source and score the `SPREAD_COLUMNS` over scans; then, in rows with ``compared_with``, those of the
    differences on the same scans: a corrected mask minus the same reader's drawn from nothing, and minus its start."""
    rows = [row for part in _parts(scores) for row in _of_part(*part, origins, resampling)]
    return pd.DataFrame(rows, columns=list(SCORE_COLUMNS))


def _parts(scores: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    each = [(str(name), rows) for name, rows in scores.groupby("cohort", sort=False, dropna=False)]
    return [(EVERY_COHORT, scores), *each] if len(each) > 1 else each


def _of_part(
    cohort: str, scores: pd.DataFrame, origins: Mapping[str, Origin], resampling: Resampling
) -> Iterator[dict[str, object]]:
    patients = list(dict.fromkeys(zip(*(scores[name].astype(str) for name in PATIENT_KEY), strict=True)))
    boot = resampling.draw(len(patients))
    known = list(dict.fromkeys(scores["mask_source"]))
    compared = [(adjusted, free) for free, adjusted in both_ways(origins)]
    compared += [(name, origin.start) for name, origin in origins.items() if origin.start]
    for score in SCORES:
        wide = scores.pivot(index=list(SCAN_KEY), columns="mask_source", values=score).astype(float)
        where = {"cohort": cohort, "measure": score}
        for name in known:
            yield from _row({**where, "mask_source": name, "compared_with": ""}, wide[name], patients, boot)
        for first, second in dict.fromkeys(compared):
            if {first, second} <= set(known):
                names = {"mask_source": first, "compared_with": second}
                yield from _row({**where, **names}, wide[first] - wide[second], patients, boot)


def _row(
    where: dict[str, str], values: pd.Series, patients: list[tuple[str, str]], boot: PatientBootstrap
) -> Iterator[dict[str, object]]:
    values = values.dropna()
    if len(values):
        yield {**where, **clustered_spread(values.to_numpy(float), _codes(values.index, patients), boot)}


def _codes(index: pd.Index, patients: list[tuple[str, str]]) -> NDArray[np.intp]:
    place = {patient: code for code, patient in enumerate(patients)}
    keys = zip(*(index.get_level_values(name).astype(str) for name in PATIENT_KEY), strict=True)
    return np.array([place[key] for key in keys], dtype=np.intp)
