"""Reading and writing tables: CSV for people, Parquet (with settings inside) for ROI features.

Every table that becomes a data frame comes in and goes out here, so that a name is text everywhere."""

from __future__ import annotations

import csv
import io
import json
import re
import warnings
from collections.abc import Hashable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from livermets.errors import input_error
from livermets.io.atomic import written_aside
from livermets.io.presence import require
from livermets.io.row_numbers import FIRST_ROW
from livermets.io.rows import RawTable, delimited_text, read_rows

METADATA_KEY = b"livermets"
TEXT_COLUMNS = (
    "cohort",
    "patient_id",
    "timepoint",
    "centre",
    "role",
    "mask_source",
    "group",
    "kind",
    "network",
    "first",
    "second",
    "feature",
    "same_as",
    "reason",
    "note",
)
"""Names and words, not numbers: patient 007 is not patient 7, and a cohort may be called NA."""
_WHOLE = re.compile(
    r"lesion_id|response|detected|agree|predicted(_manual|_automatic)?|n|k|n_\w+|k_\w+|r_plus|r_minus|study_rule"
)
_MISSING = (
    "",
    "NA",
    "N/A",
    "n/a",
    "<NA>",
    "NaN",
    "nan",
    "-NaN",
    "-nan",
    "NULL",
    "null",
    "None",
    "#N/A",
    "#NA",
    "#N/A N/A",
    "1.#IND",
    "-1.#IND",
    "1.#QNAN",
    "-1.#QNAN",
)
"""What stands for no number, as pandas has it."""
_NUMBER = r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?"
_BOOLEANS = {"true": True, "false": False}
_TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
_EXCEL_SUFFIXES = (".xlsx", ".xlsm")


