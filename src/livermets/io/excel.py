"""Cells of an Excel sheet as the text that a person sees in it."""

from __future__ import annotations

import datetime
import posixpath
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from livermets.errors import InputError, input_error

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_SHOWN_CELLS = 10


def excel_cells(path: Path, sheet: str | None) -> tuple[list[list[str]], list[str]]:
    """The cells of one sheet, by default of the first one that is not hidden, and what a person who looks at it would
    not expect to be read: hidden rows and columns, one sheet of several.

    A value of cells merged over several rows stands in each of these rows. A formula whose value was never stored is an
    error: it would read as an empty cell."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about extensions that hold no cells
        try:
            return _cells(path, sheet)
        except InputError:
            raise
        except Exception as error:  # openpyxl raises zip, XML, key and value errors alike for a damaged file
            raise input_error(path, "this Excel table cannot be read", "Save it again as .xlsx") from error


def sheet_names(path: Path) -> list[str]:
    """The sheets of a workbook that are not hidden."""
    from openpyxl import load_workbook

    try:
        book = load_workbook(path, read_only=True)
    except Exception as error:  # see excel_cells
        raise input_error(path, "this Excel table cannot be read", "Save it again as .xlsx") from error
    names = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    book.close()
    return names


def _cells(path: Path, name: str | None) -> tuple[list[list[str]], list[str]]:
    from openpyxl import load_workbook

    book = load_workbook(path, data_only=True)
    try:
        sheets = {sheet.title: sheet for sheet in book.worksheets}  # charts are no worksheets
        if name is not None and name not in sheets:
            raise input_error(path, f'there is no sheet "{name}"', f"Sheets of this file: {', '.join(sheets)}")
        shown = [sheet for sheet in sheets.values() if sheet.sheet_state == "visible"]
        chosen = sheets[name] if name is not None else (shown or list(sheets.values()))[0]
        _check_formulas(path, chosen.title)
        cells = [[_text(cell) for cell in row] for row in chosen.iter_rows()]
        for merged in chosen.merged_cells.ranges:
            if merged.min_col == merged.max_col:
                for row in range(merged.min_row, merged.max_row):
                    cells[row][merged.min_col - 1] = cells[merged.min_row - 1][merged.min_col - 1]
        others = [sheet.title for sheet in shown if sheet is not chosen and sheet.max_row > 1] if name is None else []
        return cells, [*_hidden(chosen), *_unnamed(chosen.title, others)]
    finally:
        book.close()


def _hidden(sheet: Any) -> list[str]:
    rows = [str(row) for row, size in sorted(sheet.row_dimensions.items()) if size.hidden and row <= sheet.max_row]
    columns = [
        first if size.min in (None, size.max) else f"{first} to {_letter(size.max)}"
        for first, size in sorted(sheet.column_dimensions.items())
        if size.hidden
    ]
    found = [("row", rows), ("column", columns)]
    return [
        f"hidden {_plural(word, names)} {', '.join(names)} of the sheet: read like the others"
        for word, names in found
        if names
    ]


def _plural(word: str, names: list[str]) -> str:
    return word if len(names) == 1 and " to " not in names[0] else f"{word}s"


def _letter(column: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(min(column, 16384)))


def _unnamed(title: str, others: list[str]) -> list[str]:
    return [f'sheet "{title}" is read; also there: {", ".join(others)} (choose by `sheet`)'] if others else []


def _is_text(cell: ElementTree.Element) -> bool:
    """Whether a formula's stored value is text: an empty one is a value too."""
    return cell.get("t") in ("str", "inlineStr")


def _check_formulas(path: Path, title: str) -> None:
    """Programs that write formulas leave their values to Excel: until it has saved the file they are empty, or a 0 in a
    workbook that asks for a full calculation when it is opened."""
    with zipfile.ZipFile(path) as archive:
        relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
        workbook = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        found = [
            targets.get(sheet.get(_RELATION), "")
            for sheet in workbook.iter(f"{_MAIN}sheet")
            if sheet.get("name") == title
        ]
        content = archive.read(posixpath.join("xl", found[0]).lstrip("/")) if found else b""
    if b"<f" not in content:
        return
    pending = any(calculation.get("fullCalcOnLoad") in ("1", "true") for calculation in workbook.iter(f"{_MAIN}calcPr"))
    formulas = [
        cell for cell in ElementTree.fromstring(content).iter(f"{_MAIN}c") if cell.find(f"{_MAIN}f") is not None
    ]
    cells = [cell.get("r", "?") for cell in formulas if pending or not (cell.findtext(f"{_MAIN}v") or _is_text(cell))]
    if cells:
        more = f" and {len(cells) - _SHOWN_CELLS} more" if len(cells) > _SHOWN_CELLS else ""
        where = f"{path}, cell{'s'[: len(cells) > 1]} {', '.join(cells[:_SHOWN_CELLS])}{more}"
        what = "a formula that was never calculated" if len(cells) == 1 else "formulas that were never calculated"
        raise input_error(where, what, "Open the table in Excel or LibreOffice and save it")


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and re.fullmatch("0{2,}", cell.number_format or ""):
        return str(value).zfill(len(cell.number_format))  # 7 shown as 007
    return str(value)
