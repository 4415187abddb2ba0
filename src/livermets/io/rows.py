"""Tables as people keep them (CSV, TSV, Excel), cell by cell and with row numbers, so that a problem can name its row.

Read with the standard library only: the workflow plans its jobs from these tables and must start fast."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from livermets.errors import input_error

_LARGEST_CELL = 10_000_000
_SEPARATORS = ",;\t|"


@dataclass(frozen=True)
class RawTable:
    """Cells as text, stripped; rows without any content are left out."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    row_numbers: tuple[int, ...]
    """Row of each entry as a spreadsheet counts it: the header is row 1."""


def read_rows(path: Path | str, sheet: str | None = None) -> RawTable:
    """A table by its suffix: ``.csv``, ``.tsv``, ``.txt`` (also ``.gz``), ``.xlsx``. The separator (comma, semicolon,
    tab, bar) is found in the header."""
    path = Path(path)
    if not path.is_file():
        raise input_error(path, "this table does not exist", "Check the path in the configuration")
    name = path.name.lower()
    if name.endswith((".xlsx", ".xlsm")):
        from livermets.io.excel import excel_cells

        return _from_grid(path, excel_cells(path, sheet))
    if name.removesuffix(".gz").endswith((".csv", ".tsv", ".txt")):
        return _from_grid(path, _text_cells(path))
    raise input_error(path, "unknown kind of table", "Use .csv, .tsv or .xlsx")


def delimited_text(path: Path) -> tuple[str, str, bool]:
    """The text of a table with the line ends of Unix, its separator (the one that cuts the header into most columns),
    and whether a first line says it, as Excel's own ``sep=;`` does."""
    try:
        raw = gzip.decompress(path.read_bytes()) if path.name.lower().endswith(".gz") else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise input_error(path, "this table cannot be read", "Save it again") from error
    text = _decoded(raw, path).replace("\r\n", "\n").replace("\r", "\n")
    found = re.search(r"[^\n]*\S[^\n]*", text)
    header = found[0] if found else ""
    stated = re.fullmatch(r"\s*sep=(.)\s*", header)
    separator = stated[1] if stated else max(_SEPARATORS, key=lambda sign: _columns_by(sign, header))
    return text, separator, bool(stated)


def _columns_by(separator: str, header: str) -> int:
    """How many columns a separator makes of a header; it may stand in a quoted name without meaning anything."""
    return len(next(csv.reader([header], delimiter=separator), []))


def _text_cells(path: Path) -> list[list[str]]:
    lines, separator, stated = delimited_text(path)
    csv.field_size_limit(_LARGEST_CELL)
    try:
        cells = list(csv.reader(io.StringIO(lines), delimiter=separator, strict=True))
    except csv.Error as error:
        raise input_error(path, f"this table cannot be read ({error})", "Save it again") from error
    if stated:
        cells[next(index for index, row in enumerate(cells) if any(row))] = []
    return cells


def _decoded(raw: bytes, path: Path) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace")
    if b"\x00" in raw:
        raise input_error(path, "this is not a text table", "Save it as CSV with UTF-8 encoding, or use .xlsx")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")  # what spreadsheets in western Europe write


def _from_grid(path: Path, cells: list[list[str]]) -> RawTable:
    lines = [(number, [cell.strip() for cell in row]) for number, row in enumerate(cells, start=1) if any(row)]
    lines = [(number, row) for number, row in lines if any(row)]
    if not lines:
        raise input_error(path, "this table is empty", "It needs a header and one row per lesion (or per scan)")
    columns = [" ".join(column.split()) for column in lines[0][1]]  # line breaks and hard blanks in headers
    while columns and not columns[-1]:
        columns = columns[:-1]
    twice = sorted({column for column in columns if column and columns.count(column) > 1})
    if twice:
        raise input_error(f"{path}, row {lines[0][0]}", f"column {', '.join(twice)} is there twice", "Rename one")
    rows, numbers = [], []
    for number, row in lines[1:]:
        if any(row[len(columns) :]):
            if len(columns) == 1:
                what = f'"{columns[0]}" stands where the header should be'
                raise input_error(f"{path}, row {lines[0][0]}", what, "Remove the lines above the header")
            raise input_error(
                f"{path}, row {number}", f"{len(row)} cells under {len(columns)} columns", "Quote or correct the row"
            )
        padded = row + [""] * (len(columns) - len(row))
        rows.append({column: cell for column, cell in zip(columns, padded, strict=False) if column})
        numbers.append(number)
    if not rows:
        raise input_error(path, "this table is empty", "It has a header but no row; add one row per lesion (or scan)")
    return RawTable(path, tuple(column for column in columns if column), tuple(rows), tuple(numbers))
