"""The masks of sources beside the reference: what `check` says of them, and what is a finding and no mistake."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.small_study import SmallStudy, patient_arrays, save

R2 = "cohort train, patient T1, baseline, reader2, T1/r2.nii.gz"


@pytest.fixture
def study(tmp_path: Path) -> SmallStudy:
    """The small study with masks of reader2, who drew the reference's lesions as one label, for every patient."""
    study = SmallStudy.written(tmp_path)
    for seed, patient in enumerate(("T1", "T2", "V1")):
        save(tmp_path / patient / "r2.nii.gz", (patient_arrays(seed)[2] > 0).astype(np.uint8))
    for cohort in study.config["cohorts"].values():
        cohort["masks"] = {"reader2": "{patient}/r2.nii.gz"}
    return study


def said(study: SmallStudy, capsys: pytest.CaptureFixture[str], status: int = 0) -> list[str]:
    """Errors or else warnings, as the screen shows them."""
    assert study.check() == status
    kind = "error: " if status else "warning: "
    return [line.removeprefix(kind) for line in capsys.readouterr().err.splitlines() if line.startswith(kind)]


def test_a_binary_mask_beside_a_numbered_reference_is_no_mistake(
    study: SmallStudy, capsys: pytest.CaptureFixture[str]
) -> None:
    before = said(study, capsys)
    assert not [line for line in before if "reader2" in line]
    scans = pd.read_csv(study.folder / "results/check/scans.csv")
    assert scans["mask_sources"].tolist() == ["manual; reader2"] * 3


def test_other_lesion_numbers_and_more_lesions_are_no_mistake(
    study: SmallStudy, capsys: pytest.CaptureFixture[str]
) -> None:
    def redrawn(mask: np.ndarray) -> np.ndarray:
        drawn = patient_arrays(0)[2].astype(np.uint16) * 1000
        drawn[7:9, 34:38, 20:24] = 7
        return drawn

    study.edit("T1/r2.nii.gz", redrawn)
    assert not [line for line in said(study, capsys) if "reader2" in line]


def test_an_empty_mask_is_a_reader_who_saw_none_but_not_of_the_reference(
    study: SmallStudy, capsys: pytest.CaptureFixture[str]
) -> None:
    study.edit("T1/r2.nii.gz", lambda mask: mask * 0)
    (line,) = [line for line in said(study, capsys) if "reader2" in line]
    assert line == f"{R2}: the lesion mask holds no lesion. It counts as drawn: reader2 saw none."
    study.config["concordance"] = {"reference": "reader2"}
    line = "baseline, T1/r2.nii.gz: the lesion mask holds no lesion. Correct the mask, or exclude the patient."
    assert [error for error in said(study, capsys, status=2) if error.endswith(line)]


def test_a_label_that_a_program_did_not_find_is_no_mistake_but_one_that_it_never_found_is_said(
    study: SmallStudy, capsys: pytest.CaptureFixture[str]
) -> None:
    for cohort in study.config["cohorts"].values():
        cohort["masks"] = {"nnunet": {"path": "{patient}/r2.nii.gz", "labels": [2]}}
    study.edit("T1/r2.nii.gz", lambda mask: mask * 2)
    lines = said(study, capsys)
    assert not [line for line in lines if line.startswith("cohort train, masks.nnunet")]
    assert [line for line in lines if "T2, baseline, nnunet, T2/r2.nii.gz: the lesion mask holds no lesion" in line]
    study.edit("T1/r2.nii.gz", lambda mask: (mask > 0).astype(np.uint8))
    assert (
        "cohort train, masks.nnunet: none of its 2 masks holds a lesion. Are these the right files and `labels`?"
        in (said(study, capsys))
    )


def test_labels_of_the_reference_are_its_own(study: SmallStudy, capsys: pytest.CaptureFixture[str]) -> None:
    study.edit("T1/lesions.nii.gz", lambda labels: np.where(patient_arrays(0)[1] & (labels == 0), 9, labels))
    for cohort in study.config["cohorts"].values():
        cohort["masks"]["manual"] = {"path": cohort.pop("lesions"), "labels": [1, 2]}
    assert not [line for line in said(study, capsys) if "lesion" in line]


