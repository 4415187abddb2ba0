"""The corpus: one way of being wrong each, and the sentence that a person gets for it."""

from __future__ import annotations

import datetime
import gzip
import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from openpyxl import Workbook, load_workbook
from tests.dicom_files import write_enhanced, write_rtstruct, write_seg, write_series
from tests.small_study import ROWS, SHAPE_ZYX, SmallStudy, image_of, patient_arrays, save

T1 = "cohort train, patient T1, baseline"
T2 = "cohort train, patient T2, baseline"


@dataclass(frozen=True)
class Case:
    name: str
    break_it: Callable[[SmallStudy], None]
    sentences: tuple[str, ...]


CASES: list[Case] = []


def case(*sentences: str) -> Callable[[Callable[[SmallStudy], None]], Callable[[SmallStudy], None]]:
    """Registers a function that breaks a study, with the sentences expected (errors, in their order)."""

    def register(break_it: Callable[[SmallStudy], None]) -> Callable[[SmallStudy], None]:
        CASES.append(Case(break_it.__name__, break_it, sentences))
        return break_it

    return register


# --- configuration -------------------------------------------------------------------------------------------------


@case("cohorts.train.imgae: unknown key. Did you mean `image`?")
def unknown_key(study: SmallStudy) -> None:
    study.cohort()["imgae"] = "x"


@case("cohorts.train.role: input should be 'train', 'validation' or 'predict' (found 'training').")
def unknown_role(study: SmallStudy) -> None:
    study.cohort()["role"] = "training"


@case(
    "compare_networks.paper.preset: there is no preset 'gianini2020'. "
    "Give a path, or one of defeudis2022-notl, defeudis2022-tl, giannini2020, recommended.",
    "compare_networks.wide.network.base_filter: unknown key. Did you mean `base_filters`?",
)
def compared_networks_that_cannot_be_made(study: SmallStudy) -> None:
    study.config["compare_networks"] = {
        "paper": {"preset": "gianini2020"},
        "wide": {"network": {"base_filter": 64}},
    }


@case("compare_networks: automatic is what the study's own network is called; choose another name.")
def a_compared_network_with_the_name_of_the_own_one(study: SmallStudy) -> None:
    study.config["compare_networks"] = {"automatic": {"preset": "giannini2020"}}


@case(
    "weights.pth: this file of pre-trained ResNet-18 weights does not exist. Fetch it once with "
    "`curl -LO https://download.pytorch.org/models/resnet18-f37072fd.pth`, name its path and SHA-256 in "
    "segmentation.network.pretrained, or leave that empty to train from scratch."
)
def weights_that_are_not_there(study: SmallStudy) -> None:
    weights = {"file": "weights.pth", "sha256": "f37072fd"}
    study.config["segmentation"] = {"network": {"architecture": "resnet18-unet", "pretrained": weights}}


@case(
    'cohorts: YAML reads 1_000 as the number 1000, a text is needed. Quote it: "1_000".',
    'cohorts.train.select.patients.0: YAML reads 010 as the number 8, a text is needed. Quote it: "010".',
    'cohorts.train.select.patients.1: YAML reads NO as true or false, a text is needed. Quote it: "NO".',
)
def texts_that_yaml_takes_for_something_else(study: SmallStudy) -> None:
    as_typed(study, {"T1": "010", "T2": "NO", "test": "1_000"})


@case("cohorts: use letters without accents, digits, - and _, with a letter or digit first (found 'zürich 1').")
def cohort_name_with_an_accent(study: SmallStudy) -> None:
    study.config["cohorts"]["zürich 1"] = study.config["cohorts"].pop("test")


@case(
    'cohorts.train.missing: yes, no, on, off without quotes are true and false for YAML; quote them: ["NO"] '
    "(found [False])."
)
def a_missing_code_that_yaml_takes_for_false(study: SmallStudy) -> None:
    study.cohort()["missing"] = ["TYPED"]
    as_typed(study, {"TYPED": "NO"})


def as_typed(study: SmallStudy, changes: dict[str, str]) -> None:
    """The configuration written, with some of its words replaced as a person types them."""
    study.save_settings()
    text = (study.folder / "config.yaml").read_text()
    for old, new in changes.items():
        text = re.sub(rf"\b{old}\b", new, text)
    (study.folder / "config.yaml").write_text(text)
    study.save_settings = lambda: None  # type: ignore[method-assign]


@case("cohorts.train: role train needs a `table` with the outcome of every lesion.")
def no_table_for_training(study: SmallStudy) -> None:
    del study.cohort()["table"], study.cohort()["select"]
    study.cohort()["patients"] = ["T1", "T2"]


@case("cohorts.train: `image` needs {patient} in its path, or every patient would get the same CT.")
def one_image_for_all(study: SmallStudy) -> None:
    study.cohort()["image"] = "T1/ct.nii.gz"


@case(
    "cohort train, patient T1: {pateint} is neither {patient}, {timepoint} nor a column of the table. "
    "Correct the path or the table.",
    "cohort train, patient T2: {pateint} is neither {patient}, {timepoint} nor a column of the table. "
    "Correct the path or the table.",
)
def unknown_placeholder(study: SmallStudy) -> None:
    study.cohort()["liver"] = "{pateint}/liver.nii.gz"


@case("cohort train, table: the environment variable NO_SUCH_FOLDER is not set.")
def unset_variable(study: SmallStudy) -> None:
    study.cohort()["folder"] = "$NO_SUCH_FOLDER/data"


@case("cohort train, exclude: T9 is not in this cohort. Correct or remove the entry.")
def excluded_stranger(study: SmallStudy) -> None:
    study.cohort()["exclude"] = [{"patient": "T9", "reason": "motion artefacts"}]


@case("cohort train, table.csv: no row for T7 (select.patients). Correct the list or the table.")
def selected_stranger(study: SmallStudy) -> None:
    study.cohort()["select"] = {"patients": ["T1", "T2", "T7"]}


@case(
    f"{T1}: no liver mask is given, and segmentation.liver.source is given. Give `liver` in the cohort, or choose "
    "another source.",
    f"{T2}: no liver mask is given, and segmentation.liver.source is given. Give `liver` in the cohort, or choose "
    "another source.",
)
def no_liver_masks(study: SmallStudy) -> None:
    del study.cohort()["liver"]


@case("cohorts: no cohort has the role train. Networks and model are fitted on training cohorts.")
def nobody_to_learn_from(study: SmallStudy) -> None:
    study.cohort()["role"] = "validation"


@case(
    "compare_networks: no validation cohort has lesion masks, on which networks could be compared. Add such a cohort, "
    "or leave this section out."
)
def networks_with_nothing_to_be_compared_on(study: SmallStudy) -> None:
    study.cohort("test")["role"] = "predict"
    study.config["compare_networks"] = {"wide": {"network": {"base_filters": 64}}}


# --- tables --------------------------------------------------------------------------------------------------------


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


