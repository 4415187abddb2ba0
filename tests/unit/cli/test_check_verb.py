"""`check` over a whole study: warnings, tables, exclusions, and `cohort-init`."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pytest
import yaml
from tests.dicom_files import write_enhanced, write_rtstruct, write_seg, write_series
from tests.small_study import TRAINING, SmallStudy, patient_arrays, save


@pytest.fixture
def study(tmp_path: Path) -> SmallStudy:
    return SmallStudy.written(tmp_path)


def warnings(study: SmallStudy) -> list[str]:
    assert study.check() == 0
    table = pd.read_csv(study.folder / "results/check/problems.csv")
    return [f"{row.where}: {row.what}" for row in table.itertuples() if "T1" in row.where and "ml" not in row.what]


def test_tables_of_a_sound_study(study: SmallStudy) -> None:
    study.cohort()["exclude"] = [{"patient": "T2", "reason": "motion artefacts"}]
    assert warnings(study) == []
    scans = pd.read_csv(study.folder / "results/check/scans.csv")
    assert scans["patient_id"].tolist() == ["T1", "V1", "T2"]
    assert scans["excluded"].tolist()[2] == "motion artefacts"
    assert scans.loc[0, ["size_x", "size_z", "n_lesions"]].tolist() == [48, 16, 2]
    assert scans.loc[0, "liver_mean_hu"] == pytest.approx(108, abs=3)
    assert scans.loc[0, "liver_ml"] == pytest.approx(4 / 3 * np.pi * 32 * 30 * 28 / 1000, rel=0.02)


def test_livers_that_are_to_be_found_are_counted(study: SmallStudy, capsys: pytest.CaptureFixture[str]) -> None:
    assert study.check() == 0
    assert "livers:" not in capsys.readouterr().out
    (study.folder / "V1/liver.nii.gz").unlink()
    study.cohort("test")["liver_optional"] = True
    assert study.check() == 0
    said = "livers: 2 given, 1 found by a network trained on 2 scans"
    assert said in capsys.readouterr().out.splitlines()
    assert said in (study.folder / "results/check/summary.txt").read_text().splitlines()


def test_unenhanced_liver(study: SmallStudy) -> None:
    study.edit("T1/ct.nii.gz", lambda hu: np.where(hu > 90, hu - 60, hu))
    assert "rather an unenhanced or arterial scan than the portal phase" in warnings(study)[0]


def test_liver_mask_that_leaves_tumours_out(study: SmallStudy) -> None:
    _, liver, lesions = patient_arrays(0)
    study.edit("T1/liver.nii.gz", lambda array: np.where(lesions > 0, 0, liver).astype(np.uint8))
    assert [text.split(": ")[1] for text in warnings(study)] == [
        "100 % of lesion 1 is outside the liver mask", "100 % of lesion 2 is outside the liver mask",
    ]  # fmt: skip


def test_geometries_of_a_header_that_disagree(study: SmallStudy) -> None:
    path = study.folder / "T1/ct.nii.gz"
    image = nibabel.load(path)
    moved = image.affine.copy()
    moved[2, 3] += 30.0
    image.set_qform(moved, 1)
    image.to_filename(path)
    assert warnings(study) == [
        "cohort train, patient T1, baseline, the CT: the header states places that are up to 30 mm "
        "apart by its sform and its qform"
    ]


def test_lossy_compression_is_said(study: SmallStudy) -> None:
    for seed, patient in enumerate(("T1", "T2")):
        write_series(study.folder / patient / "ct", patient_arrays(seed)[0], LossyImageCompression="01")
    study.cohort()["image"] = "{patient}/ct"
    assert "the slices were compressed with loss, which changes texture" in warnings(study)[0]


def test_diameters_that_disagree_with_the_mask(study: SmallStudy) -> None:
    study.rows[0] = "T1,baseline,1,A,45.0,40.0"
    assert warnings(study)[0].endswith("the table's baseline diameter is 45 mm, the mask measures 19.0 mm")


def test_spacing_that_got_lost(study: SmallStudy) -> None:
    for name, array in zip(("ct", "liver", "lesions"), patient_arrays(0), strict=True):
        save(study.folder / f"T1/{name}.nii.gz", array, (1.0, 1.0, 1.0))
    study.rows[:2] = ["T1,baseline,1,A,10.0,7.0", "T1,baseline,2,A,8.0,14.0"]
    assert "the header may have lost the spacing" in warnings(study)[0]


def test_a_folder_with_two_segmentations_is_ambiguous(study: SmallStudy, capsys: pytest.CaptureFixture[str]) -> None:
    for seed, patient in enumerate(("T1", "T2")):
        write_series(study.folder / patient / "ct", patient_arrays(seed)[0])
        (study.folder / patient / "rt").mkdir()
        for name in ("a", "b"):
            write_rtstruct(study.folder / patient / f"rt/{name}.dcm", {"mts 1": []})
    study.cohort().update(image="{patient}/ct", lesions="{patient}/rt")
    assert study.check() == 2
    assert "Give the path of one: RTSTRUCT rt/a.dcm, RTSTRUCT rt/b.dcm" in capsys.readouterr().err


def test_problems_of_all_scans_at_once(study: SmallStudy, capsys: pytest.CaptureFixture[str]) -> None:
    (study.folder / "T1/ct.nii.gz").unlink()
    study.edit("T2/lesions.nii.gz", lambda labels: labels * 0)
    study.edit("V1/liver.nii.gz", lambda labels: labels * 0)
    assert study.check() == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 3
    table = pd.read_csv(study.folder / "results/check/problems.csv")
    assert (table["severity"] == "error").sum() == 3
    assert len(pd.read_csv(study.folder / "results/check/scans.csv")) == 3
    assert not (study.folder / "results/check/summary.txt").exists()


def test_a_summary_does_not_outlive_the_state_that_it_speaks_of(study: SmallStudy) -> None:
    assert study.check() == 0
    assert (study.folder / "results/check/summary.txt").exists()
    (study.folder / "T1/ct.nii.gz").unlink()
    assert study.check() == 2
    assert not (study.folder / "results/check/summary.txt").exists()


def test_a_folder_that_cannot_be_written_to_hides_no_error(
    study: SmallStudy, capsys: pytest.CaptureFixture[str]
) -> None:
    (study.folder / "T1/ct.nii.gz").unlink()
    (study.folder / "taken").touch()
    assert study.run("check", "--out", "taken") == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert any("T1/ct.nii.gz: this CT does not exist" in line for line in errors)
    assert len(errors) == 2


def test_real_cohorts_are_looked_at_before_synthetic_ones_are_written(
    study: SmallStudy, capsys: pytest.CaptureFixture[str]
) -> None:
    study.config["cohorts"] |= TRAINING
    study.edit("V1/liver.nii.gz", lambda labels: labels * 0)
    assert study.check() == 2
    said = capsys.readouterr().err.splitlines()
    assert [line for line in said if line.startswith("error: ")] == [
        f"error: cohort test, patient V1, baseline, {Path('V1/liver.nii.gz')}: the liver mask is empty. Correct the "
        "mask, or leave out `liver`."
    ]
    assert "note: cohort learn is synthetic and not written yet; the workflow does it" in said


def test_a_patient_in_two_cohorts_hides_nothing_else(study: SmallStudy, capsys: pytest.CaptureFixture[str]) -> None:
    study.cohort("test")["select"] = {"patients": ["V1", "T2"]}
    study.edit("V1/liver.nii.gz", lambda labels: labels * 0)
    (study.folder / "T1/ct.nii.gz").unlink()
    study.config["segmentation"] = {"network": {"architecture": "resnet18-unet", "pretrained": {
        "file": "weights.pth", "sha256": "f37072fd"}}}  # fmt: skip
    assert study.check() == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert [line.split(":")[1].strip() for line in errors] == [
        "cohort test, patient V1, baseline, V1/liver.nii.gz", "cohort train, patient T1, baseline, T1/ct.nii.gz",
        "patient T2", "weights.pth",
    ]  # fmt: skip


def test_a_table_that_cannot_be_read_does_not_hide_the_images_of_other_cohorts(
    study: SmallStudy, capsys: pytest.CaptureFixture[str]
) -> None:
    study.rows[0] = "T1,baseline,1,A,twenty,15.0"
    study.edit("V1/liver.nii.gz", lambda labels: labels * 0)
    study.edit("T2/liver.nii.gz", lambda labels: labels * 0)
    assert study.check() == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 3  # and no word on lesion 1 of T1, whose row cannot be read


def test_a_file_without_the_right_to_read_it(
    study: SmallStudy, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("livermets.io.dicom.headers.is_dicom_file", refused)
    assert study.check() == 2
    said = capsys.readouterr().err.splitlines()
    assert "T1/ct.nii.gz: the system cannot read it (Permission denied). Check its rights." in "\n".join(said)
    assert len([line for line in said if line.startswith("error: ")]) == 3


def test_a_proposal_that_runs(study: SmallStudy, capsys: pytest.CaptureFixture[str]) -> None:
    study.save_settings()
    assert study.run("cohort-init", str(study.folder)) == 0
    proposed = yaml.safe_load(capsys.readouterr().out)
    (settings,) = proposed["cohorts"].values()
    assert settings["image"] == "{patient}/ct.nii.gz"
    study.config = {"cohorts": {**proposed["cohorts"], **TRAINING}}
    assert study.check() == 0
    assert "6 lesions" in capsys.readouterr().out


@pytest.mark.slow
def test_a_proposal_for_enhanced_ct_and_segmentation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = SmallStudy(tmp_path)
    for number in (1, 2):
        ct, liver, lesions = patient_arrays(number)
        files = write_series(tmp_path / "aside", ct, names=f"{number}-{{}}")
        write_enhanced(tmp_path / f"data/P{number}/ct.dcm", files)
        masks = {"Portal": lesions == 1, "Tumor_1": lesions == 1, "Liver Remnant": lesions > 0, "Liver": liver > 0}
        write_seg(tmp_path / f"data/P{number}/seg.dcm", files, {**masks, "Tumor_2": lesions == 2})
    assert study.run("cohort-init", "data") == 0
    study.config = yaml.safe_load(capsys.readouterr().out)
    (settings,) = study.config["cohorts"].values()
    study.config["cohorts"] |= TRAINING
    assert (settings["image"], settings["lesions"]) == ("{patient}/ct.dcm", "{patient}/seg.dcm")
    assert (settings["liver_labels"], settings["lesion_labels"]) == (["Liver"], ["Tumor_*"])
    assert study.check() == 0
    assert "2 of 2 patients, 2 scans of 32 slices, 4 lesions" in capsys.readouterr().out


def test_a_proposal_for_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = SmallStudy(tmp_path)
    (tmp_path / "empty").mkdir()
    assert study.run("cohort-init", "empty") == 2
    assert study.run("cohort-init", "nowhere") == 2
    assert study.run("cohort-init", "empty", "--role", "test") == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: empty: no image in this folder or below. It must hold NIfTI, NRRD or MHA files or DICOM slices.",
        "error: nowhere: this folder does not exist. Give the folder that holds the patients.",
        'error: --role: "test" is not a role. Use train, validation, predict, '
        "segmentation=train, segmentation=validation.",
    ]


def test_one_person_under_two_names_is_shown_side_by_side(study: SmallStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livermets.intake.repeats.SMALLEST_ML", 50.0)  # patients of the small study have one liver
    (study.folder / "results/check/repeats").mkdir(parents=True)
    (study.folder / "results/check/repeats/old.png").touch()
    assert study.check() == 0
    table = pd.read_csv(study.folder / "results/check/problems.csv")
    said = table[table["what"].str.contains("probably the same person")]
    assert said["where"].tolist() == ["cohort test, patient V1, baseline", "cohort train, patient T2, baseline"]
    pictures = sorted(path.name for path in (study.folder / "results/check/repeats").iterdir())
    assert [any(name in fix for fix in said["fix"]) for name in pictures] == [True, True]
