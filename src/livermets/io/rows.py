"""Tables as people keep them (CSV, TSV, Excel), cell by cell and with row numbers, so that a problem can name its row.

Read with the standard library only: the workflow plans its jobs from these tables and must start fast."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import itertools
import re
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from livermets.errors import InputError, input_error
from livermets.io.excel import excel_cells
from livermets.io.presence import require

_LARGEST_CELL = 10_000_000
_SEPARATORS = ",;\t|"


@dataclass(frozen=True)
class RawTable:
    """Cells as text, stripped; rows without any content are left out."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    row_numbers: tuple[int, ...]
    """Row of each entry as a spreadsheet counts it: the first line is row 1."""
    remarks: tuple[str, ...] = ()
    """What a person who looks at the table would not expect to be read: hidden rows, one sheet of several."""


def read_rows(path: Path | str, sheet: str | None = None, header_row: int | Sequence[int] | None = None) -> RawTable:
    """A table by its suffix: ``.csv``, ``.tsv``, ``.txt`` (also ``.gz``), ``.xlsx``. The separator (comma, semicolon,
    tab, bar) is found in the header: the first row with content, or ``header_row`` (the first is 1; of several rows the
    names are joined)."""
    path = Path(path)
    header = [header_row] if isinstance(header_row, int) else sorted(header_row or [])
    require(path, "this table", "Check the path in the configuration")
    if path.is_dir():
        raise input_error(path, "this is a folder, not a table", "Give the file of the table")
    name = path.name.lower()
    if name.endswith((".xlsx", ".xlsm")):
        return _from_grid(path, *excel_cells(path, sheet), header)
    if name.removesuffix(".gz").endswith((".csv", ".tsv", ".txt")):
        return _from_grid(path, _text_cells(path, header), [], header)
    raise input_error(path, "unknown kind of table", "Use .csv, .tsv or .xlsx")


def delimited_text(path: Path, header_rows: Sequence[int] | None = None) -> tuple[str, str, bool]:
    """The text of a table with the line ends of Unix, its separator (the one that cuts the header into most columns),
    and whether a first line says it, as Excel's own ``sep=;`` does. With ``header_rows``, even none, a title may stand
    above the header; without it, a first line of one column is the header."""
    try:
        raw = gzip.decompress(path.read_bytes()) if path.name.lower().endswith(".gz") else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise input_error(path, "this table cannot be read", "Save it again") from error
    text = _decoded(raw, path).replace("\r\n", "\n").replace("\r", "\n")
    found = re.search(r"[^\n]*\S[^\n]*", text)
    stated = re.fullmatch(r"\s*sep=(.)\s*", found[0] if found else "")  # Excel's own first line
    return text, stated[1] if stated else _separator(text, header_rows), bool(stated)


def _separator(text: str, header_rows: Sequence[int] | None) -> str:
    """That of the header; a title has none, then the first line below it that has one."""
    lines = itertools.islice(io.StringIO(text), header_rows[-1] - 1 if header_rows else 0, None)
    signs = _SEPARATORS if header_rows is not None else ""
    header = next((line for line in lines if line.strip() and (not signs or any(sign in line for sign in signs))), "")
    return max(_SEPARATORS, key=lambda sign: _columns_by(sign, header))


def _columns_by(separator: str, header: str) -> int:
    """How many columns a separator makes of a header; it may stand in a quoted name without meaning anything."""
    return len(next(csv.reader([header], delimiter=separator), []))


def _text_cells(path: Path, header_rows: Sequence[int]) -> list[list[str]]:
    lines, separator, stated = delimited_text(path, header_rows)
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


def _from_grid(path: Path, cells: list[list[str]], remarks: list[str], header_rows: Sequence[int] = ()) -> RawTable:
    lines = [(number, [_visible(cell) for cell in row]) for number, row in enumerate(cells, start=1) if any(row)]
    lines = [(number, row) for number, row in lines if any(row)]
    if not lines:
        raise input_error(path, "this table is empty", "It needs a header and one row per lesion (or per scan)")
    header_rows = header_rows or [lines[0][0]]
    columns = _column_names(path, dict(lines), header_rows)
    rows, numbers = [], []
    for number, row in lines:
        if number <= header_rows[-1]:
            continue
        if any(row[len(columns) :]):
            raise _too_long(path, lines, header_rows, number, columns)
        padded = row + [""] * (len(columns) - len(row))
        rows.append({column: cell for column, cell in zip(columns, padded, strict=False) if column})
        numbers.append(number)
    if not rows:
        raise input_error(path, "this table is empty", "It has a header but no row; add one row per lesion (or scan)")
    names = tuple(column for column in columns if column)
    return RawTable(path, names, tuple(rows), tuple(numbers), tuple(remarks))


def _visible(cell: str) -> str:
    """Without blanks around it and without characters that nobody sees (zero-width blanks, direction marks)."""
    return "".join(sign for sign in cell if unicodedata.category(sign) != "Cf").strip()


def _column_names(path: Path, lines: dict[int, list[str]], header_rows: Sequence[int]) -> list[str]:
    """The header's names, line breaks and hard blanks as blanks. Where it has two rows, the upper one groups columns:
    an empty cell there belongs to the group on its left."""
    empty = [number for number in header_rows if number not in lines]
    if empty:
        raise input_error(f"{path}, row {empty[0]}", "no column name in this row (header_row)", "The first row is 1")
    width = max(len(lines[number]) for number in header_rows)
    names = [""] * width
    for number in header_rows:
        cells = lines[number] + [""] * (width - len(lines[number]))
        for index in range(width):
            if number != header_rows[-1] and not cells[index] and index:
                cells[index] = cells[index - 1]
            if cells[index] != names[index]:
                names[index] = " ".join([*names[index].split(), *cells[index].split()])
    while names and not names[-1]:
        names = names[:-1]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        fix = "Rename one"
        if header_rows[0] > 1 and len(header_rows) == 1:
            fix += f", or set header_row: [{header_rows[0] - 1}, {header_rows[0]}] if the row above tells them apart"
        raise input_error(f"{path}, row {header_rows[-1]}", f"column {', '.join(twice)} is there twice", fix)
    return names


def _too_long(
    path: Path, lines: list[tuple[int, list[str]]], header_rows: Sequence[int], number: int, columns: list[str]
) -> InputError:
    """A row with more cells than the header: an unquoted separator, or a title where the header should be."""
    filled = {at: sum(map(bool, row)) for at, row in lines}
    if 2 * sum(map(bool, columns)) <= filled[number]:
        title = next(column for column in columns if column)
        widest = max(filled, key=lambda at: filled[at])  # the first of the widest
        fix = f"Set header_row: {widest} if that row names the columns, or remove the lines above the header"
        return input_error(f"{path}, row {header_rows[0]}", f'"{title}" stands where the header should be', fix)
    cells = len(dict(lines)[number])
    return input_error(
        f"{path}, row {number}", f"{cells} cells under {len(columns)} columns", "Quote or correct the row"
    )