@case("cohort train, table.csv, row 3, patient T1, lesion 1: the same lesion (baseline) is already in row 2. "
      "Keep one of the two rows.")  # fmt: skip
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


@case("cohort train, table.csv: the baseline diameters (1.6 to 2) look like centimetres. "
      "Set diameter_unit: cm for this cohort (or mm, if these really are millimetres).")  # fmt: skip
def table_in_centimetres(study: SmallStudy) -> None:
    study.rows[:4] = [
        "T1,baseline,1,A,2.0,1.5", "T1,baseline,2,A,1.6,2.5", "T2,baseline,1,B,2.0,2.1", "T2,baseline,2,B,1.6,1.9",
    ]  # fmt: skip


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


@case('cohort train, table.csv, row 2, patient T1: baseline_diameter_mm "20,0" has a decimal comma. '
      'Set decimal: "," for this cohort.')  # fmt: skip
def decimal_comma(study: SmallStudy) -> None:
    study.rows[0] = 'T1,baseline,1,A,"20,0",15.0'


@case('cohort train, table.csv, row 2, patient T1: baseline_diameter_mm "20 mm" holds its unit. '
      "Keep the number only (diameter_unit).")  # fmt: skip
def diameter_with_unit(study: SmallStudy) -> None:
    study.rows[0] = "T1,baseline,1,A,20 mm,15.0"


@case("cohort train, table.csv, row 2, patient T1: baseline_diameter_mm -999 cannot be a longest diameter. "
      "Correct it, or list it under missing if it means not available.")  # fmt: skip
def undeclared_missing_code(study: SmallStudy) -> None:
    study.rows[0] = "T1,baseline,1,A,-999,15.0"


@case("cohort train, table.csv, row 2, patient T1: baseline_diameter_mm 2000 cannot be a longest diameter in mm. "
      "A longest diameter is at most 300 mm; check the number and its unit.")  # fmt: skip
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
        "T1,baseline,1,A,20.0,CR", "T1,baseline,2,A,16.0,nicht mehr sichtbar", "T2,baseline,1,B,20.0,<5",
        "T2,baseline,2,B,disappeared,10.0",
    ]  # fmt: skip
    study.cohort()["missing"] = ["CR"]  # even so: the best responders would be dropped


@case("cohort train, book.xlsx, cell F2: a formula that was never calculated. "
      "Open the table in Excel or LibreOffice and save it.")  # fmt: skip
def formula_never_calculated(study: SmallStudy) -> None:
    book = Workbook()
    for line in (study.header, *ROWS):
        book.active.append(line.split(","))
    book.active["F2"] = "=E2-5"
    book.save(study.folder / "book.xlsx")
    study.cohort()["table"] = "book.xlsx"


@case('cohort train, book.xlsx, row 2, patient T1: followup_diameter_mm "#DIV/0!" is an error of the spreadsheet. '
      "Correct the formula.")  # fmt: skip
def error_of_the_spreadsheet(study: SmallStudy) -> None:
    formula_never_calculated(study)
    book = load_workbook(study.folder / "book.xlsx")
    book.active["F2"] = "#DIV/0!"
    book.active["F2"].data_type = "e"
    book.save(study.folder / "book.xlsx")


@case("cohort train, table.csv, row 8, patient Mittelwert: this looks like a summary of the rows above, not like a "
      "patient. Set ignore_rows: [Mittelwert] for this cohort.",
      "cohort train, table.csv, row 9, patient Source: tumour board: \"Source: tumour board\" cannot be a patient id. "
      "Use a pseudonym of letters, digits, . _ -; a row that is no patient is left out by ignore_rows.")  # fmt: skip
def rows_that_are_no_patients(study: SmallStudy) -> None:
    study.rows += ["Mittelwert,baseline,,A,18,20", "Source: tumour board"]
    study.cohort()["select"] = {"column": "centre", "values": ["A", "B", ""]}
    study.cohort("test")["table"] = "other.csv"
    (study.folder / "other.csv").write_text("\n".join([study.header, *ROWS]))
    study.cohort()["exclude"] = [{"patient": "V1", "reason": "in the other cohort"}]


@case("cohort train, table.csv: row 3 names more of the columns than the header does. "
      "Set header_row: 3, or remove the lines above the header.")  # fmt: skip
def two_lines_above_the_header(study: SmallStudy) -> None:
    (study.folder / "table.csv").write_text("\n".join(["Outcome,of,2020,A,B,C", "x,,,,,y", study.header, *ROWS]))
    study.cohort("test")["table"] = "other.csv"
    (study.folder / "other.csv").write_text("\n".join([study.header, *ROWS]))
    del study.cohort()["select"]


@case("cohort train, table.csv, row 2: column LD is there twice. "
      "Rename one, or set header_row: [1, 2] if the row above tells them apart.")  # fmt: skip
def headings_in_two_rows(study: SmallStudy) -> None:
    rows = [",,,,Baseline,Follow-up", "patient_id,timepoint,lesion_id,centre,LD,LD", *ROWS]
    (study.folder / "table.csv").write_text("\n".join(rows))
    study.cohort()["header_row"] = 2
    study.cohort("test")["table"] = "other.csv"
    (study.folder / "other.csv").write_text("\n".join([study.header, *ROWS]))


@case("cohort train, table.csv, row 2, patient T1: the follow-up diameter is missing. "
      "Fill it in, exclude the lesion with a reason, or set lesions_without_outcome: keep.")  # fmt: skip
def missing_followup(study: SmallStudy) -> None:
    study.rows[0] = "T1,baseline,1,A,20.0,"


@case("cohort train, table.csv, row 2, patient T1: the lesion id is missing. "
      "Give the lesion's label value in the mask, a whole number from 1 to 1000.")  # fmt: skip
def missing_lesion_id(study: SmallStudy) -> None:
    study.rows[0] = "T1,baseline,,A,20.0,15.0"


@case('cohort train, table.csv, row 2, patient T1: "1.5" cannot be a lesion id. '
      "Give the lesion's label value in the mask, a whole number from 1 to 1000.")  # fmt: skip
def broken_lesion_id(study: SmallStudy) -> None:
    study.rows[0] = "T1,baseline,1.5,A,20.0,15.0"


@case('cohort train, table.csv, row 2, patient ../T1: "../T1" cannot be a patient id. '
      "Use a pseudonym of letters, digits, . _ -; a row that is no patient is left out by ignore_rows.")  # fmt: skip
def patient_id_with_a_path(study: SmallStudy) -> None:
    study.rows[0] = "../T1,baseline,1,A,20.0,15.0"
    study.cohort()["select"] = {"patients": ["T1", "T2", "../T1"]}


@case('cohort train, table.csv, row 3, patient T1: centre "B" here, "A" in row 2. '
      "A patient belongs to one centre; correct one of the rows.")  # fmt: skip
def two_centres(study: SmallStudy) -> None:
    study.rows[1] = study.rows[1].replace(",A,", ",B,")


@case("cohort train: no lesion of the training patients is R-. "
      "The model needs both classes; check the outcome rule and the table.")  # fmt: skip
