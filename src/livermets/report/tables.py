"""Frames into report tables: column headings in words, cells by the one number format, the CSV travelling along."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from livermets.io.tables import csv_text
from livermets.report import formatting as fmt
from livermets.report.document import Column, Download, Table
from livermets.report.vocabulary import LABELS, METHODS

_CLASS_COLUMNS = ("response", "predicted_manual", "predicted_automatic", "predicted")
_COUNT_PREFIXES = ("n_", "r_plus_", "r_minus_", "number_of_")
_COUNT_COLUMNS = (
    "n",
    "r_plus",
    "r_minus",
    "k",
    "agree",
    "lesions",
    "patients",
    "scans",
    "epoch",
    "generation",
    "count",
    "repeat",
    "fold",
)


def label(column: str) -> str:
    """A column's name in words."""
    if column in LABELS:
        return LABELS[column]
    text = column
    for suffix, unit in (("_mm", " (mm)"), ("_ml", " (ml)"), ("_percent", " (%)"), ("_s", " (s)")):
        if text.endswith(suffix):
            text = text.removesuffix(suffix) + unit
    words = text.replace("_", " ")
    return words[:1].upper() + words[1:]


def method_name(code: Any) -> str:
    """An interval method in words; an unknown code stays as it is written in the table."""
    if fmt.is_missing(code):
        return ""
    return METHODS.get(str(code), str(code).replace("-", " "))


def cell(column: str, value: Any) -> str:
    """One cell as text, by the column's name."""
    if isinstance(value, str):
        return method_name(value) if column == "method" else value
    if fmt.is_missing(value):
        return fmt.MISSING
    if column.endswith("_id"):
        return identifier_text(value)
    if isinstance(value, bool) or column in ("detected", "selected", "used", "improved"):
        return fmt.yes_no(value)
    if column in _CLASS_COLUMNS:
        return fmt.response_class(value)
    if column in _COUNT_COLUMNS or column.startswith(_COUNT_PREFIXES):
        return fmt.integer(value)
    if column.endswith("_mm"):
        return fmt.number(value, 1)
    if column in ("p", "p_value") or column.endswith("_p"):
        return fmt.p_value(value)
    if isinstance(value, int) or (isinstance(value, float) and abs(value) >= 100):
        return fmt.significant(value)
    return fmt.number(value, 3 if 0 < abs(value) < 0.01 else 2)


def identifier_text(value: Any) -> str:
    """An id as it is written in the tables: a name, with no thousands separated."""
    if fmt.is_missing(value):
        return fmt.MISSING
    return str(int(value)) if isinstance(value, float | np.floating) and value == int(value) else str(value)


def kept_together(text: object) -> str:
    """Text that no line break may split, such as ``< 20 mm``."""
    return str(text).replace(" ", "\u00a0")


def csv_download(name: str, frame: pd.DataFrame) -> Download:
    """A frame as a CSV that the reader can save."""
    return Download(f"{name}.csv", csv_text(frame).encode())


@dataclass(frozen=True)
class Shown:
    """A column of a table of the report: its heading, and the text of its cell for a row."""

    label: str
    text: Callable[[Any], str]
    numeric: bool = False


def shown_table(
    identifier: str,
    caption: str,
    columns: Sequence[Shown],
    rows: Iterable[Any],
    *,
    data: pd.DataFrame | None = None,
    note: str = "",
) -> Table:
    """Rows of any kind as a table of the report; ``data`` is what the reader can save."""
    head = [Column(column.label, column.numeric) for column in columns]
    cells = [[column.text(row) for column in columns] for row in rows]
    download = None if data is None else csv_download(identifier, data)
    return Table(identifier, caption, head, cells, download, note)


def rows_in(frame: pd.DataFrame) -> Iterable[pd.Series]:
    """The rows of a frame, each by the names of its columns."""
    return (row for _, row in frame.iterrows())


def frame_table(
    identifier: str,
    frame: pd.DataFrame,
    caption: str,
    *,
    columns: list[str] | None = None,
    formats: Mapping[str, Callable[[Any], str]] | None = None,
    labels: Mapping[str, str] | None = None,
    most_rows: int = 60,
    note: str = "",
) -> Table:
    """A frame as a table of the report; only the first ``most_rows`` are shown, the download has all of them."""
    shown = frame[[name for name in (columns or list(frame.columns)) if name in frame]]
    formats, labels = formats or {}, labels or {}
    head = [
        Column(
            labels.get(name, label(name)),
            numeric=pd.api.types.is_numeric_dtype(shown[name]) and name not in _CLASS_COLUMNS,
        )
        for name in shown.columns
    ]
    rows = [
        [
            formats[name](value) if name in formats else cell(name, value)
            for name, value in zip(shown.columns, row, strict=True)
        ]
        for row in shown.head(most_rows).itertuples(index=False)
    ]
    if len(shown) > most_rows:
        note = (
            f"{note} The first {fmt.integer(most_rows)} of {fmt.integer(len(shown))} rows; the download has all."
        ).strip()
    return Table(identifier, caption, head, rows, csv_download(identifier, frame), note)
