"""Masks of one scan by source, tables of pairs and scores: read from files, written as tables and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.sources import ReaderStudy
from livermets.errors import ProblemList
from livermets.figures.writing import write_png
from livermets.imaging.geometry import Grid
from livermets.io.images import read_volume
from livermets.io.masks import integer_labels, read_mask
from livermets.io.named_words import name_and_place
from livermets.io.tables import read_table, write_csv
from livermets.readers.comparisons import checked
from livermets.readers.figures import dice_by_pair, differences
from livermets.readers.result import ReaderTables, reader_tables
from livermets.readers.scan import pairwise
from livermets.readers.scores import checked_scores
from livermets.readers.tables import SCAN_TABLE_COLUMNS
from livermets.stats.resampling import Resampling

_SOURCES = ("source_a", "source_b", "structure", "lacking")
"""Columns of text: a source may be called 2."""


def scan_table(
    masks: Sequence[str], livers: Sequence[str], metrics: Sequence[str], key: Mapping[str, str]
) -> pd.DataFrame:
    """The pairs of one scan, `SCAN_TABLE_COLUMNS`. ``masks`` and ``livers`` are words ``NAME=PATH`` of label maps on
    one grid, ``metrics`` of `scan_metrics.csv` of networks; ``key``: cohort, patient_id and timepoint.

    Raises `InputError` with every word and file that is wrong, and where nothing has two sources."""
    problems = ProblemList()
    paths = {name: _named(words, name, problems) for name, words in (("--mask", masks), ("--liver", livers))}
    described = _named(metrics, "--metrics", problems)
    for name in described.keys() - paths["--mask"].keys():
        problems.error(f"--metrics {name}", "no mask has this name", f"Add --mask {name}=PATH")
    if not problems.errors and all(len(found) < 2 for found in paths.values()):
        problems.error("--mask", "there is no pair", "Give masks of two sources, or more")
    problems.raise_if_errors()
    lesion_maps, liver_maps, grid = _read(paths["--mask"], paths["--liver"], problems)
    seen = {}
    for name, path in described.items():
        with problems.collected():
            seen[name] = _seen_in_training(path)
    problems.raise_if_errors()
    assert grid is not None
    found = pairwise(lesion_maps, liver_maps, grid.spacing_zyx_mm).assign(**key)
    for side in "ab":
        found[f"seen_in_training_{side}"] = found[f"source_{side}"].map(seen).astype("Int64")
    return found[list(SCAN_TABLE_COLUMNS)]


def _named(words: Sequence[str], option: str, problems: ProblemList) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for word in words:
        pair = name_and_place(word, option, "NAME=PATH", "Name the source and its file", problems)
        if pair is None:
            continue
        name, place = pair
        if name in found:
            problems.error(f"{option} {word}", f"{name} is named twice", "Give each source once")
        else:
            found[name] = Path(place)
    return found


def _read(
    masks: Mapping[str, Path], livers: Mapping[str, Path], problems: ProblemList
) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]], Grid | None]:
    grid: Grid | None = None
    maps: tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]] = ({}, {})
    for found, paths in zip(maps, (masks, livers), strict=True):
        for name, path in paths.items():
            with problems.collected():
                if grid is None:
                    first = read_volume(path)
                    grid, found[name] = first.grid, integer_labels(first.array, path)
                else:
                    found[name] = read_mask(path, grid).labels
    return *maps, grid


def _seen_in_training(path: Path) -> int | None:
    table = read_table(path)
    seen = table["seen_in_training"].max() if "seen_in_training" in table else np.nan
    return None if pd.isna(seen) else int(seen)


def readers_of(
    tables: Sequence[Path], scores: Path | None, networks: Sequence[str], study: ReaderStudy, resampling: Resampling
) -> ReaderTables:
    """All tables from those of `readers-scan` and, where there is one, from a table of scores."""
    problems = ProblemList()
    read: dict[str, pd.DataFrame] = {}
    given = None
    with problems.collected():
        read = {str(path): read_table(path, text=_SOURCES) for path in tables}
    with problems.collected():
        given = None if scores is None else checked_scores(read_table(scores), str(scores))
    problems.raise_if_errors()
    return reader_tables(checked(read), given, study, networks, resampling)


def write_readers(out: Path, tables: ReaderTables) -> None:
    """Every table as CSV (empty ones too, so that the set of files never changes) and the two pictures."""
    for name, table in vars(tables).items():
        write_csv(out / f"{name}.csv", table)
    write_png(out / "dice.png", dice_by_pair(tables.pairs))
    write_png(out / "ceiling.png", differences(tables.ceiling))