def no_non_responder(study: SmallStudy) -> None:
    study.rows[1:4] = ["T1,baseline,2,A,16,15", "T2,baseline,1,B,20,21", "T2,baseline,2,B,16,15"]


@case('cohort train, table.csv, row 2, patient T1: response "maybe" is neither R+ nor R-. '
      "Use 1/0 or R+/R-, or say what it means under response_values.")  # fmt: skip
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


# --- files ---------------------------------------------------------------------------------------------------------


@case(f"{T1}, T1/ct.nii.gz: this CT does not exist. Check the path in the configuration or the table.")
def missing_ct(study: SmallStudy) -> None:
    (study.folder / "T1/ct.nii.gz").unlink()


@case(
    f"{T1}, T1/lesions.nii.gz: this mask does not exist. Check the path in the configuration or the table.",
    f"{T1}, T1/liver.nii.gz: this mask does not exist. Check the path in the configuration or the table.",
)
def missing_masks(study: SmallStudy) -> None:
    (study.folder / "T1/liver.nii.gz").unlink()
    (study.folder / "T1/lesions.nii.gz").unlink()


@case(f"{T1}, T1/ct.nii.gz: this file is cut short or damaged. Copy or export it again.")
def gzip_cut_short(study: SmallStudy) -> None:
    path = study.folder / "T1/ct.nii.gz"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@case(f"{T1}, T1/ct.nii: this file is cut short or damaged. Copy or export it again.")
def truncated_file(study: SmallStudy) -> None:
    path = study.folder / "T1/ct.nii"
    path.write_bytes(gzip.decompress((study.folder / "T1/ct.nii.gz").read_bytes())[:-1000])
    shutil.copy(study.folder / "T2/ct.nii.gz", study.folder / "T2/ct.nii")
    (study.folder / "T2/ct.nii").write_bytes(gzip.decompress((study.folder / "T2/ct.nii.gz").read_bytes()))
    study.cohort()["image"] = "{patient}/ct.nii"


@case(
    f"{T1}, T1/ct.nii.gz: this file cannot be read as an image. It must be NIfTI, NRRD, MHA or DICOM; export it again."
)
def wrong_magic(study: SmallStudy) -> None:
    (study.folder / "T1/ct.nii.gz").write_bytes(gzip.compress(b"this is not an image" * 100))


@case(
    f"{T1}, T1/ct.nrrd.gz: this is a gzip file, not an image. Unpack it; only NIfTI is read packed (.nii.gz).",
    f"{T2}, T2/ct.nrrd.gz: this is a zip archive, not an image. Unpack it; only NIfTI is read packed (.nii.gz).",
)
def packed_image(study: SmallStudy) -> None:
    save(study.folder / "T1/ct.nrrd", patient_arrays(0)[0])
    (study.folder / "T1/ct.nrrd.gz").write_bytes(gzip.compress((study.folder / "T1/ct.nrrd").read_bytes()))
    with zipfile.ZipFile(study.folder / "T2/ct.nrrd.gz", "w") as archive:
        archive.write(study.folder / "T1/ct.nrrd", "ct.nrrd")
    study.cohort()["image"] = "{patient}/ct.nrrd.gz"


@case(f"{T1}, T1/ct.nii.gz: a 3D volume is needed, this has 4 dimensions. Give one phase as its own file.")
def four_dimensions(study: SmallStudy) -> None:
    ct = image_of(patient_arrays(0)[0])
    sitk.WriteImage(sitk.JoinSeries([ct, ct]), str(study.folder / "T1/ct.nii.gz"))


@case(f"{T1}, T1/ct.nrrd: one value per voxel is needed, this has 3. "
      "Give the CT or one label map, not a picture in colours or layers.")  # fmt: skip
def colour_image(study: SmallStudy) -> None:
    for patient in ("T1", "T2"):
        ct = image_of(patient_arrays(0)[0])
        image = sitk.Compose(ct, ct, ct) if patient == "T1" else ct
        sitk.WriteImage(image, str(study.folder / patient / "ct.nrrd"))
    study.cohort()["image"] = "{patient}/ct.nrrd"


@case(f"{T1}, T1/ct.nii.gz: 1 voxels are not numbers (NaN or infinite). Export it again.")
def nan_in_ct(study: SmallStudy) -> None:
    ct = patient_arrays(0)[0].astype(np.float32)
    ct[3, 3, 3] = np.nan
    save(study.folder / "T1/ct.nii.gz", ct)


@case(f"{T1}, T1/ct.nii: this file is cut short or damaged. Copy or export it again.")
def last_bytes_missing(study: SmallStudy) -> None:
    for seed, patient in enumerate(("T1", "T2")):
        sitk.WriteImage(image_of(patient_arrays(seed)[0]), str(study.folder / patient / "ct.nii"))
    path = study.folder / "T1/ct.nii"
    path.write_bytes(path.read_bytes()[:-100])  # less than the header
    study.cohort()["image"] = "{patient}/ct.nii"


@case(f"{T1}, T1/ct.nii.gz: this file is cut short or damaged. Copy or export it again.")
def header_that_claims_too_much(study: SmallStudy) -> None:
    path = study.folder / "T1/ct.nii.gz"
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[42:48] = np.array([30_000, 30_000, 30_000], "<i2").tobytes()  # 50 TB
    path.write_bytes(gzip.compress(bytes(content)))


@case(f"{T1}, T1/ct.nii.gz: no value is below 0 (maximum 1166): the rescale intercept (usually -1024) was not applied. "
      "Export the CT in Hounsfield units.")  # fmt: skip
def rescale_not_applied(study: SmallStudy) -> None:
    study.edit("T1/ct.nii.gz", lambda hu: hu + 1024)


@case(f"{T1}, T1/ct.nii.gz: the values are cut off at -100 HU (36 % of the voxels are exactly there) and "
      "100 HU (16 % of the voxels are exactly there): a windowed image. "
      'Export the CT in Hounsfield units, or accept it with a reason: `accept: {windowed: "..."}`.')  # fmt: skip
def windowed_image(study: SmallStudy) -> None:
    study.edit("T1/ct.nii.gz", lambda hu: np.clip(hu, -100, 100))


@case(
    "cohorts.train.accept: input should be 'windowed', 'unplaced', 'liver_air', 'liver_hu', 'liver_mirrored', "
    "'lesion_air' or 'lesion_outside_liver' (found 'mirrored').",
    "cohorts.train.accept.windowed: string should have at least 3 characters (found '').",
)
def accepted_what_cannot_be_and_without_a_reason(study: SmallStudy) -> None:
    study.cohort()["accept"] = {"mirrored": "it looked right", "windowed": ""}


@case(f"{T1}, T1/ct.nii.gz: the values go from 0 to 255: a picture, not HU. Export the CT in Hounsfield units.")
def eight_bit_picture(study: SmallStudy) -> None:
    study.edit("T1/ct.nii.gz", lambda hu: np.clip((hu.astype(float) + 150) * 3, 0, 255).astype(np.uint8))


