"""Cohorts from their tables: what is planned, how tables are read, and that planning stays light."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from livermets.cohort.load import load_cohorts
from livermets.cohort.study import Cohort, Study
from livermets.config.cohorts import CohortSettings
from livermets.config.outcome import OutcomeSettings
from livermets.config.study import StudyConfig
from livermets.errors import InputError
from livermets.workflow.readiness import study_problems

TABLE = """patient_id,timepoint,lesion_id,baseline_diameter_mm,followup_diameter_mm
P1,baseline,1,20,15
P1,baseline,2,30,34
P2,baseline,1,25,26
"""


def load(base: Path, outcome: dict[str, Any] | None = None, seed: int = 1, **settings: Any) -> Study:
    given = {"role": "train", "table": "t.csv", "image": "{patient}/ct.nii.gz", "lesions": "{patient}/l.nii.gz"}
    cohort = CohortSettings(**{**given, **settings})
    return load_cohorts({"a": cohort}, OutcomeSettings(**(outcome or {})), seed, base)


def responses(cohort: Cohort) -> list[int | None]:
    return [row.response for row in cohort.rows]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "t.csv").write_text(TABLE)
    return tmp_path


def test_planning_loads_nothing_heavy() -> None:
    heavy = "torch SimpleITK numba sklearn statsmodels monai matplotlib pydicom pandas scipy radiomics"
    code = (
        "import sys, livermets.config.study as s; from livermets.cohort.load import load_cohorts;"
        "from livermets.config.cohorts import CohortSettings; from livermets.config.outcome import OutcomeSettings;"
        "load_cohorts({'p': CohortSettings(role='train', phantom={})}, OutcomeSettings(), 1);"
        f"sys.exit(' '.join(m for m in '{heavy}'.split() if m in sys.modules) or 0)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr


def test_synthetic_cohort_is_planned_without_files(tmp_path: Path) -> None:
    settings = CohortSettings(role="train", phantom={"patients": 2})
    study = load_cohorts({"demo": settings}, OutcomeSettings(), 1, tmp_path)
    scans = study.scans()
    assert [(scan.patient_id, scan.timepoint) for scan in scans] == [("P001", "baseline"), ("P002", "baseline")]
    assert scans[0].image_path == tmp_path / "results/demo/phantom/P001/baseline/ct.nii.gz"
    assert scans[0].lesion_paths == (tmp_path / "results/demo/phantom/P001/baseline/lesions.nii.gz",)
    assert scans[0].has_liver
    assert scans[0].has_lesions


def test_scans_are_sorted_and_found_by_name(folder: Path) -> None:
    study = load(folder)
    assert [scan.patient_id for scan in study.scans("response", "train")] == ["P1", "P2"]
    assert study.scans("response", "predict") == []
    assert study.scan("a", "P2", "baseline").image_path == folder / "P2/ct.nii.gz"
    assert not study.scan("a", "P2", "baseline").has_liver
    with pytest.raises(InputError, match="there is no scan"):
        study.scan("a", "P9", "baseline")
    with pytest.raises(InputError, match="Did you mean a"):
        study.cohort("aa")


def test_a_liver_may_be_left_out_scan_by_scan(folder: Path) -> None:
    (folder / "P1").mkdir()
    (folder / "P1/liver.nii.gz").touch()
    (folder / "P3").mkdir()
    (folder / "P3/liver.nii.gz").symlink_to("not/fetched")
    (folder / "t.csv").write_text(f"{TABLE}P3,baseline,1,20,25\n")

    def given(**settings: Any) -> list[str]:
        study = load(folder, liver="{patient}/liver.nii.gz", **settings)
        return [scan.patient_id for scan in study.scans() if scan.has_liver]

    assert given() == ["P1", "P2", "P3"]
    assert given(liver_optional=True) == ["P1", "P3"]


def test_growth_rules(folder: Path) -> None:
    assert responses(load(folder).cohort("a")) == [1, 0, 1]
    assert responses(load(folder, {"limit_mm": 0.5}).cohort("a")) == [1, 0, 0]
    assert responses(load(folder, {"rule": "growth_percent", "limit_percent": 5}).cohort("a")) == [1, 0, 1]


@pytest.mark.parametrize(
    "text",
    [
        TABLE.replace(",", ";"),
        TABLE.replace(",", "\t"),
        "\ufeff" + TABLE,
        TABLE.replace("\n", "\r\n"),
        TABLE.replace("P2,", "\n,,,,\nP2,"),
        TABLE.replace("\nP", "\n P"),
        TABLE.replace("\nP1,baseline,1,20", '\nP1,baseline,"1","20.0"'),
        TABLE.replace(",1,", ",L01,").replace(",2,", ",Tumor_2,"),
        TABLE.replace("patient_id,", "patient_id,note,").replace("\nP1,", "\nP1,ü,").replace("\nP2,", "\nP2,,"),
    ],
)
def test_tables_as_people_save_them(folder: Path, text: str) -> None:
    expected = [(row.patient_id, row.lesion_id, row.response) for row in load(folder).cohort("a").rows]
    (folder / "t.csv").write_text(text, encoding="utf-8", newline="")
    found = [(row.patient_id, row.lesion_id, row.response) for row in load(folder).cohort("a").rows]
    assert found == expected


def test_excel_and_compressed_tables(folder: Path) -> None:
    expected = load(folder).cohort("a").rows
    book = Workbook()
    book.create_sheet("Outcome")
    for line in TABLE.splitlines():
        book["Outcome"].append([float(cell) if cell.isdigit() else cell for cell in line.split(",")])
    book.save(folder / "t.xlsx")
    (folder / "t.csv.gz").write_bytes(gzip.compress(TABLE.encode()))
    assert load(folder, table="t.xlsx", sheet="Outcome").cohort("a").rows == expected
    assert load(folder, table="t.csv.gz").cohort("a").rows == expected


def test_columns_are_mapped_and_missing_codes_declared(folder: Path) -> None:
    names = {"patient_id": "Pat.", "baseline_diameter_mm": "LD (cm)"}
    (folder / "t.csv").write_text(
        "Pat.;timepoint;lesion_id;LD (cm);followup_diameter_mm\nP1;baseline;1;2,0;-999\nP1;baseline;2;3,0;3,4\n"
    )
    study = load(
        folder, columns=names, decimal=",", diameter_unit="cm", missing=[-999], lesions_without_outcome="keep",
        role="validation",
    )  # fmt: skip
    rows = study.cohort("a").rows
    assert [(row.baseline_diameter_mm, row.followup_diameter_mm) for row in rows] == [(20, None), (30, 34)]
    assert [row.response for row in rows] == [None, 0]


def test_a_response_column_in_any_words(folder: Path) -> None:
    (folder / "t.csv").write_text("patient_id,lesion_id,response\nP1,1,R+\nP1,2,r−\nP2,1,Responder\nP3,1,0\n")
    assert responses(load(folder, {"rule": "column"}).cohort("a")) == [1, 0, 1, 0]
    (folder / "t.csv").write_text("patient_id,lesion_id,response\nP1,1,PR\nP1,2,PD\n")
    values = {"PR": 1, "SD": 1, "PD": 0}
    assert responses(load(folder, {"rule": "column"}, response_values=values).cohort("a")) == [1, 0]


def test_paths_from_columns_and_from_other_columns(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANS", "/scans")
    (folder / "t.csv").write_text("patient_id,CT,scout\nP1,x/ct.nrrd,77_pre\n")
    scan = load(folder, role="predict", image=None, columns={"image": "CT"}, lesions=None).scans()[0]
    assert scan.image_path == folder / "x/ct.nrrd"
    assert not scan.has_lesions
    scan = load(folder, role="predict", image="$SCANS/{scout}/{patient}", folder=str(folder)).scans()[0]
    assert scan.image_path == Path("/scans/77_pre/P1")


def test_files_per_lesion_are_found_by_their_number(folder: Path) -> None:
    for name in ("t10.nii.gz", "t02.nii.gz", "t1.nii.gz", "ts.nii.gz", "t1b.nii.gz"):
        (folder / name).touch()
    scan = load(folder, lesions="t{lesion}.nii.gz").scans()[0]
    assert [number for number, _ in scan.numbered_lesion_paths] == [1, 2, 10]
    assert [path.name for path in scan.lesion_paths] == ["t1.nii.gz", "t02.nii.gz", "t10.nii.gz"]


def test_fractions_split_by_patient_and_miss_nobody(tmp_path: Path) -> None:
    lines = ["patient_id,lesion_id,baseline_diameter_mm,followup_diameter_mm"]
    for number in range(23):
        lines += [f"P{number},1,20,15", f"P{number},2,20,30"]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    given = {"table": "t.csv", "image": "{patient}", "lesions": "{patient}"}

    def split(seed: int) -> tuple[set[str], set[str]]:
        cohorts = {
            "a": CohortSettings(role="train", select={"fraction": (0, 0.7)}, **given),
            "b": CohortSettings(role="validation", select={"fraction": (0.7, 1)}, **given),
        }
        study = load_cohorts(cohorts, OutcomeSettings(), seed, tmp_path)
        parts = [{patient.patient_id for patient in cohort.patients} for cohort in study.cohorts]
        return parts[0], parts[1]

    first, second = split(1)
    assert len(first) == 16
    assert len(second) == 7
    assert not first & second
    assert split(1) == (first, second)
    assert split(2) != (first, second)


def test_exclusions_keep_their_reason(folder: Path) -> None:
    reasons = [
        {"patient": "P2", "reason": "motion artefacts"},
        {"patient": "P1", "lesion": 2, "reason": "ablated before CT"},
    ]
    cohort = load(folder, exclude=reasons, role="validation").cohort("a")
    assert [patient.patient_id for patient in cohort.patients] == ["P1"]
    assert cohort.n_patients_selected == 2
    assert cohort.excluded_lesions("P1", "baseline") == {2: "ablated before CT"}
    with pytest.raises(InputError, match="every patient is excluded"):
        load(folder, exclude=[{"patient": name, "reason": "all of them"} for name in ("P1", "P2")])


def test_an_excluded_lesion_is_no_training_example(folder: Path) -> None:
    study = load(folder, exclude=[{"patient": "P1", "lesion": 2, "reason": "ablated before CT"}], liver="l.nii.gz")
    (problem,) = study_problems(StudyConfig(cohorts={"a": study.cohort("a").settings}), study).errors
    assert problem.what == "no lesion of the training patients is R-"


def test_timepoints_without_a_column(folder: Path) -> None:
    (folder / "t.csv").write_text(TABLE.replace("timepoint,", "").replace("baseline,", ""))
    study = load(folder, image="{patient}/{timepoint}.nii", timepoints=["baseline", "TP1"])
    assert [(scan.patient_id, scan.timepoint) for scan in study.scans()] == [
        ("P1", "TP1"), ("P1", "baseline"), ("P2", "TP1"), ("P2", "baseline"),
    ]  # fmt: skip
    assert len(study.cohort("a").lesion_rows("P1", "TP1")) == 2


def test_all_problems_at_once(folder: Path) -> None:
    (folder / "t.csv").write_text(TABLE.replace(",20,", ",x,").replace(",34", ",").replace("P2,baseline,1", "P2,,-4"))
    with pytest.raises(InputError) as found:
        load(folder)
    said = [str(problem) for problem in found.value.problems]
    assert len(said) == 4
    assert [sentence.split(", ")[2].split(":")[0] for sentence in said] == ["row 2", "row 3", "row 4", "row 4"]