def read_table(path: Path | str, text: Iterable[str] = (), columns: Sequence[str] | None = None) -> pd.DataFrame:
    """A table of any supported form by its suffix: ``.csv``, ``.tsv``, ``.txt`` (also ``.gz``), ``.xlsx``,
    ``.parquet``; whatever `read_rows` understands, and the same rows.

    `TEXT_COLUMNS` and ``text`` are text, where only an empty cell is missing. Any other column is one of numbers if all
    of its cells are (``NA`` and its kind are missing then; a decimal comma is one unless the comma separates the
    cells), else text, where again only an empty cell is missing. The index counts the rows of a spreadsheet from its
    second one on; ``columns``: only these of a Parquet file."""
    path = Path(path)
    require(path, "this table", "Check the path")
    name, names = path.name.lower(), {*TEXT_COLUMNS, *text}
    try:
        if name.endswith(".parquet"):
            return with_text(pd.read_parquet(path, columns=None if columns is None else list(columns)), names)
        if name.endswith(_EXCEL_SUFFIXES):
            return _from_rows(read_rows(path), names, comma=True)
        if name.removesuffix(".gz").endswith(_TEXT_SUFFIXES):
            return _from_text(path, names)
    except (ValueError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise input_error(path, f"this table cannot be read ({reason})", "Save it again") from error
    raise input_error(path, "unknown kind of table", "Use .csv, .csv.gz, .tsv, .xlsx or .parquet")


def with_text(table: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """The table with these columns as text, whole numbers without a decimal point; what is missing stays missing."""
    changed = {name: _as_text(table[name]) for name in names if name in table and table[name].dtype != object}
    return table.assign(**changed) if changed else table


def _as_text(column: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(column) and _is_whole(column):
        column = column.astype("Int64")
    return column.astype(str).astype(object).where(column.notna(), np.nan)


def _from_text(path: Path, names: set[str]) -> pd.DataFrame:
    """By pandas' fast parser where the table is plain, else cell by cell, which also says what is wrong."""
    text, separator, stated = delimited_text(path)
    header = next(csv.reader(_lines(text), delimiter=separator), [])
    titles = [" ".join(title.split()) for title in header]
    while titles and not titles[-1]:
        titles.pop()
    named = [title for title in titles if title]
    if stated or not named or len(named) != len(set(named)):
        return _from_rows(read_rows(path), names, comma=separator != ",")
    titles = [title or f"\0{place}" for place, title in enumerate(titles)]
    try:
        table = _parsed(text, separator, titles, names, comma=separator != ",")
    except ValueError:
        return _from_rows(read_rows(path), names, comma=separator != ",")
    return table[named].dropna(how="all") if len(table) else table[named]


def _lines(text: str) -> Iterator[str]:
    return (line[0] for line in re.finditer(r"[^\n]*\n|[^\n]+", text))


def _from_rows(rows: RawTable, names: set[str], comma: bool) -> pd.DataFrame:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([rows.columns, *([row[column] for column in rows.columns] for row in rows.rows)])
    table = _parsed(text.getvalue(), ",", list(rows.columns), names, comma)
    return table.set_axis(pd.Index(rows.row_numbers) - FIRST_ROW)


def _parsed(text: str, separator: str, titles: list[str], names: set[str], comma: bool) -> pd.DataFrame:
    data = text.encode("utf-8", errors="replace")

    def parse(as_text: set[str], wanted: list[str] | None) -> pd.DataFrame:
        missing = {title: [""] if title in as_text else list(_MISSING) for title in titles}
        types: dict[Hashable, type[str]] = {title: str for title in titles if title in as_text}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.DtypeWarning)  # of columns that are read again as text
            return pd.read_csv(
                io.BytesIO(data),
                sep=separator,
                header=0,
                names=titles,
                usecols=wanted,
                dtype=types,
                keep_default_na=False,
                na_values=missing,
                float_precision="round_trip",
                skip_blank_lines=False,
            )

    table = parse(names, None)
    if not isinstance(table.index, pd.RangeIndex):
        raise ValueError("rows are longer than the header")  # pandas takes their first cells for an index
    # Words are text after all, and then a word that could mean "missing" is a word.
    unsure = [title for title in titles if title not in names and table[title].dtype == object]
    if unsure:
        table[unsure] = parse(set(unsure), unsure)[unsure]
    for title in [title for title in titles if table[title].dtype == object]:
        cells = table[title].str.strip()
        table[title] = cells.mask(cells == "", np.nan)
        if title in unsure:
            table[title] = _typed(table[title], comma)
    return table


def _typed(column: pd.Series, comma: bool) -> pd.Series:
    """Cells that pandas takes for words and that are none: numbers with a decimal comma or too long for it, and
    true or false with gaps."""
    given = column.dropna().str.casefold()
    if len(given) and given.isin(_BOOLEANS).all():
        return column.str.casefold().map(_BOOLEANS)
    numbers = column.mask(column.isin(_MISSING))
    given = numbers.dropna()
    signs = {sign for sign in ",." if given.str.contains(sign, regex=False).any()}
    if len(given) and given.str.fullmatch(_NUMBER).all() and len(signs) < 2 and (comma or "," not in signs):
        return numbers.str.replace(",", ".").astype(float)
    return column


def write_csv(path: Path | str, table: pd.DataFrame) -> None:
    """Writes a CSV in one step, as `csv_text` makes it."""
    with written_aside(path) as aside:
        Path(aside).write_text(csv_text(table), encoding="utf-8", newline="")


def csv_text(table: pd.DataFrame) -> str:
    """A table as every CSV of this project is: empty cells mean not available, floats round-trip, and lesion ids,
    classes and counts are whole numbers even where some are missing."""
    whole = {
        name: table[name].astype("Int64")
        for name in table.columns
        if _WHOLE.fullmatch(str(name)) and table[name].dtype == float and _is_whole(table[name])
    }
    return table.assign(**whole).to_csv(index=False, lineterminator="\n")


def _is_whole(numbers: pd.Series) -> bool:
    given = numbers.dropna().to_numpy(float)
    return bool(np.isfinite(given).all() and (given == np.round(given)).all())


def write_parquet(path: Path | str, table: pd.DataFrame, metadata: dict[str, Any]) -> None:
    """Writes a Parquet table whose file metadata key ``livermets`` holds ``metadata`` as JSON."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = pa.Table.from_pandas(table, preserve_index=False)
    arrow = arrow.replace_schema_metadata(
        {**(arrow.schema.metadata or {}), METADATA_KEY: json.dumps(metadata, default=str).encode()}
    )
    with written_aside(path) as aside:
        pq.write_table(arrow, aside, compression="zstd")


def read_parquet_metadata(path: Path | str) -> dict[str, Any]:
    """The JSON under ``livermets`` in a Parquet file's metadata; empty if there is none."""
    import pyarrow.parquet as pq

    found = (pq.read_schema(path).metadata or {}).get(METADATA_KEY)
    return json.loads(found) if found else {}