@case(f"{T1}, T1/ct.nii.gz: the values go from -1.02 to 0.142: a normalised image, not HU. "
      "Export the CT in Hounsfield units.")  # fmt: skip
def normalised_image(study: SmallStudy) -> None:
    study.edit("T1/ct.nii.gz", lambda hu: (hu * 0.001).astype(np.float32))


@case(f"{T1}, T1/ct.nii.gz: every voxel of the CT is 0. Export the CT again.")
def flat_image(study: SmallStudy) -> None:
    study.edit("T1/ct.nii.gz", lambda hu: hu * 0)


@case(
    f"{T1}, T1/ct.nii.gz: voxels of 0.002 × 0.002 × 0.004 mm are not those of a CT. "
    "Check the spacing in the file's header (mm, not cm or m).",
)
def spacing_in_metres(study: SmallStudy) -> None:
    for name, array in zip(("ct", "liver", "lesions"), patient_arrays(0), strict=True):
        save(study.folder / f"T1/{name}.nii.gz", array, (0.002, 0.002, 0.004))


@case(
    "cohort train, patient T2, baseline: this CT is voxel for voxel that of cohort train, patient T1, baseline. "
    "One image belongs to one scan; across cohorts this would leak training data into validation."
)
def same_ct_twice(study: SmallStudy) -> None:
    for name in ("ct", "liver", "lesions"):
        shutil.copy(study.folder / f"T1/{name}.nii.gz", study.folder / f"T2/{name}.nii.gz")


# --- masks ---------------------------------------------------------------------------------------------------------


@case(f"{T1}, T1/lesions.nii.gz: the mask is not on the grid of its CT (size 48 × 48 × 15 against 48 × 48 × 16). "
      "Draw it on this CT, or set resample_masks: true if its geometry is right.")  # fmt: skip
def mask_on_another_grid(study: SmallStudy) -> None:
    save(study.folder / "T1/lesions.nii.gz", patient_arrays(0)[2][:15])


@case(f"{T1}, T1/liver.nii.gz: the mask is not on the grid of its CT (spacing 2 × 2 × 5 against 2 × 2 × 4 mm). "
      "Draw it on this CT, or set resample_masks: true if its geometry is right.")  # fmt: skip
def mask_of_another_spacing(study: SmallStudy) -> None:
    save(study.folder / "T1/liver.nii.gz", patient_arrays(0)[1], (2.0, 2.0, 5.0))


@case(f"{T1}, T1/lesions.nii.gz: the lesion mask holds no lesion. Correct the mask, or exclude the patient.")
def mask_without_a_lesion(study: SmallStudy) -> None:
    study.edit("T1/lesions.nii.gz", lambda labels: labels * 0)


@case(f"{T1}, T1/liver.nii.gz: the liver mask is empty. Correct the mask, or leave out `liver`.")
def empty_liver(study: SmallStudy) -> None:
    study.edit("T1/liver.nii.gz", lambda labels: labels * 0)


@case(
    f"{T1}, T1/lesions.nii.gz: lesion 2 of the mask is not in the table. "
    "Add its row, exclude the lesion with a reason, or set lesions_without_outcome: keep.",
    f"{T1}, T1/lesions.nii.gz: lesion 7 (row 3) of the table is not in the mask, which has 1, 2. "
    "Correct the lesion ids of the table, or the labels of the mask.",
)
def lesion_ids_differ(study: SmallStudy) -> None:
    study.rows[1] = "T1,baseline,7,A,16.0,25.0"


@case(f"{T1}, T1/lesions.nii.gz: lesion 2 (row 3) of the table is not in the mask, which has 1. "
      "Correct the lesion ids of the table, or the labels of the mask; if this is one binary mask, "
      "set lesion_ids: components.")  # fmt: skip
def binary_mask_as_labels(study: SmallStudy) -> None:
    study.edit("T1/lesions.nii.gz", lambda labels: (labels > 0).astype(np.uint8))


@case(f"{T1}, T1/lesions.nii.gz: the mask has fractions as values. "
      "A mask holds whole label values; export it again (a probability map needs a threshold first).")  # fmt: skip
def probability_as_mask(study: SmallStudy) -> None:
    study.edit("T1/lesions.nii.gz", lambda labels: labels.astype(np.float32) * 0.3)


@case(f"{T1}, T1/lesions.nii.gz: the mask has values from -1024 to 142. "
      "A mask holds label values from 0 up; is this an image?")  # fmt: skip
def ct_as_mask(study: SmallStudy) -> None:
    shutil.copy(study.folder / "T1/ct.nii.gz", study.folder / "T1/lesions.nii.gz")


@case(f"{T1}, T1/lesions.nii.gz: the mask has a lesion with label 2000. Number the lesions from 1 to 1000.")
def label_too_high(study: SmallStudy) -> None:
    study.edit("T1/lesions.nii.gz", lambda labels: labels.astype(np.uint16) * 1000)


@case(f'{T1}, T1/lesions.nii.gz: there is no label "3". Labels of this mask: 1, 2.')
def label_not_there(study: SmallStudy) -> None:
    study.cohort()["lesion_labels"] = [1, 2, 3]
    labels = patient_arrays(1)[2]
    labels[8, 24, 12] = 3
    save(study.folder / "T2/lesions.nii.gz", labels)
    study.cohort()["lesions_without_outcome"] = "keep"


@case(
    f"{T1}, T1/lesions.nii.gz: lesion 1 lies outside the liver mask. "
    "The masks do not belong together, or one is flipped; look at both on the CT, or accept it with a reason: "
    '`accept: {lesion_outside_liver: "..."}`.',
    f"{T1}, T1/liver.nii.gz: 19 % of the liver mask is air or lung. "
    "It is flipped, shifted or of another patient; look at it on the CT, or accept it with a reason: "
    '`accept: {liver_air: "..."}`.',
)
def liver_of_another_patient(study: SmallStudy) -> None:
    study.edit("T1/liver.nii.gz", lambda liver: np.roll(liver, 18, axis=2))


@case(f"{T1}, T1/lesions.nii.gz: lesion 1 lies outside the liver mask. "
      "The masks do not belong together, or one is flipped; look at both on the CT, or accept it with a reason: "
      '`accept: {lesion_outside_liver: "..."}`.')  # fmt: skip
def flipped_mask(study: SmallStudy) -> None:
    def drawn_at_the_right_edge(labels: np.ndarray) -> np.ndarray:
        drawn = np.where(labels == 2, 2, 0).astype(np.uint8)
        drawn[7:9, 22:26, 5:8] = 1
        return drawn

    study.edit("T1/lesions.nii.gz", lambda labels: drawn_at_the_right_edge(labels)[:, :, ::-1])


@case(f"{T1}, T1/lesions.nii.gz: lesion 1 fills 94 % of the liver mask (106 ml): this is the liver, not a lesion. "
      "Say which labels are lesions: lesion_labels: [2].")  # fmt: skip