def test_some_scans_without_a_mask_are_counted(study: SmallStudy, capsys: pytest.CaptureFixture[str]) -> None:
    (study.folder / "T1/r2.nii.gz").unlink()
    assert "cohort train, masks.reader2: masks of 1 of 2 scans. The other scans do without this source." in (
        said(study, capsys)
    )
    scans = pd.read_csv(study.folder / "results/check/scans.csv")
    assert scans["mask_sources"].tolist() == ["manual", "manual; reader2", "manual; reader2"]


def test_masks_without_one_of_the_reference_are_said_to_be_unused(
    study: SmallStudy, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort = study.cohort("test")
    cohort["role"] = "predict"
    del cohort["lesions"]
    (line,) = [line for line in said(study, capsys) if "masks.reader2" in line]
    assert "1 of 1 scans have no mask of manual, the reference. There is nothing to compare these masks with" in line


@pytest.mark.parametrize("where, words", [("air", "in air or lung"), ("body", "outside the liver mask")])
def test_a_lesion_at_an_impossible_place_counts_unless_the_whole_mask_lies_so(
    study: SmallStudy, capsys: pytest.CaptureFixture[str], where: str, words: str
) -> None:
    rows = slice(1, 4) if where == "air" else slice(42, 45)

    def beside(mask: np.ndarray) -> np.ndarray:
        mask[8, rows, 20:26] = 1
        return mask

    study.edit("T1/r2.nii.gz", beside)
    lines = [line for line in said(study, capsys) if "reader2" in line]
    assert f"{R2}: 1 of 3 lesions lies {words}. Each counts as a finding; look at the overlay." in lines
    study.edit("T1/r2.nii.gz", lambda mask: beside(mask * 0))
    assert any(line.startswith(f"{R2}: lesion 1 lies {words}") for line in said(study, capsys, status=2))
    finding = {"air": "lesion_air", "body": "lesion_outside_liver"}
    study.cohort()["accept"] = dict.fromkeys(finding.values(), "a phantom")
    lines = said(study, capsys)
    assert f"cohort train, accept.{finding[where]}: accepted for 1 of 2 scans. Reason: a phantom." in lines


def test_stray_marks_are_one_line(study: SmallStudy, capsys: pytest.CaptureFixture[str]) -> None:
    def marked(mask: np.ndarray) -> np.ndarray:
        mask[8, 14, [14, 18]] = 1
        return mask

    study.edit("T1/r2.nii.gz", marked)
    lines = [line for line in said(study, capsys) if "reader2" in line]
    assert lines == [
        f"{R2}: 2 of 4 lesions have fewer than 5 voxels. Remove them if they are stray marks: each counts as a finding."
    ]


def test_a_wrong_reference_hides_nothing_of_the_others(study: SmallStudy, capsys: pytest.CaptureFixture[str]) -> None:
    study.edit("T1/lesions.nii.gz", lambda labels: labels * 0)
    study.edit("T1/r2.nii.gz", lambda mask: mask * 0.3)
    lines = said(study, capsys, status=2)
    assert [line.split(": ")[0] for line in lines] == [
        "cohort train, patient T1, baseline, T1/lesions.nii.gz", R2
    ]  # fmt: skip


def test_a_second_liver_is_checked_as_a_liver(study: SmallStudy, capsys: pytest.CaptureFixture[str]) -> None:
    for seed, patient in enumerate(("T1", "T2", "V1")):
        save(study.folder / patient / "l2.nii.gz", patient_arrays(seed)[1])
    for cohort in study.config["cohorts"].values():
        cohort["livers"] = {"reader2": "{patient}/l2.nii.gz"}
    assert not [line for line in said(study, capsys) if "l2.nii.gz" in line and "A whole liver" not in line]
    study.edit("T1/l2.nii.gz", lambda liver: np.roll(liver, 18, axis=2))
    (line,) = said(study, capsys, status=2)
    assert line.startswith("cohort train, patient T1, baseline, reader2, T1/l2.nii.gz: 19 % of the liver mask is air")


def test_tables_of_problems_name_the_source_and_no_file(study: SmallStudy) -> None:
    study.edit("T1/r2.nii.gz", lambda mask: mask * 0)
    assert study.check() == 0
    table = pd.read_csv(study.folder / "results/check/problems.csv")
    assert "cohort train, patient T1, baseline, reader2, the lesion mask" in table["where"].tolist()
    assert not table.astype(str).apply(lambda column: column.str.contains("r2.nii")).any(axis=None)
