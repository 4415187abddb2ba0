"""Keys that say how a hospital's table differs from ours, and what is said of rows and ids that look odd."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from livermets.cohort.load import load_cohorts
from livermets.cohort.study import Study
from livermets.config.cohorts import CohortSettings
from livermets.config.outcome import OutcomeSettings
from livermets.errors import InputError

HEADER = "patient_id,lesion_id,baseline_diameter_mm,followup_diameter_mm"


def loaded(folder: Path, rows: list[str], **keys: Any) -> Study:
    (folder / "t.csv").write_text("\n".join(rows) + "\n")
    settings = {"role": "validation", "table": str(folder / "t.csv"), "image": "{patient}.nii", "lesions": "l.nii"}
    cohorts = {"c": CohortSettings.model_validate({**settings, **keys})}
    return load_cohorts(cohorts, OutcomeSettings(), seed=1)


def said(study: Study) -> list[str]:
    return [problem.what for problem in study.warnings]


def patients(study: Study) -> list[str]:
    return [patient.patient_id for patient in study.cohorts[0].patients]


def test_ids_as_files_have_them(tmp_path: Path) -> None:
    """Excel kept 7 of 007; the folders are called P007. Lists of the configuration use the folders' spelling."""
    rows = [HEADER, "7,1,20,15", "12,1,20,15", "P0031,1,20,15", "4.0,1,20,15"]
    form = {"prefix": "P", "width": 3}
    study = loaded(tmp_path, rows, patient_id=form)
    assert patients(study) == ["P004", "P007", "P012", "P031"]
    assert [str(scan.image_path) for scan in study.scans()][1] == "P007.nii"
    study = loaded(tmp_path, rows, patient_id=form, select={"patients": ["P007", "P012"]},
                   exclude=[{"patient": "P012", "reason": "motion"}])  # fmt: skip
    assert patients(study) == ["P007"]
    assert said(study) == []


def test_ids_that_become_one_are_said(tmp_path: Path) -> None:
    study = loaded(tmp_path, [HEADER, "7,1,20,15", "007,2,20,15"], patient_id={"width": 3})
    assert patients(study) == ["007"]
    assert said(study) == ["007, 7 are all read as patient 007 (patient_id)"]


def test_ids_that_differ_too_little_are_said(tmp_path: Path) -> None:
    study = loaded(tmp_path, [HEADER, "P1,1,20,15", "p01,1,20,15", "P10,1,20,15"])
    assert patients(study) == ["P1", "P10", "p01"]
    assert said(study) == ["P1 and p01 are two patients, though their ids differ by zeros or capital letters only"]
    assert said(loaded(tmp_path, [HEADER, "1.0,1,20,15", "2.0,1,20,15"])) == [
        'every patient id ends in ".0", as some programs write whole numbers'
    ]


def test_rows_left_out_are_counted(tmp_path: Path) -> None:
    rows = [HEADER, "P1,1,20,15", ",,,", "Mean,,20,15", "SD (n = 1),,0,0", "Source: ward", "P2,1,18,30"]
    study = loaded(tmp_path, rows, ignore_rows=["mean", "sd*", "Source:*", "Total"])
    assert patients(study) == ["P1", "P2"]
    assert said(study) == [
        "3 rows are left out by ignore_rows: row 4 (mean), row 5 (sd*), row 6 (Source:*)",
        'no row fits "Total" (ignore_rows)',
    ]


@pytest.mark.parametrize("select", [{"fraction": [0, 1]}, {"column": "lesion_id", "values": ["1", ""]}])
def test_rows_left_out_are_never_selected(tmp_path: Path, select: dict[str, Any]) -> None:
    study = loaded(tmp_path, [HEADER, "P1,1,20,15", "Mean,,20,15"], ignore_rows=["Mean"], select=select)
    assert patients(study) == ["P1"]


def test_keys_of_a_table_need_one() -> None:
    for key, value in (("header_row", 2), ("ignore_rows", ["Mean"]), ("patient_id", {"width": 3})):
        settings = {"role": "predict", "patients": ["P1"], "image": "{patient}.nii", key: value}
        with pytest.raises(ValueError, match=f"`{key}` describes a table, but there is no `table`"):
            CohortSettings.model_validate(settings)


@pytest.mark.parametrize("word", ["CR", "cr", "iCR", "complete  response", "Disappeared", "(vanished)", "verschwunden"])
def test_complete_response_is_never_missing(tmp_path: Path, word: str) -> None:
    """Whatever is listed under `missing`: a lesion that has vanished is 0 mm."""
    with pytest.raises(InputError, match=r"Write 0 \(mm\)"):
        loaded(tmp_path, [HEADER, f"P1,1,20,{word}"], missing=[word], lesions_without_outcome="keep")


def test_a_zero_under_missing_is_said(tmp_path: Path) -> None:
    rows = [HEADER, "P1,1,20,0", "P1,2,20,0.0", "P2,1,20,30"]
    study = loaded(tmp_path, rows, missing=[0], lesions_without_outcome="keep")
    assert said(study) == ["2 follow-up diameters of 0 count as not available, because 0 is listed under missing"]
    assert said(loaded(tmp_path, rows)) == []