def map_of_liver_and_tumours(study: SmallStudy) -> None:
    liver = patient_arrays(0)[1]
    study.edit("T1/lesions.nii.gz", lambda labels: np.where(labels > 0, 2, liver).astype(np.uint8))


@case(f"{T1}, lesion 1: the table's baseline diameter is 1.9, the mask measures 19.0 mm: centimetres for mm. "
      "Correct the row, or set diameter_unit: cm for the cohort.")  # fmt: skip
def centimetres_seen_in_the_mask(study: SmallStudy) -> None:
    study.rows[0] = "T1,baseline,1,A,1.9,2.0"
    study.cohort()["diameter_unit"] = "mm"  # said so, therefore the table alone gives a warning only


@case(f"{T1}, T1/tumour{{lesion}}.nii.gz: no lesion mask has this name. "
      "Check `lesions`: {lesion} stands for a number.")  # fmt: skip
def no_file_per_lesion(study: SmallStudy) -> None:
    one_file_per_lesion(study, "T2")


@case(f"{T1}, T1/met 1 seg 7 x.nii.gz: 1 and 7 may both be the lesion's number in * {{lesion}} *.nii.gz. "
      "Write more of the file's name around {lesion}.")  # fmt: skip
def wildcard_beside_two_numbers(study: SmallStudy) -> None:
    for patient, name in (("T1", "met 1 seg 7 x"), ("T1", "met 2 seg VI"), ("T2", "met 1 a"), ("T2", "met 2 b")):
        mask = patient_arrays(int(patient[1]) - 1)[2] == int(name[4])
        save(study.folder / patient / f"{name}.nii.gz", mask.astype(np.uint8))
    study.cohort()["lesions"] = "{patient}/* {lesion} *.nii.gz"


@case("cohorts.train: `lesions` needs some text between {lesion} and *, or no one knows which number is meant.")
def wildcard_at_the_number(study: SmallStudy) -> None:
    study.cohort()["lesions"] = "{patient}/*{lesion}.nii.gz"


@case(f"{T1}, T1/tumour1.nii.gz: tumour01.nii.gz is lesion 1 too. Keep one of the two files.")
def same_lesion_in_two_files(study: SmallStudy) -> None:
    one_file_per_lesion(study, "T1", "T2")
    shutil.copy(study.folder / "T1/tumour1.nii.gz", study.folder / "T1/tumour01.nii.gz")


@case(f"{T1}, T1/tumour2.nii.gz: the lesion mask holds no lesion. Correct the mask or remove the file.")
def empty_file_of_a_lesion(study: SmallStudy) -> None:
    one_file_per_lesion(study, "T1", "T2")
    study.edit("T1/tumour2.nii.gz", lambda labels: labels * 0)


def one_file_per_lesion(study: SmallStudy, *patients: str) -> None:
    for patient in patients:
        for lesion in (1, 2):
            save(study.folder / patient / f"tumour{lesion}.nii.gz", (patient_arrays(0)[2] == lesion).astype(np.uint8))
    study.cohort()["lesions"] = "{patient}/tumour{lesion}.nii.gz"


# --- DICOM ---------------------------------------------------------------------------------------------------------


def dicom_study(study: SmallStudy) -> None:
    """Both training patients as DICOM folders."""
    for seed, patient in enumerate(("T1", "T2")):
        write_series(study.folder / patient / "dicom", patient_arrays(seed)[0])
    study.cohort()["image"] = "{patient}/dicom"


def slices(study: SmallStudy) -> list:
    import pydicom

    found = [(path, pydicom.dcmread(path)) for path in (study.folder / "T1/dicom").iterdir()]
    return sorted(found, key=lambda item: float(item[1].ImagePositionPatient[2]))


@case(f"{T1}, T1/dicom: this folder is empty. Check the path; it must hold the slices of the CT.")
def empty_folder(study: SmallStudy) -> None:
    dicom_study(study)
    shutil.rmtree(study.folder / "T1/dicom")
    (study.folder / "T1/dicom").mkdir()


@case(f"{T1}, T1/dicom: no DICOM image in this folder. Check the path; it must hold the slices of the CT.")
def folder_of_something_else(study: SmallStudy) -> None:
    empty_folder(study)
    for name in ("LICENSE", "notes.txt", "a.jpg"):
        (study.folder / "T1/dicom" / name).write_text("hello")


@case(f"{T1}, T1/dicom: slices are missing in 1 place(s), the first after -84.0 mm "
      "(step 8.00 instead of 4.00 mm). Export the series again, complete.")  # fmt: skip
def missing_slice(study: SmallStudy) -> None:
    dicom_study(study)
    slices(study)[5][0].unlink()


@case(f"{T1}, T1/dicom: the slice spacing is uneven in 1 place(s), the first after -44.0 mm "
      "(step 5.00 instead of 4.00 mm). Export the series again, complete.")  # fmt: skip
def uneven_slices(study: SmallStudy) -> None:
    dicom_study(study)
    path, last = slices(study)[-1]
    last.ImagePositionPatient[2] = -39.0
    last.save_as(path)


@case(f"{T1}, T1/dicom: the slice spacing drifts: the slice at -68.0 mm lies 0.60 mm (0.15 slices) off an even 4.07 mm"
      ". Export the series again with even slice positions, or give the volume resampled to them.")  # fmt: skip
def drifting_slices(study: SmallStudy) -> None:
    dicom_study(study)
    for z, (path, slice_) in enumerate(slices(study)):
        slice_.ImagePositionPatient[2] = f"{-100 + 4.0 * min(z, 8) + 4.16 * max(z - 8, 0):.2f}"
        slice_.save_as(path)


@case(f"{T1}, T1/dicom: the slices are shifted against each other (gantry tilt of about 15°). "
      "Correct the tilt first (dcm2niix does) and give the corrected volume.")  # fmt: skip
def gantry_tilt(study: SmallStudy) -> None:
    dicom_study(study)
    for z, (path, slice_) in enumerate(slices(study)):
        slice_.ImagePositionPatient[1] = f"{-45.0 + z * 4 * np.tan(np.radians(15)):.4f}"
        slice_.save_as(path)


@case(f"{T1}, T1/dicom: 2 DICOM series in this folder. Choose by description, number, acquisition, time, phase or uid "
      'under `series`: number 2, acquisition 1, "Abdomen portal venous", 16 slices of 48 × 48 every 4 mm; number 3, '
      'acquisition 1, "Abdomen arterial", 16 slices of 48 × 48 every 4 mm.')  # fmt: skip
def several_series(study: SmallStudy) -> None:
    dicom_study(study)
    write_series(study.folder / "T1/dicom", patient_arrays(7)[0], names="B{:04d}", SeriesNumber=3,
                 SeriesDescription="Abdomen arterial")  # fmt: skip


@case(f"{T1}, T1/dicom: no DICOM series fits `series` of the configuration. "
      'Series found: number 2, acquisition 1, "Abdomen portal venous", 16 slices of 48 × 48 every 4 mm.',
      f"{T2}, T2/dicom: no DICOM series fits `series` of the configuration. "
      'Series found: number 2, acquisition 1, "Abdomen portal venous", 16 slices of 48 × 48 every 4 mm.')  # fmt: skip
