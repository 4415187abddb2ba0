"""Tables as hospitals keep them: every encoding, separator and Excel habit gives the same rows."""

from __future__ import annotations

import datetime
import re
import zipfile
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
        ("invisible.csv", TEXT.replace("007", "\u200b007").replace("centre", "\ufeffcentre").encode()),
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


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_header_row_may_be_named(tmp_path: Path, separator: str) -> None:
    """Lines above it are not read, whatever separators they hold; rows keep the numbers of the file."""
    (tmp_path / "t.csv").write_text("Study A, of 2019, in Turin\n\n" + TEXT.replace(",", separator))
    table = read_rows(tmp_path / "t.csv", header_row=3)
    assert [list(table.columns), *(list(row.values()) for row in table.rows)] == CELLS
    assert table.row_numbers == (4, 5, 6)
    with pytest.raises(InputError, match="row 2: no column name in this row"):
        read_rows(tmp_path / "t.csv", header_row=2)


def test_headings_in_two_rows(tmp_path: Path) -> None:
    book = Workbook()
    for row in (["Patient", "Baseline", None, "Follow-up", None], [None, "n", "LD", "n", "LD"], ["007", 1, 20, 1, 16]):
        book.active.append(row)
    for cells in ("A1:A2", "B1:C1", "D1:E1"):
        book.active.merge_cells(cells)
    book.save(tmp_path / "t.xlsx")
    (tmp_path / "t.csv").write_text("Patient;Baseline;;Follow-up;\n;n;LD;n;LD\n007;1;20;1;16\n")
    for name in ("t.xlsx", "t.csv"):
        table = read_rows(tmp_path / name, header_row=[1, 2])
        assert table.columns == ("Patient", "Baseline n", "Baseline LD", "Follow-up n", "Follow-up LD")
        assert list(table.rows[0].values()) == ["007", "1", "20", "1", "16"]


def excel_file(path: Path, cell: str, calculation: str = "") -> Path:
    """A workbook whose C2 is the XML ``cell``, as other programs than openpyxl write it."""
    book = Workbook()
    for row in CELLS:
        book.active.append(row)
    book.active["C2"] = 20.5
    book.save(path.with_name("plain.xlsx"))
    with zipfile.ZipFile(path.with_name("plain.xlsx")) as plain, zipfile.ZipFile(path, "w") as archive:
        for name in plain.namelist():
            text = plain.read(name)
            if name == "xl/worksheets/sheet1.xml":
                assert b'<c r="C2" t="n"><v>20.5</v></c>' in text
                text = text.replace(b'<c r="C2" t="n"><v>20.5</v></c>', cell.encode())
            if name == "xl/workbook.xml":
                text = re.sub(b"<calcPr[^>]*/>", calculation.encode(), text)
            archive.writestr(name, text)
    return path


@pytest.mark.parametrize(
    "cell, calculation, value",
    [
        ('<c r="C2"><f>A2*2</f><v>20.5</v></c>', "", "20.5"),
        ('<c r="C2" t="str"><f>IF(A2="","","x")</f><v></v></c>', "", ""),  # its value is an empty text
        ('<c r="C2"><f>A2*2</f></c>', "", None),
        ('<c r="C2"><f>A2*2</f><v/></c>', "", None),
        ('<c r="C2"><f>A2*2</f><v>0</v></c>', '<calcPr fullCalcOnLoad="1"/>', None),  # a 0 that nobody calculated
        ('<c r="C2" t="n"><v>20.5</v></c>', '<calcPr fullCalcOnLoad="1"/>', "20.5"),
    ],
)
def test_formulas_without_a_value(tmp_path: Path, cell: str, calculation: str, value: str | None) -> None:
    path = excel_file(tmp_path / "t.xlsx", cell, calculation)
    if value is None:
        with pytest.raises(InputError, match="cell C2: a formula that was never calculated"):
            read_rows(path)
    else:
        assert read_rows(path).rows[0]["LD (mm)"] == value


def test_what_a_reader_of_the_sheet_does_not_see_is_said(tmp_path: Path) -> None:
    book = Workbook()
    for row in CELLS:
        book.active.append(row)
    book.active.row_dimensions[3].hidden = True
    book.active.column_dimensions.group("B", "C", hidden=True)
    book.create_sheet("2nd reader").append(["patient id"])
    book["2nd reader"].append(["9"])
    book.save(tmp_path / "t.xlsx")
    assert rows_of(tmp_path / "t.xlsx") == CELLS
    assert read_rows(tmp_path / "t.xlsx").remarks == (
        "hidden row 3 of the sheet: read like the others",
        "hidden columns B to C of the sheet: read like the others",
        'sheet "Sheet" is read; also there: 2nd reader (choose by `sheet`)',
    )
    assert len(read_rows(tmp_path / "t.xlsx", "Sheet").remarks) == 2


def test_row_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("sep=,\n\n" + TEXT.replace("\n", "\n\n", 1))
    assert read_rows(tmp_path / "t.csv").row_numbers == (5, 6, 7)
