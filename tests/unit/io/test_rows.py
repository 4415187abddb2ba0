"""Tables as hospitals keep them: every encoding, separator and Excel habit gives the same rows."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from livermets.errors import InputError
from livermets.io.rows import read_rows

CELLS = [["patient id", "centre", "LD (mm)"], ["007", "Genève", "20.5"], ["007", "Genève", "16"], ["8", "A", "30"]]
TEXT = "\n".join(",".join(row) for row in CELLS) + "\n"


def rows_of(path: Path) -> list[list[str]]:
    table = read_rows(path)
    return [list(table.columns), *(list(row.values()) for row in table.rows)]


@pytest.mark.parametrize(
    "name, content",
    [
        ("bom.csv", b"\xef\xbb\xbf" + TEXT.encode()),
        ("western.csv", TEXT.encode("cp1252")),
        ("utf16.csv", TEXT.encode("utf-16")),
        ("unicode_text.txt", TEXT.replace(",", "\t").encode("utf-16")),
        ("semicolon.csv", TEXT.replace(",", ";").encode()),
        ("bar.csv", TEXT.replace(",", "|").encode()),
        ("stated.csv", ("sep=;\r\n" + TEXT.replace(",", ";").replace("\n", "\r\n")).encode()),
        ("old_mac.csv", TEXT.replace("\n", "\r").encode()),
        ("blank_rows.csv", (TEXT + "\n,,\n  ,,\n").encode()),
        ("empty_column.csv", TEXT.replace("\n", ",\n").encode()),
        ("header_break.csv", TEXT.replace("LD (mm)", '"LD\n(mm)"').replace("patient id", "patient\xa0id").encode()),
    ],
)
def test_text_tables(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert rows_of(tmp_path / name) == CELLS


def merged_patients(sheet: Worksheet) -> None:
    sheet.merge_cells("A2:A3")
    sheet.merge_cells("B2:B3")


def number_shown_with_zeros(sheet: Worksheet) -> None:
    for cell in ("A2", "A3"):
        sheet[cell], sheet[cell].number_format = 7, "000"
    sheet["A4"] = 8.0


def behind_a_hidden_sheet(sheet: Worksheet) -> None:
    old = sheet.parent.create_sheet("old", 0)
    old.append(["x"])
    old.sheet_state = "hidden"


def rows_below_without_content(sheet: Worksheet) -> None:
    sheet["B30"] = "  "


@pytest.mark.parametrize(
    "change", [merged_patients, number_shown_with_zeros, behind_a_hidden_sheet, rows_below_without_content]
)
def test_excel_habits(tmp_path: Path, change: Callable[[Worksheet], None]) -> None:
    book = Workbook()
    for row in CELLS:
        book.active.append(row)
    change(book.active)
    book.save(tmp_path / "t.xlsx")
    assert rows_of(tmp_path / "t.xlsx") == CELLS


def test_dates_are_shown_as_dates(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["timepoint"])
    book.active.append([datetime.datetime(2020, 5, 1)])
    book.save(tmp_path / "t.xlsx")
    assert read_rows(tmp_path / "t.xlsx").rows == ({"timepoint": "2020-05-01"},)


def test_lines_above_the_header(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Outcome of the study\n\n" + TEXT)
    with pytest.raises(InputError, match='row 1: "Outcome of the study" stands where the header should be'):
        read_rows(tmp_path / "t.csv")


def test_row_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("sep=,\n\n" + TEXT.replace("\n", "\n\n", 1))
    assert read_rows(tmp_path / "t.csv").row_numbers == (5, 6, 7)