def series_not_there(study: SmallStudy) -> None:
    dicom_study(study)
    study.cohort()["series"] = {"phase": "late"}


@case(f"{T1}, T1/dicom: 16 positions have more than one slice, the first at -100.0 mm. "
      "Keep one phase or one export per folder, or choose it under `series`.")  # fmt: skip
def two_phases_in_one_series(study: SmallStudy) -> None:
    dicom_study(study)
    uid = slices(study)[0][1].SeriesInstanceUID
    write_series(study.folder / "T1/dicom", patient_arrays(7)[0], names="B{:04d}", uid=uid)


@case(f"{T1}, T1/dicom: 2 DICOM series in this folder. Choose by description, number, acquisition, time, phase or uid "
      'under `series`: number 2, acquisition 1, time 10:20:30, "Abdomen portal venous", 16 slices of 48 × 48 every 4 '
      'mm; number 2, acquisition 1, time 10:21:05, "Abdomen portal venous", 16 slices of 48 × 48 every 4 mm.'
      )  # fmt: skip
def two_phases_that_take_turns(study: SmallStudy) -> None:
    dicom_study(study)
    uid = slices(study)[0][1].SeriesInstanceUID
    for name, time, offset in (("A", "102030", 0.0), ("B", "102105", 2.0)):
        write_series(study.folder / "T1/dicom", patient_arrays(7)[0], origin=(-47.0, -45.0, -100.0 + offset),
                     names=f"{name}{{:04d}}", uid=uid, AcquisitionTime=time)  # fmt: skip
    for path in (study.folder / "T1/dicom").glob("IM*"):
        path.unlink()


@case(f"{T1}, T1/dicom: this is an MR series, not CT. Give the slices of the CT.")
def mr_as_ct(study: SmallStudy) -> None:
    dicom_study(study)
    for path, slice_ in slices(study):
        slice_.Modality = "MR"
        slice_.save_as(path)


@case(f"{T1}, T1/dicom: 2 of 16 files here are links that lead nowhere: IM0000 (to ../…345678/IM0000), "
      "IM0001 (to ../…345678/IM0001). "
      "Fetch what is missing (git annex get, datalad get), mount the disk it is on, or remove the link.")  # fmt: skip
def links_to_slices_that_are_gone(study: SmallStudy) -> None:
    dicom_study(study)
    for name in ("IM0000", "IM0001"):
        (study.folder / "T1/dicom" / name).unlink()
        (study.folder / "T1/dicom" / name).symlink_to(f"../1.2.840.99.1.12345678/{name}")


@case(f"{T1}, T1/lesions.nii.gz: this mask is a link that leads nowhere (to gone). "
      "Fetch what is missing (git annex get, datalad get), mount the disk it is on, or remove the link.",
      f"{T2}, T2/ct.nii.gz: only a stand-in for this file is here, its content was not fetched. "
      "Fetch it: git lfs pull.")  # fmt: skip
def files_that_were_not_fetched(study: SmallStudy) -> None:
    (study.folder / "T1/lesions.nii.gz").unlink()
    (study.folder / "T1/lesions.nii.gz").symlink_to("gone")
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0a1b\nsize 526\n"
    (study.folder / "T2/ct.nii.gz").write_text(pointer)


@case(f"{T1}, T1/dicom: IM0003 and again have the same identity (SOP instance UID) and position, but not the same "
      "pixels. Keep the right one of them.")  # fmt: skip
def one_slice_with_two_pictures(study: SmallStudy) -> None:
    import pydicom

    dicom_study(study)
    slice_ = pydicom.dcmread(study.folder / "T1/dicom/IM0003")
    slice_.PixelData = bytes(len(slice_.PixelData))
    slice_.save_as(study.folder / "T1/dicom/again")


@case(f"{T1}, T1/dicom: the pixels of this DICOM series cannot be read. "
      "Export it again; the first damaged slice is IM0004.")  # fmt: skip
def damaged_slice(study: SmallStudy) -> None:
    dicom_study(study)
    path = study.folder / "T1/dicom/IM0004"
    path.write_bytes(path.read_bytes()[:-2000])


@case(f"{T1}, T1/dicom: IM0004 does not say where its slice is (position, orientation or pixel spacing). "
      "Export the series again with its geometry.")  # fmt: skip
def slice_without_position(study: SmallStudy) -> None:
    import pydicom

    dicom_study(study)
    slice_ = pydicom.dcmread(study.folder / "T1/dicom/IM0004")
    del slice_.ImagePositionPatient
    slice_.save_as(study.folder / "T1/dicom/IM0004")


@case(f"{T1}, T1/seg.dcm: there is no label \"Tumor*\". Labels of this mask: 1 Liver.",
      f"{T2}, T2/seg.dcm: there is no label \"Tumor*\". Labels of this mask: 1 Liver.")  # fmt: skip
def segment_not_there(study: SmallStudy) -> None:
    dicom_study(study)
    for seed, patient in enumerate(("T1", "T2")):
        files = sorted((study.folder / patient / "dicom").iterdir())
        write_seg(study.folder / patient / "seg.dcm", files, {"Liver": patient_arrays(seed)[1]})
    study.cohort().update(lesions="{patient}/seg.dcm", lesion_labels=["Tumor*"])


@case(f"{T1}, T1/seg.dcm: the segmentation is not on the pixels of its CT (off by up to 0.50 voxels). "
      "Give the segmentation of this CT.")  # fmt: skip
def segmentation_of_another_ct(study: SmallStudy) -> None:
    files = write_series(study.folder / "other", patient_arrays(0)[0], origin=(-46.0, -45.0, -100.0))
    ct, _, lesions = patient_arrays(0)
    write_seg(study.folder / "T1/seg.dcm", files, {"Tumor_1": lesions == 1, "Tumor_2": lesions == 2})
    files = write_series(study.folder / "T2/dicom", ct)
    write_seg(study.folder / "T2/seg.dcm", files, {"Tumor_1": lesions == 1, "Tumor_2": lesions == 2})
    study.cohort()["lesions"] = "{patient}/seg.dcm"


@case(f"{T1}, T1/rt.dcm: the contours reach outside this CT. Give the RTSTRUCT of this CT.")
def structures_of_another_ct(study: SmallStudy) -> None:
    square = np.array([[-25, -10, 0], [-10, -10, 0], [-10, 10, 0], [-25, 10, 0.0]])
    for patient, z in (("T1", 900.0), ("T2", -68.0)):
        rois = {f"mts {n}": [square + np.array([20.0 * (n - 1), 0, z])] for n in (1, 2)}
        write_rtstruct(study.folder / patient / "rt.dcm", rois)
    study.cohort()["lesions"] = "{patient}/rt.dcm"


