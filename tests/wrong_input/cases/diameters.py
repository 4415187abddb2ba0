"""Diameters of the table that cannot be meant, or are in another unit."""

from __future__ import annotations

import datetime

from openpyxl import Workbook
from tests.small_study import ROWS, SmallStudy
from tests.wrong_input.cases.corpus import case


@case(
    "cohort train, table.csv: the baseline diameters (1.6 to 2) look like centimetres. "
    "Set diameter_unit: cm for this cohort (or mm, if these really are millimetres)."
)
def table_in_centimetres(study: SmallStudy) -> None:
    study.rows[:4] = [
        "T1,baseline,1,A,2.0,1.5",
        "T1,baseline,2,A,1.6,2.5",
        "T2,baseline,1,B,2.0,2.1",
        "T2,baseline,2,B,1.6,1.9",
    ]


@case(
    "cohort train, table.csv, row 4, patient T2, lesion 1: a baseline diameter of 2 mm cannot be measured on CT "
    "and looks like centimetres. Give all diameters in mm (or set diameter_unit: mm, if the number is right)."
)
def one_row_in_centimetres(study: SmallStudy) -> None:
    study.rows[2] = "T2,baseline,1,B,2.0,2.1"


@case(
    "cohort train, table.csv, row 4, patient T2, lesion 1: diameters of 20 mm and 2.1 mm look like a mix of "
    "centimetres and millimetres. Give all diameters in mm (or set diameter_unit: mm, if the number is right)."
)
def followup_in_centimetres(study: SmallStudy) -> None:
    study.rows[2] = "T2,baseline,1,B,20.0,2.1"


@case(
    'cohort train, table.csv, row 2, patient T1: baseline_diameter_mm "20,0" has a decimal comma. '
    'Set decimal: "," for this cohort.'
)
def decimal_comma(study: SmallStudy) -> None:
    study.rows[0] = 'T1,baseline,1,A,"20,0",15.0'


@case(
    'cohort train, table.csv, row 2, patient T1: baseline_diameter_mm "20 mm" holds its unit. '
    "Keep the number only (diameter_unit)."
)
def diameter_with_unit(study: SmallStudy) -> None:
    study.rows[0] = "T1,baseline,1,A,20 mm,15.0"


@case(
    "cohort train, table.csv, row 2, patient T1: baseline_diameter_mm -999 cannot be a longest diameter. "
    "Correct it, or list it under missing if it means not available."
)
def undeclared_missing_code(study: SmallStudy) -> None:
    study.rows[0] = "T1,baseline,1,A,-999,15.0"


@case(
    "cohort train, table.csv, row 2, patient T1: baseline_diameter_mm 2000 cannot be a longest diameter in mm. "
    "A longest diameter is at most 300 mm; check the number and its unit."
)
def impossible_diameter(study: SmallStudy) -> None:
    study.rows[0] = "T1,baseline,1,A,2000,15.0"


@case(
    'cohort train, table.csv, row 2, patient T1: followup_diameter_mm "CR" says that the lesion has vanished. '
    "Write 0 (mm): left empty, a responder would be lost.",
    'cohort train, table.csv, row 3, patient T1: followup_diameter_mm "nicht mehr sichtbar" says that the lesion has '
    "vanished. Write 0 (mm): left empty, a responder would be lost.",
    'cohort train, table.csv, row 4, patient T2: followup_diameter_mm "<5" is no size. '
    "Write the number that it stands for (RECIST 1.1: 5 mm if seen but too small to measure).",
    'cohort train, table.csv, row 5, patient T2: baseline_diameter_mm "disappeared" says that there is no lesion. '
    "Exclude the lesion with a reason: without a size before there is no outcome.",
)
def response_in_words_where_a_diameter_belongs(study: SmallStudy) -> None:
    study.rows[:4] = [
        "T1,baseline,1,A,20.0,CR",
        "T1,baseline,2,A,16.0,nicht mehr sichtbar",
        "T2,baseline,1,B,20.0,<5",
        "T2,baseline,2,B,disappeared,10.0",
    ]
    study.cohort()["missing"] = ["CR"]  # even so: the best responders would be dropped


@case(
    "cohort train, table.csv, row 2, patient T1: the follow-up diameter is missing. "
    "Fill it in, exclude the lesion with a reason, or set lesions_without_outcome: keep."
)
def missing_followup(study: SmallStudy) -> None:
    study.rows[0] = "T1,baseline,1,A,20.0,"


@case(
    'cohort train, dated.xlsx, row 2, patient T1: baseline_diameter_mm "2020-05-20" is not a number. '
    "Correct it, or list it under missing if it means not available."
)
def number_that_excel_made_a_date(study: SmallStudy) -> None:
    book = Workbook()
    for line in (study.header, *ROWS):
        book.active.append(line.split(","))
    book.active["E2"] = datetime.datetime(2020, 5, 20)
    book.save(study.folder / "dated.xlsx")
    study.cohort()["table"] = "dated.xlsx"
