"""Reading the tables of the selection stage, and writing what it found."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from livermets.errors import ProblemList, input_error
from livermets.figures.writing import write_png
from livermets.io.named_words import name_and_place
from livermets.io.row_numbers import FIRST_ROW
from livermets.io.tables import read_parquet_metadata, read_table, write_csv
from livermets.masks.identity import LESION_KEY

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def read_lesions(path: Path | str, text: Sequence[str] = ()) -> pd.DataFrame:
    """A table with lesion identifiers; these and the columns ``text`` are text even where they look like numbers
    (``007``), except lesion ids, which are whole numbers."""
    return _typed(read_table(path, text), Path(path))


def read_rois(path: Path | str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """A ROI table and the settings under which it was extracted (empty if it does not say)."""
    table = _typed(read_table(path), Path(path))
    settings = read_parquet_metadata(path).get("settings") if str(path).endswith(".parquet") else None
    return table, dict(settings or {})


def read_training_table(path: Path | str, text: Sequence[str] = ()) -> tuple[pd.DataFrame, dict[str, Any] | None]:
    """Any table with a target, and its extraction settings (None if it does not say); ``text``: the columns that name
    patients and lesions, where 1 and 01 are two."""
    settings = read_parquet_metadata(path).get("settings") if str(path).endswith(".parquet") else None
    return read_table(path, [name for name in text if name != "lesion_id"]), settings or None


def model_features(path: Path | str) -> list[str]:
    """The features that a fitted model uses, from its ``model.json`` alone (the weights would need torch)."""
    try:
        return list(map(str, json.loads(Path(path).read_text(encoding="utf-8"))["features"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise input_error(path, f"this is no description of a model ({error})", "Give its model.json") from error


def concatenated(paths: Sequence[Path]) -> pd.DataFrame:
    """Lesion tables below each other; empty ones and no table at all give a table with the identifying columns."""
    parts = [read_lesions(path) for path in paths]
    filled = [part for part in parts if len(part)]
    empty = parts[0] if parts else pd.DataFrame(columns=list(LESION_KEY))
    return pd.concat(filled, ignore_index=True) if filled else empty


def by_source(words: Sequence[str], option: str) -> dict[str, list[Path]]:
    """The existing files behind words ``SOURCE=PATH``, by mask source, in the order given. Raises `InputError` naming
    every word that is none and every file that is not there."""
    problems, found = ProblemList(), dict[str, list[Path]]()
    for word in words:
        pair = name_and_place(word, option, "SOURCE=PATH", "Name the mask source and its file", problems)
        if pair is not None:
            found.setdefault(pair[0], []).append(Path(pair[1]))
    with problems.collected():
        existing([path for paths in found.values() for path in paths])
    problems.raise_if_errors()
    return found


def _typed(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    absent = [name for name in LESION_KEY if name not in table]
    if absent:
        raise input_error(path, f"columns are missing: {', '.join(absent)}", "Give a table of this pipeline")
    numbers = pd.to_numeric(table["lesion_id"], errors="coerce")
    wrong = numbers.isna() | (numbers != numbers.round())
    if wrong.any():
        found = table["lesion_id"][wrong].iloc[0]
        what = "a lesion id is missing" if pd.isna(found) else f'"{found}" cannot be a lesion id'
        raise input_error(
            f"{path}, row {table.index[wrong][0] + FIRST_ROW}", what, "Give the lesion's label value, a whole number"
        )
    return table.assign(lesion_id=numbers.astype("int64")).reset_index(drop=True)


def write_tables(folder: Path | str, tables: Mapping[str, pd.DataFrame]) -> None:
    """Every table as ``<name>.csv``, empty ones too."""
    for name, table in tables.items():
        write_csv(Path(folder) / f"{name}.csv", table)


def write_figures(folder: Path | str, figures: Mapping[str, Figure]) -> None:
    """Every figure as ``<name>.png``."""
    for name, figure in figures.items():
        write_png(Path(folder) / f"{name}.png", figure)


def existing(paths: Sequence[Path]) -> Sequence[Path]:
    """The paths, after all of them have been found to exist."""
    problems = ProblemList()
    for path in paths:
        if not path.exists():
            problems.error(path, "this file does not exist", "Check the path")
    problems.raise_if_errors()
    return paths