@case(f"{T1}, T1/rt.dcm: the lesion mask holds no lesion (1 \"mts 1\": 0 of 1 contours are used; left out: "
      "1 without a voxel centre inside; no voxel lies inside 1 \"mts 1\"). Correct the mask, or exclude the patient.",
      f'{T2}, T2/rt.dcm: "mts 1" and "mts 2" have the same number, 1. '
      "Export it again with a number of its own for each.")  # fmt: skip
def structures_without_lesion_and_with_one_number(study: SmallStudy) -> None:
    import pydicom

    structures_of_another_ct(study)
    triangle = np.array([[-20.9, -10.9, -68.0], [-20.6, -10.9, -68.0], [-20.6, -10.6, -68.0]])
    write_rtstruct(study.folder / "T1/rt.dcm", {"mts 1": [triangle]})
    dataset = pydicom.dcmread(study.folder / "T2/rt.dcm")
    dataset.StructureSetROISequence[1].ROINumber = 1
    dataset.save_as(study.folder / "T2/rt.dcm")


@case(f"{T1}, T1/seg.dcm: 2 \"Tumor_2\" has no voxel of its own: all of its 256 belong to 1 \"Tumor_1\". "
      "Correct the mask, or exclude lesion 2 with a reason.")  # fmt: skip
def one_lesion_in_two_segments(study: SmallStudy) -> None:
    segmentation_of_another_ct(study)
    files = write_series(study.folder / "same", patient_arrays(0)[0])
    lesion = patient_arrays(0)[2] == 1
    write_seg(study.folder / "T1/seg.dcm", files, {"Tumor_1": lesion, "Tumor_2": lesion})


@case(f"{T1}, T1/seg.dcm: this DICOM-SEG cannot be read. Export it again.")
def damaged_segmentation(study: SmallStudy) -> None:
    segmentation_of_another_ct(study)
    shutil.copy(study.folder / "T2/seg.dcm", study.folder / "T1/seg.dcm")
    path = study.folder / "T1/seg.dcm"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@case(f"{T1}, T1/rt.dcm: this is a DICOM RTSTRUCT, not a CT. Give the folder of the CT's slices.",
      f"{T2}, T2/rt.dcm: this is a DICOM RTSTRUCT, not a CT. Give the folder of the CT's slices.")  # fmt: skip
def structures_as_ct(study: SmallStudy) -> None:
    for patient in ("T1", "T2"):
        write_rtstruct(study.folder / patient / "rt.dcm", {"mts": []})
    study.cohort()["image"] = "{patient}/rt.dcm"


@case(f"{T1}, T1/dicom: IM0003 is a colour picture. Give the CT, not a screenshot.")
def colour_dicom(study: SmallStudy) -> None:
    import pydicom

    dicom_study(study)
    slice_ = pydicom.dcmread(study.folder / "T1/dicom/IM0003")
    slice_.SamplesPerPixel = 3
    slice_.save_as(study.folder / "T1/dicom/IM0003")


@case(f"{T1}, T1/dicom: IM0003 has several frames and does not say where they are. "
      "Export it as enhanced CT or as single slices, or convert it to NIfTI.")  # fmt: skip
def multi_frame_dicom(study: SmallStudy) -> None:
    import pydicom

    dicom_study(study)
    slice_ = pydicom.dcmread(study.folder / "T1/dicom/IM0003")
    slice_.NumberOfFrames = 2
    slice_.save_as(study.folder / "T1/dicom/IM0003")


@case(f"{T1}, T1/dicom: 1 of 16 slices do not say how their values become HU (rescale intercept). "
      "Export the series again.")  # fmt: skip
def slice_without_rescaling(study: SmallStudy) -> None:
    dicom_study(study)
    path, slice_ = slices(study)[7]
    del slice_.RescaleIntercept, slice_.RescaleSlope
    slice_.save_as(path)


@case(f"{T1}, T1/dicom: no value is below 0 (maximum 1166): the rescale intercept (usually -1024) was not applied. "
      "Export the CT in Hounsfield units.")  # fmt: skip
def series_without_rescaling(study: SmallStudy) -> None:
    dicom_study(study)
    for path, slice_ in slices(study):
        del slice_.RescaleIntercept, slice_.RescaleSlope
        slice_.save_as(path)


@case(
    f"{T1}, T1/dicom: 2 DICOM series in this folder. Choose by description, number, acquisition, time, phase or uid "
    'under `series`: number 2, acquisition 1, "Abdomen portal venous", 1 slices of 48 × 48 every 0 mm; number 2, '
    'acquisition 1, "Abdomen portal venous", 15 slices of 48 × 48 every 4 mm.'
)
def slice_in_another_orientation(study: SmallStudy) -> None:
    dicom_study(study)
    path, slice_ = slices(study)[0]
    slice_.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
    slice_.save_as(path)


@case(f"{T1}, T1/ct.nii.gz: the axes of this image are not perpendicular (sheared affine). "
      "Resample it to a regular grid first.")  # fmt: skip
def sheared_affine(study: SmallStudy) -> None:
    import nibabel

    affine = np.diag([2.0, 2.0, 4.0, 1.0])
    affine[0, 2] = 1.5
    nifti = nibabel.Nifti1Image(patient_arrays(0)[0].T, affine)
    nifti.set_qform(None, 0)
    nifti.to_filename(study.folder / "T1/ct.nii.gz")


def nifti_with(study: SmallStudy, sform: np.ndarray, qform: np.ndarray, name: str = "T1/ct.nii.gz") -> None:
    import nibabel

    image = nibabel.Nifti1Image(patient_arrays(0)[0].T, None)
    image.set_sform(sform, 1)
    image.set_qform(qform, 1)
    image.to_filename(study.folder / name)


@case(
    f"{T1}, T1/ct.nii.gz: the header states voxels of 2 × 2 × 4 mm by its pixdim and of 1 × 1 × 2 mm by its sform. "
    "Export it again from the DICOM series."
)
def spacing_stated_twice(study: SmallStudy) -> None:
    affine = np.array([[-2, 0, 0, 47], [0, -2, 0, 45], [0, 0, 4, -100], [0, 0, 0, 1.0]])
    nifti_with(study, affine * np.array([0.5, 0.5, 0.5, 1.0]), affine)


def nifti_patched(study: SmallStudy, name: str, place: int, *values: float) -> None:
    """Writes float32 numbers over a place of a NIfTI header."""
    path = study.folder / name
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[place : place + 4 * len(values)] = np.array(values, "<f4").tobytes()
    path.write_bytes(gzip.compress(bytes(content)))


@case(
    f"{T1}, T1/ct.nii.gz: it would be read with axes RPS, but the sform of its header says axes LPS. "
    "The voxel sizes of pixdim must be above 0 (found -2, 2, 4): correct them, or export it again."
)
def negative_voxel_size(study: SmallStudy) -> None:
    nifti_patched(study, "T1/ct.nii.gz", 80, -2.0)


