"""`match`: a mask that another reader or program has given, brought in beside the reference's."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.dicom_files import write_seg, write_series
from tests.small_study import SmallStudy, patient_arrays, save

from livermets.io.images import read_volume

CT, LIVER, LESIONS = patient_arrays(0)
OUT = Path("results/train/segmentation/reader2/T1/baseline")


@pytest.fixture
def study(tmp_path: Path) -> SmallStudy:
    """The small study after the intake of T1, and a mask of reader2."""
    study = SmallStudy.written(tmp_path)
    study.cohort()["masks"] = {"reader2": "{patient}/r2.nii.gz"}
    save(tmp_path / "T1/r2.nii.gz", LESIONS)
    assert study.run("intake", "--cohort", "train", "--patient", "T1", "--out", "in", "--settings", "config.yaml") == 0
    return study


def match(study: SmallStudy, *more: str, settings: str = "config.yaml") -> int:
    return study.run(
        "match", "--image", "in/image.nii.gz", "--lesions", "in/lesions.nii.gz", "--liver", "in/liver.nii.gz",
        "--source", "reader2", "--cohort", "train", "--patient", "T1", "--settings", settings, "--out", str(OUT), *more,
    )  # fmt: skip


def tables(study: SmallStudy) -> tuple[pd.DataFrame, pd.Series]:
    folder = study.folder / OUT
    return pd.read_csv(folder / "matching.csv"), pd.read_csv(folder / "scan_metrics.csv").iloc[0]


def written(study: SmallStudy) -> list[str]:
    return sorted(path.name for path in study.folder.glob(f"{OUT.parent}/**/*") if path.is_file())


FILES = ["lesions.nii.gz", "matching.csv", "overlay.png", "scan_metrics.csv"]


def test_the_same_mask_is_the_same_whatever_its_numbers(study: SmallStudy, capsys: pytest.CaptureFixture[str]) -> None:
    study.edit("T1/r2.nii.gz", lambda labels: np.where(labels > 0, 9 - labels, 0))
    assert match(study) == 0
    assert "warning" not in capsys.readouterr().err
    matching, scan = tables(study)
    assert matching[["lesion_id", "kind", "dice", "detected"]].values.tolist() == [
        [1, "manual", 1.0, 1.0], [2, "manual", 1.0, 1.0]
    ]  # fmt: skip
    assert (scan["manual_lesions"], scan["detected_lesions"], scan["false_positives"], scan["mts_dice"]) == (2, 2, 0, 1)
    assert (read_volume(study.folder / OUT / "lesions.nii.gz").array == LESIONS).all()
    assert written(study) == FILES


def test_the_rule_of_detection_is_that_of_the_study(study: SmallStudy) -> None:
    study.edit("T1/r2.nii.gz", lambda labels: np.where(np.arange(48) % 2, labels, 0))
    detected = {}
    for name, more in {"default": [], "asked": ["--matching", '{"detection_dice": 0.9}']}.items():
        assert match(study, *more) == 0
        detected[name] = tables(study)[0]["detected"].tolist()
    study.config["segmentation"] = {"matching": {"detection_dice": 0.9}}
    assert match(study) == 0
    assert detected == {"default": [1, 1], "asked": [0, 0]}
    assert tables(study)[0]["detected"].tolist() == [0, 0]


def test_an_empty_mask_has_missed_everything(study: SmallStudy, capsys: pytest.CaptureFixture[str]) -> None:
    study.edit("T1/r2.nii.gz", lambda labels: labels * 0)
    assert match(study) == 0
    assert "warning: cohort train, patient T1, baseline, reader2, T1/r2.nii.gz: the lesion mask holds no lesion" in (
        capsys.readouterr().err
    )
    matching, scan = tables(study)
    assert matching["detected"].tolist() == [0, 0]
    assert (scan["detected_lesions"], scan["false_positives"]) == (0, 0)
    assert scan["volume_automatic_ml"] == scan["mts_dice"] == 0


def test_a_wrong_mask_leaves_nothing_behind(study: SmallStudy, capsys: pytest.CaptureFixture[str]) -> None:
    save(study.folder / "T1/r2.nii.gz", LESIONS, (2.0, 2.0, 5.0))
    assert match(study) == 2
    assert "reader2, T1/r2.nii.gz: the mask is not on the grid of its CT" in capsys.readouterr().err
    assert written(study) == []


def test_files_per_lesion_with_labels_of_their_own(study: SmallStudy) -> None:
    for lesion in (1, 2):
        save(study.folder / f"T1/r2_{lesion}.nii.gz", np.where(lesion == LESIONS, 2, LIVER).astype(np.uint8))
    study.cohort()["masks"] = {"reader2": {"path": "{patient}/r2_{lesion}.nii.gz", "labels": [2]}}
    (study.folder / "config.yaml").unlink()
    assert match(study) == 0
    assert tables(study)[0]["dice"].tolist() == [1, 1]


def test_a_dicom_seg_by_the_json_that_the_workflow_passes(study: SmallStudy) -> None:
    slices = write_series(study.folder / "T1/dicom", CT)
    write_seg(study.folder / "T1/r2.dcm", slices, {"Tumor one": LESIONS == 1, "Liver": LIVER > 0})
    given = {"image": "T1/dicom", "lesions": "T1/r2.dcm", "lesion_labels": ["Tumor*"], "role": "predict"}
    assert match(study, settings=json.dumps({**given, "patients": ["one"]})) == 0
    assert tables(study)[0]["dice"].tolist() == [1, 0]


def test_a_second_liver_is_written_measured_and_removed_again(study: SmallStudy) -> None:
    save(study.folder / "T1/l2.nii.gz", LIVER)
    study.edit("T1/l2.nii.gz", lambda liver: np.where(np.arange(48) < 14, 0, liver))
    study.cohort()["livers"] = {"reader2": "{patient}/l2.nii.gz"}
    assert match(study) == 0
    second = read_volume(study.folder / OUT / "liver.nii.gz").array > 0
    assert tables(study)[1]["liver_dice"] == pytest.approx(2 * second.sum() / (second.sum() + LIVER.sum()))
    assert 0.5 < tables(study)[1]["liver_dice"] < 1
    del study.cohort()["livers"]
    assert match(study) == 0
    assert written(study) == FILES
    assert "liver_dice" not in tables(study)[1]


def test_a_source_that_the_scan_does_not_have(study: SmallStudy, capsys: pytest.CaptureFixture[str]) -> None:
    (study.folder / "T1/r2.nii.gz").unlink()
    assert match(study) == 2
    assert "there is no mask by reader2. Sources beside the reference: none." in capsys.readouterr().err


@pytest.mark.parametrize("said, column", [([], None), (["--seen"], 1), (["--not-seen"], 0)])
def test_what_a_program_has_drawn_is_brought_in_like_a_given_mask(
    study: SmallStudy, said: list[str], column: int | None
) -> None:
    save(study.folder / "made.nii.gz", LESIONS)
    code = f"import shutil, sys; shutil.copy({str(study.folder / 'made.nii.gz')!r}, sys.argv[2])"
    (study.folder / "program.py").write_text(code)
    command = f"{sys.executable} {study.folder / 'program.py'} {{image}} {{out}}"
    program = json.dumps({"command": command, "labels": [1, 2]})
    words = ("--image", "in/image.nii.gz", "--program", "tool", "--out", "drawn.nii.gz", "--settings", program)
    assert study.run("lesion-program", *words) == 0
    settings = {"role": "predict", "patients": ["one"], "image": "T1/ct.nii.gz", "lesions": "drawn.nii.gz"}
    assert match(study, *said, "--matching", "{}", settings=json.dumps(settings)) == 0
    _, scan = tables(study)
    assert (scan["detected_lesions"], scan["mts_dice"]) == (2, 1)
    assert scan.get("seen_in_training") == column


def test_a_program_that_the_study_does_not_have_is_named(study: SmallStudy, capsys: pytest.CaptureFixture[str]) -> None:
    study.config["programs"] = {"tool": {"command": "tool {image} {out}"}}
    words = ("--image", "in/image.nii.gz", "--program", "nnunet", "--out", "drawn.nii.gz", "--settings", "config.yaml")
    assert study.run("lesion-program", *words) == 2
    assert "there is no program nnunet. Programs of this study: tool." in capsys.readouterr().err
    assert not (study.folder / "drawn.nii.gz").exists()
