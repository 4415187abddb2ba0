"""Mistakes in the table of the lesions: the file, its header, its rows, patients and classes."""

from __future__ import annotations

from openpyxl import Workbook, load_workbook
from tests.small_study import ROWS, SmallStudy
from tests.wrong_input.cases.corpus import case


@case(
    "cohort test, table.csv: this table does not exist. Check the path in the configuration.",
    "cohort train, table.csv: this table does not exist. Check the path in the configuration.",
)
def missing_table(study: SmallStudy) -> None:
    study.rows = None


@case("cohort train, empty.csv: this table is empty. It needs a header and one row per lesion (or per scan).")
def empty_table(study: SmallStudy) -> None:
    (study.folder / "empty.csv").write_text("")
    study.cohort()["table"] = "empty.csv"


@case("cohort train, head.csv: this table is empty. It has a header but no row; add one row per lesion (or scan).")
def header_only(study: SmallStudy) -> None:
    (study.folder / "head.csv").write_text(study.header + "\n")
    study.cohort()["table"] = "head.csv"


@case("cohort train, bad.xlsx: this Excel table cannot be read. Save it again as .xlsx.")
def broken_excel(study: SmallStudy) -> None:
    (study.folder / "bad.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    study.cohort()["table"] = "bad.xlsx"


@case('cohort train, book.xlsx: there is no sheet "Outcome". Sheets of this file: Sheet.')
def missing_sheet(study: SmallStudy) -> None:
    Workbook().save(study.folder / "book.xlsx")
    study.cohort().update(table="book.xlsx", sheet="Outcome")


@case("cohort train, table.doc: unknown kind of table. Use .csv, .tsv or .xlsx.")
def table_of_another_kind(study: SmallStudy) -> None:
    (study.folder / "table.doc").write_text("x")
    study.cohort()["table"] = "table.doc"


@case(
    'cohort test, table.csv: there is no column patient_id. Add columns: {patient_id: "Patient ID"} to the cohort, '
    "if that column is it.",
    'cohort train, table.csv: there is no column patient_id. Add columns: {patient_id: "Patient ID"} to the cohort, '
    "if that column is it.",
)
def unnamed_patient_column(study: SmallStudy) -> None:
    study.header = study.header.replace("patient_id", "Patient ID")
    del study.cohort()["select"], study.cohort("test")["select"]


@case('cohort train, table.csv: there is no column "center" (columns.centre). Did you mean "centre"?')
def wrong_column_name(study: SmallStudy) -> None:
    study.cohort()["columns"] = {"centre": "center"}


@case(
    "cohort train, table.csv, row 3, patient T1, lesion 1: the same lesion (baseline) is already in row 2. "
    "Keep one of the two rows."
)
def duplicated_row(study: SmallStudy) -> None:
    study.rows.insert(1, study.rows[0])


@case("patient T1: is in two cohorts, train and test. A patient belongs to one cohort; use `select` or `exclude`.")
def patient_in_two_cohorts(study: SmallStudy) -> None:
    study.cohort("test")["select"] = {"patients": ["T1", "V1"]}


@case(
    'cohort train, table.csv: some rows of patient T1 are in this cohort and some are not (column "centre"). '
    "A patient belongs to one cohort as a whole; correct the column."
)
def patient_torn_by_split(study: SmallStudy) -> None:
    study.rows[1] = study.rows[1].replace(",A,", ",C,")
    study.cohort()["select"] = {"column": "centre", "values": ["A", "B"]}
    study.cohort()["exclude"] = [{"patient": "V1", "reason": "in the other cohort"}]


@case(
    "cohort train, book.xlsx, cell F2: a formula that was never calculated. "
    "Open the table in Excel or LibreOffice and save it."
)
def formula_never_calculated(study: SmallStudy) -> None:
    book = Workbook()
    for line in (study.header, *ROWS):
        book.active.append(line.split(","))
    book.active["F2"] = "=E2-5"
    book.save(study.folder / "book.xlsx")
    study.cohort()["table"] = "book.xlsx"


@case(
    'cohort train, book.xlsx, row 2, patient T1: followup_diameter_mm "#DIV/0!" is an error of the spreadsheet. '
    "Correct the formula."
)
def error_of_the_spreadsheet(study: SmallStudy) -> None:
    formula_never_calculated(study)
    book = load_workbook(study.folder / "book.xlsx")
    book.active["F2"] = "#DIV/0!"
    book.active["F2"].data_type = "e"
    book.save(study.folder / "book.xlsx")


@case(
    "cohort train, table.csv, row 8, patient Mittelwert: this looks like a summary of the rows above, not like a "
    "patient. Set ignore_rows: [Mittelwert] for this cohort.",
    'cohort train, table.csv, row 9, patient Source: tumour board: "Source: tumour board" cannot be a patient id. '
    "Use a pseudonym of letters, digits, . _ -; a row that is no patient is left out by ignore_rows.",
)
def rows_that_are_no_patients(study: SmallStudy) -> None:
    study.rows += ["Mittelwert,baseline,,A,18,20", "Source: tumour board"]
    study.cohort()["select"] = {"column": "centre", "values": ["A", "B", ""]}
    study.cohort("test")["table"] = "other.csv"
    (study.folder / "other.csv").write_text("\n".join([study.header, *ROWS]))
    study.cohort()["exclude"] = [{"patient": "V1", "reason": "in the other cohort"}]


@case(
    "cohort train, table.csv: row 3 names more of the columns than the header does. "
    "Set header_row: 3, or remove the lines above the header."
)
def two_lines_above_the_header(study: SmallStudy) -> None:
    (study.folder / "table.csv").write_text("\n".join(["Outcome,of,2020,A,B,C", "x,,,,,y", study.header, *ROWS]))
    study.cohort("test")["table"] = "other.csv"
    (study.folder / "other.csv").write_text("\n".join([study.header, *ROWS]))
    del study.cohort()["select"]


@case(
    "cohort train, table.csv, row 2: column LD is there twice. "
    "Rename one, or set header_row: [1, 2] if the row above tells them apart."
)
def headings_in_two_rows(study: SmallStudy) -> None:
    rows = [",,,,Baseline,Follow-up", "patient_id,timepoint,lesion_id,centre,LD,LD", *ROWS]
    (study.folder / "table.csv").write_text("\n".join(rows))
    study.cohort()["header_row"] = 2
    study.cohort("test")["table"] = "other.csv"
    (study.folder / "other.csv").write_text("\n".join([study.header, *ROWS]))


@case(
    "cohort train, table.csv, row 2, patient T1: the lesion id is missing. "
    "Give the lesion's label value in the mask, a whole number from 1 to 1000."
)
def missing_lesion_id(study: SmallStudy) -> None:
    study.rows[0] = "T1,baseline,,A,20.0,15.0"


@case(
    'cohort train, table.csv, row 2, patient T1: "1.5" cannot be a lesion id. '
    "Give the lesion's label value in the mask, a whole number from 1 to 1000."
)
def broken_lesion_id(study: SmallStudy) -> None:
    study.rows[0] = "T1,baseline,1.5,A,20.0,15.0"


@case(
    'cohort train, table.csv, row 2, patient ../T1: "../T1" cannot be a patient id. '
    "Use a pseudonym of letters, digits, . _ -; a row that is no patient is left out by ignore_rows."
)
def patient_id_with_a_path(study: SmallStudy) -> None:
    study.rows[0] = "../T1,baseline,1,A,20.0,15.0"
    study.cohort()["select"] = {"patients": ["T1", "T2", "../T1"]}


@case(
    'cohort train, table.csv, row 3, patient T1: centre "B" here, "A" in row 2. '
    "A patient belongs to one centre; correct one of the rows."
)
def two_centres(study: SmallStudy) -> None:
    study.rows[1] = study.rows[1].replace(",A,", ",B,")


@case(
    "cohort train: no lesion of the training patients is R-. "
    "The model needs both classes; check the outcome rule and the table."
)
def no_non_responder(study: SmallStudy) -> None:
    study.rows[1:4] = ["T1,baseline,2,A,16,15", "T2,baseline,1,B,20,21", "T2,baseline,2,B,16,15"]


@case(
    'cohort train, table.csv, row 2, patient T1: response "maybe" is neither R+ nor R-. '
    "Use 1/0 or R+/R-, or say what it means under response_values."
)
def unknown_response(study: SmallStudy) -> None:
    study.config["outcome"] = {"rule": "column"}
    study.header = study.header.replace("baseline_diameter_mm", "response")
    study.rows = [row.replace(",20.0,", ",R+,").replace(",16.0,", ",R-,") for row in ROWS]
    study.rows[0] = "T1,baseline,1,A,maybe,15.0"


@case("cohort train, table.csv, row 2: 7 cells under 6 columns. Quote or correct the row.")
def row_too_long(study: SmallStudy) -> None:
    study.rows[0] += ",surplus"
    study.cohort("test")["table"] = "other.csv"
    (study.folder / "other.csv").write_text("\n".join([study.header, *ROWS]))


@case(
    'cohort train, titled.csv, row 1: "Outcome of the study" stands where the header should be. '
    "Set header_row: 3 if that row names the columns, or remove the lines above the header."
)
def title_above_the_header(study: SmallStudy) -> None:
    (study.folder / "titled.csv").write_text("\n".join(["Outcome of the study", "", study.header, *ROWS]))
    study.cohort()["table"] = "titled.csv"


@case(
    'cohort train, table row 2, patient T1: "Score" is "good". '
    "Give a number from 1 (worst) to 5 (best), or leave it empty.",
    'cohort train, table row 5, patient T2: "Score" is 3 here and 4 in an earlier row of the same scan. '
    "A scan has one score; make them equal.",
)
def scores_that_are_none(study: SmallStudy) -> None:
    study.header += ",Score"
    scores = ("good", "good", "4", "3", "5", "")
    study.rows = [f"{row},{score}" for row, score in zip(study.rows, scores, strict=True)]
    study.config["sources"] = {"manual": {"quality_column": "Score"}}


@case(
    'sources.manual.minutes_column: no table of a cohort has a column "Min". '
    "Their columns: baseline_diameter_mm, centre, followup_diameter_mm, lesion_id, patient_id, timepoint."
)
def a_column_of_scores_that_is_not_there(study: SmallStudy) -> None:
    study.config["sources"] = {"manual": {"minutes_column": "Min"}}


@case(
    'cohort train, table row 2, patient T1: scan_date "31.01.2024" is no date. Give it as 2024-01-31, as 20240131, or '
    "as days since any day that is the patient's own; or leave it empty.",
    "cohort train, table row 5, patient T2: scan_date differs from that of the same scan (baseline) in row 4. A scan "
    "has one date; make them equal.",
)
def wrong_scan_dates(study: SmallStudy) -> None:
    study.header += ",scan_date"
    dates = ("31.01.2024", "", "2024-01-31", "2024-02-01", "2024-03-01", "2024-03-01")
    study.rows = [f"{row},{date}" for row, date in zip(study.rows, dates, strict=True)]