@case(
    f"{T1}, T1/lesions.nii.gz: it would be read with axes LPI, but the sform of its header says axes LPS. "
    "The voxel sizes of pixdim must be above 0 (found 2, 2, -4): correct them, or export it again."
)
def negative_voxel_size_of_a_mask(study: SmallStudy) -> None:
    nifti_patched(study, "T1/lesions.nii.gz", 88, -4.0)


@case(
    f"{T1}, T1/ct.nii.gz: it would be read with voxels of 2 × 2 × 1 mm, but the sform of its header says voxels of "
    "2 × 2 × 4 mm. The voxel sizes of pixdim must be above 0 (found 2, 2, 0): correct them, or export it again."
)
def voxel_size_of_nothing(study: SmallStudy) -> None:
    nifti_patched(study, "T1/ct.nii.gz", 88, 0.0)


@case(
    f"{T1}, T1/ct.nii.gz: a voxel would be read as -2023, but the header says -999 (scl_slope 0, scl_inter -1024). "
    "Set the slope to 1 if the intercept is meant, or export it again."
)
def intercept_without_slope(study: SmallStudy) -> None:
    nifti_patched(study, "T1/ct.nii.gz", 112, 0.0, -1024.0)


@case(
    f"{T1}, T1/ct.nii.gz: this is a NIfTI-2 file, which the image library (SimpleITK) does not read. Convert it to "
    "NIfTI-1, NRRD or MHA (in Python: nibabel.Nifti1Image.from_image(nibabel.load(...)))."
)
def nifti_2(study: SmallStudy) -> None:
    import nibabel

    nibabel.Nifti2Image(patient_arrays(0)[0].T, np.eye(4)).to_filename(study.folder / "T1/ct.nii.gz")


@case(
    f"{T1}, T1/ct.nii.gz: the header does not say what is left and right; it is read with x to the left, y to the "
    'back, z up. Export it again from the DICOM series, or accept it with a reason: `accept: {unplaced: "..."}`.'
)
def neither_sform_nor_qform(study: SmallStudy) -> None:
    import nibabel

    for name, array in zip(("ct", "liver", "lesions"), patient_arrays(0), strict=True):
        image = nibabel.Nifti1Image(array.T, None)
        image.header.set_zooms((2.0, 2.0, 4.0))
        image.to_filename(study.folder / f"T1/{name}.nii.gz")


@case(
    f"{T1}, T1/ct.mha: the axes are LPS by its TransformMatrix and RAS by its AnatomicalOrientation. "
    "Correct its header, or export it again."
)
def metaimage_that_names_other_axes(study: SmallStudy) -> None:
    for seed, patient in enumerate(("T1", "T2")):
        save(study.folder / patient / "ct.mha", patient_arrays(seed)[0])
    path = study.folder / "T1/ct.mha"
    path.write_bytes(path.read_bytes().replace(b"Orientation = RAI", b"Orientation = RAS", 1))
    study.cohort()["image"] = "{patient}/ct.mha"


@case(f"{T1}, T1/ct.hdr: an Analyze file does not say what is left and right. Convert it to NIfTI or NRRD.")
def analyze_file(study: SmallStudy) -> None:
    import nibabel

    for seed, patient in enumerate(("T1", "T2")):
        kind = nibabel.AnalyzeImage if patient == "T1" else nibabel.Nifti1Pair
        affine = np.array([[-2, 0, 0, 47], [0, -2, 0, 45], [0, 0, 4, -100], [0, 0, 0, 1.0]])
        kind(patient_arrays(seed)[0].T, affine).to_filename(study.folder / patient / "ct.hdr")
    study.cohort()["image"] = "{patient}/ct.hdr"


@case(f"{T1}, T1/ct.hdr: this file is cut short or damaged. Copy or export it again.")
def image_beside_its_header_cut_short(study: SmallStudy) -> None:
    for seed, patient in enumerate(("T1", "T2")):
        sitk.WriteImage(image_of(patient_arrays(seed)[0]), str(study.folder / patient / "ct.hdr"))
    path = study.folder / "T1/ct.img"
    path.write_bytes(path.read_bytes()[:-1000])
    study.cohort()["image"] = "{patient}/ct.hdr"


@case(f"{T1}, T1/lesions.nii.gz: lesion 1 (row 2), 2 (row 3) of the table is not in the mask, which has 255. "
      "Correct the lesion ids of the table, or the labels of the mask; if this is one binary mask, "
      "set lesion_ids: components.",
      f"{T1}, T1/lesions.nii.gz: lesion 255 of the mask is not in the table. "
      "Add its row, exclude the lesion with a reason, or set lesions_without_outcome: keep.")  # fmt: skip
def picture_as_mask(study: SmallStudy) -> None:
    study.edit("T1/lesions.nii.gz", lambda labels: np.where(labels > 0, 255, 0).astype(np.uint8))


@case(f"{T1}, T1/rt.dcm: the contours are on every 2nd slice of this CT only. Give the RTSTRUCT of this CT.")
def structures_of_thicker_slices(study: SmallStudy) -> None:
    square = np.array([[-25, -10, 0], [-10, -10, 0], [-10, 10, 0], [-25, 10, 0.0]])
    for patient, step in (("T1", 8.0), ("T2", 4.0)):
        rois = {
            f"mts {n}": [square + np.array([20.0 * (n - 1), 0, -76.0 + step * z]) for z in range(4)] for n in (1, 2)
        }
        write_rtstruct(study.folder / patient / "rt.dcm", rois)
    study.cohort()["lesions"] = "{patient}/rt.dcm"


@case(f"{T1}, T1/dicom: the multi-frame DICOM file ct is cut short or damaged. Export it again.")
def damaged_enhanced_ct(study: SmallStudy) -> None:
    for seed, patient in enumerate(("T1", "T2")):
        files = write_series(study.folder / "classic", patient_arrays(seed)[0])
        write_enhanced(study.folder / patient / "dicom/ct", files)
    path = study.folder / "T1/dicom/ct"
    path.write_bytes(path.read_bytes()[:-5000])
    study.cohort()["image"] = "{patient}/dicom"


@case('cohort train, titled.csv, row 1: "Outcome of the study" stands where the header should be. '
      "Set header_row: 3 if that row names the columns, or remove the lines above the header.")  # fmt: skip
def title_above_the_header(study: SmallStudy) -> None:
    (study.folder / "titled.csv").write_text("\n".join(["Outcome of the study", "", study.header, *ROWS]))
    study.cohort()["table"] = "titled.csv"


@case('cohort train, dated.xlsx, row 2, patient T1: baseline_diameter_mm "2020-05-20" is not a number. '
      "Correct it, or list it under missing if it means not available.")  # fmt: skip
def number_that_excel_made_a_date(study: SmallStudy) -> None:
    book = Workbook()
    for line in (study.header, *ROWS):
        book.active.append(line.split(","))
    book.active["E2"] = datetime.datetime(2020, 5, 20)
    book.save(study.folder / "dated.xlsx")
    study.cohort()["table"] = "dated.xlsx"


assert SHAPE_ZYX[0] == 16  # the slice numbers in the sentences above
