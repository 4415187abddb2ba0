"""Cells of an Excel sheet as the text that a person sees in it."""

from __future__ import annotations

import datetime
import re
import warnings
from pathlib import Path
from typing import Any

from livermets.errors import InputError, input_error


def excel_cells(path: Path, sheet: str | None) -> list[list[str]]:
    """The cells of one sheet, by default of the first one that is not hidden.

    A value of cells merged over several rows stands in each of these rows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about extensions that hold no cells
        try:
            return _cells(path, sheet)
        except InputError:
            raise
        except Exception as error:  # openpyxl raises zip, XML, key and value errors alike for a damaged file
            raise input_error(path, "this Excel table cannot be read", "Save it again as .xlsx") from error


def _cells(path: Path, name: str | None) -> list[list[str]]:
    from openpyxl import load_workbook

    book = load_workbook(path, data_only=True)
    try:
        sheets = {sheet.title: sheet for sheet in book.worksheets}  # charts are no worksheets
        if name is not None and name not in sheets:
            raise input_error(path, f'there is no sheet "{name}"', f"Sheets of this file: {', '.join(sheets)}")
        shown = [sheet for sheet in sheets.values() if sheet.sheet_state == "visible"]
        chosen = sheets[name] if name is not None else (shown or list(sheets.values()))[0]
        cells = [[_text(cell) for cell in row] for row in chosen.iter_rows()]
        for merged in chosen.merged_cells.ranges:
            if merged.min_col == merged.max_col:
                for row in range(merged.min_row, merged.max_row):
                    cells[row][merged.min_col - 1] = cells[merged.min_row - 1][merged.min_col - 1]
        return cells
    finally:
        book.close()


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
