"""What lies on disk and in no table is said, by names of the tables' own form only."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.dicom_files import write_series
from tests.small_study import SmallStudy, patient_arrays

from livermets.cohort.load import load_cohorts
from livermets.config.cohorts import CohortSettings
from livermets.config.outcome import OutcomeSettings
from livermets.config.paths import lesion_files
from livermets.errors import ProblemList
from livermets.intake.on_disk import check_left_over


def said(folder: Path, image: str, patients: list[str] | None = None) -> list[str]:
    settings = {"role": "predict", "folder": str(folder), "image": image, "patients": patients or ["P1", "P2"]}
    cohorts = {"c": CohortSettings.model_validate(settings)}
    problems = ProblemList()
    check_left_over(load_cohorts(cohorts, OutcomeSettings(), 1), problems)
    return [problem.what for problem in problems]


def touched(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch() if not name.endswith("/") else path.mkdir()


@pytest.mark.parametrize(
    "image",
    ["{patient}/ct.nii.gz", "{patient}/{patient}_ct.nii.gz", "{patient}_ct.nii.gz", "x/{timepoint}/{patient}.nii"],
)
def test_patients_in_no_list(tmp_path: Path, image: str) -> None:
    """A person's name as a folder's name is counted, never repeated."""
    names = ["P1", "P2", "P3", "P12", "ROSSI_MARIA"]
    touched(tmp_path, *(image.format(patient=name, timepoint="baseline") for name in names), "notes/readme.txt")
    assert said(tmp_path, image) == [
        "3 patients on disk are not in `patients`: P12, P3, 1 named otherwise than the patients of the study"
    ]


def test_long_lists_are_cut_and_counted(tmp_path: Path) -> None:
    touched(tmp_path, *(f"P{number}/ct.nii" for number in range(1, 33)))
    (what,) = said(tmp_path, "{patient}/ct.nii")
    assert what.startswith("30 patients on disk are not in")
    assert what.endswith(", 10 more")


def test_empty_folders(tmp_path: Path) -> None:
    touched(tmp_path, "P1/ct/a.dcm", "P2/ct/a.dcm", "P3/ct/", "P4/", "docs/")
    assert said(tmp_path, "{patient}/ct") == [
        "3 patient folders are empty: P3, P4, 1 named otherwise than the patients of the study"
    ]


def test_a_file_beside_the_folders_is_no_patient(tmp_path: Path) -> None:
    touched(tmp_path, "P1/a.dcm", "P2/a.dcm", "outcome.xlsx")
    assert said(tmp_path, "{patient}") == []


def test_links_to_folders_count_as_what_they_lead_to(tmp_path: Path) -> None:
    touched(tmp_path, "P1/ct/a.dcm", "P2/ct/a.dcm", "archive/x/a.dcm", "P3/")
    (tmp_path / "P3/ct").symlink_to(tmp_path / "archive/x")
    assert said(tmp_path, "{patient}/ct") == ["1 patient on disk is not in `patients`: P3"]


def test_the_whole_table_counts_and_every_cohort(tmp_path: Path) -> None:
    """V1 is another cohort's; T2 is excluded; T3 lies beside them and is in no table."""
    study = SmallStudy.written(tmp_path)
    study.cohort()["select"] = {"patients": ["T1", "T2"]}
    study.cohort()["exclude"] = [{"patient": "T2", "reason": "motion artefacts"}]
    write_series(tmp_path / "T3", patient_arrays(9)[0])
    touched(tmp_path, "T4/", "T5/ct.nii.gz")
    assert study.check() == 0
    told = (tmp_path / "results/check/problems.csv").read_text()
    assert "1 patient on disk is not in the table: T5" in told
    assert "1 patient folder is empty: T4" in told
    assert told.count("on disk") == 1


def test_text_around_the_lesion_number(tmp_path: Path) -> None:
    touched(
        tmp_path,
        "[1]/Met 1 seg VII.nii",
        "[1]/Met 02 seg 4.nii",
        "[1]/Met 10.nii",
        "[1]/Met x seg 1.nii",
        "[1]/l7/a b.nii",
    )
    found = lesion_files(f"{tmp_path}/[1]/Met {{lesion}} seg *.nii")
    assert [(number, path.name) for number, path in found] == [(1, "Met 1 seg VII.nii"), (2, "Met 02 seg 4.nii")]
    assert [number for number, _ in lesion_files(f"{tmp_path}/[1]/l{{lesion}}/* b.nii")] == [7]
