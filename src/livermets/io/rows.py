"""Tables as people keep them (CSV, TSV, Excel), cell by cell and with row numbers, so that a problem can name its row.

Read with the standard library only: the workflow plans its jobs from these tables and must start fast."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livermets.errors import InputError, input_error

_LARGEST_CELL = 10_000_000


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
    tab) is found in the header."""
    path = Path(path)
    if not path.is_file():
        raise input_error(path, "this table does not exist", "Check the path in the configuration")
    name = path.name.lower()
    if name.endswith((".xlsx", ".xlsm")):
        return _from_grid(path, _excel_cells(path, sheet))
    if name.removesuffix(".gz").endswith((".csv", ".tsv", ".txt")):
        return _from_grid(path, _text_cells(path))
    raise input_error(path, "unknown kind of table", "Use .csv, .tsv or .xlsx")


def _text_cells(path: Path) -> list[list[str]]:
    try:
        raw = gzip.decompress(path.read_bytes()) if path.name.lower().endswith(".gz") else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise input_error(path, "this table cannot be read", "Save it again") from error
    if b"\x00" in raw:
        raise input_error(path, "this is not a text table", "Save it as CSV with UTF-8 encoding, or use .xlsx")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")  # what spreadsheets in western Europe write
    header = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(",;\t", key=header.count)
    csv.field_size_limit(_LARGEST_CELL)
    try:
        return list(csv.reader(io.StringIO(text), delimiter=separator, strict=True))
    except csv.Error as error:
        raise input_error(path, f"this table cannot be read ({error})", "Save it again") from error


def _excel_cells(path: Path, sheet: str | None) -> list[list[str]]:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about extensions that hold no cells
        try:
            return _sheet_cells(path, sheet)
        except InputError:
            raise
        except Exception as error:  # openpyxl raises zip, XML, key and value errors alike for a damaged file
            raise input_error(path, "this Excel table cannot be read", "Save it again as .xlsx") from error


def _sheet_cells(path: Path, sheet: str | None) -> list[list[str]]:
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True, data_only=True)
    try:
        if sheet is not None and sheet not in book.sheetnames:
            found = ", ".join(book.sheetnames)
            raise input_error(path, f'there is no sheet "{sheet}"', f"Sheets of this file: {found}")
        chosen = book[sheet] if sheet is not None else book[book.sheetnames[0]]
        return [[_cell_text(cell) for cell in row] for row in chosen.iter_rows(values_only=True)]
    finally:
        book.close()


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _from_grid(path: Path, cells: list[list[str]]) -> RawTable:
    lines = [(number, [cell.strip() for cell in row]) for number, row in enumerate(cells, start=1) if any(row)]
    lines = [(number, row) for number, row in lines if any(row)]
    if not lines:
        raise input_error(path, "this table is empty", "It needs a header and one row per lesion (or per scan)")
    columns = lines[0][1]
    while columns and not columns[-1]:
        columns = columns[:-1]
    twice = sorted({column for column in columns if column and columns.count(column) > 1})
    if twice:
        raise input_error(f"{path}, row {lines[0][0]}", f"column {', '.join(twice)} is there twice", "Rename one")
    rows, numbers = [], []
    for number, row in lines[1:]:
        if any(row[len(columns) :]):
            raise input_error(
                f"{path}, row {number}", f"{len(row)} cells under {len(columns)} columns", "Quote or correct the row"
            )
        padded = row + [""] * (len(columns) - len(row))
        rows.append({column: cell for column, cell in zip(columns, padded, strict=False) if column})
        numbers.append(number)
    if not rows:
        raise input_error(path, "this table is empty", "It has a header but no row; add one row per lesion (or scan)")
    return RawTable(path, tuple(column for column in columns if column), tuple(rows), tuple(numbers))
