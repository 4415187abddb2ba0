"""Masks that read well and are wrong: what `check` says about them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.small_study import ORIGIN_XYZ, SPACING_XYZ, TRAINING, SmallStudy, patient_arrays, save

from livermets.errors import ProblemList
from livermets.imaging.geometry import Grid, Volume
from livermets.intake.lesion_shapes import pieces_of
from livermets.intake.liver_checks import liver_problems


@pytest.fixture
def study(tmp_path: Path) -> SmallStudy:
    """One patient, to be looked at only."""
    study = SmallStudy(tmp_path)
    for name, array in zip(("ct", "liver", "lesions"), patient_arrays(0), strict=True):
        save(tmp_path / f"{name}.nii.gz", array)
    study.config["cohorts"] = {
        "new": {"role": "predict", "patients": ["N1"], "image": "ct.nii.gz", "lesions": "lesions.nii.gz"},
        **TRAINING,
    }
    study.rows = None  # type: ignore[assignment]
    return study


def remarks(study: SmallStudy) -> list[str]:
    assert study.check() == 0
    return pd.read_csv(study.folder / "results/check/problems.csv")["what"].tolist()


def errors(study: SmallStudy, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert study.check() == 2
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("error")]


def advice(study: SmallStudy) -> str:
    return str(pd.read_csv(study.folder / "results/check/problems.csv")["fix"][0])


def test_sound_masks_leave_no_remark(study: SmallStudy) -> None:
    assert remarks(study) == []


def test_two_tumours_in_one_binary_mask(study: SmallStudy) -> None:
    study.edit("lesions.nii.gz", lambda labels: (labels > 0).astype(np.uint8))
    assert remarks(study) == [
        "lesion 1 is 2 pieces up to 10 mm apart: measured as one lesion of 42.4 mm, while the largest piece has 19.0 mm"
    ]
    assert "set lesion_ids: components" in advice(study)
    study.config["cohorts"]["new"]["lesion_ids"] = "components"
    assert remarks(study) == []


def test_two_tumours_in_the_file_of_one_lesion(study: SmallStudy) -> None:
    (study.folder / "lesions.nii.gz").rename(study.folder / "mts1.nii.gz")
    study.config["cohorts"]["new"]["lesions"] = "mts{lesion}.nii.gz"
    assert len(remarks(study)) == 1
    assert advice(study) == "If each is a lesion, give each its own file"


def test_stray_voxels_are_said_with_the_diameter_without_them(study: SmallStudy) -> None:
    def with_specks(labels: np.ndarray) -> np.ndarray:
        labels = labels.copy()
        labels[8, 30, 30:32] = 1
        return labels

    study.edit("lesions.nii.gz", with_specks)
    said = remarks(study)
    assert len(said) == 1
    assert said[0].startswith("lesion 1 has 2 stray voxels up to ")
    assert said[0].endswith("mm with and 19.0 mm without them")


def test_pieces_are_measured_from_the_largest() -> None:
    mask = np.zeros((3, 4, 20), bool)
    mask[:, :, :5] = True
    mask[1, 1, 9] = mask[1, 1, 19] = True
    pieces = pieces_of(mask, (1.0, 1.0, 2.0))
    assert pieces.gaps_mm.tolist() == [0.0, 10.0, 30.0]
    assert pieces.volumes_ml.tolist() == pytest.approx([0.12, 0.002, 0.002])
    assert pieces.specks.tolist() == [False, True, True]


def test_a_map_of_liver_and_tumour_read_as_lesions(study: SmallStudy, capsys: pytest.CaptureFixture[str]) -> None:
    _, liver, _ = patient_arrays(0)
    study.config["cohorts"]["new"]["liver"] = "liver.nii.gz"
    study.edit("lesions.nii.gz", lambda labels: np.where(labels > 0, 2, liver).astype(np.uint8))
    (said,) = errors(study, capsys)
    assert "lesion 1 fills 94 % of the liver mask (106 ml): this is the liver, not a lesion." in said
    assert said.endswith("Say which labels are lesions: lesion_labels: [2].")
    study.config["cohorts"]["new"]["lesion_ids"] = "components"  # then 1 is no label of the file
    (said,) = errors(study, capsys)
    assert said.endswith("Give the lesions, or say which labels of it are lesions (lesion_labels).")


def test_a_map_of_liver_and_tumour_without_a_liver_mask(study: SmallStudy, capsys: pytest.CaptureFixture[str]) -> None:
    ct, liver, lesions = patient_arrays(0)
    for name, array in (("ct", ct), ("lesions", np.where(lesions > 0, 2, liver).astype(np.uint8))):
        save(study.folder / f"{name}.nii.gz", array, (4.0, 4.0, 8.0))
    (said,) = errors(study, capsys)
    assert "lesion 1 has 852 ml and surrounds other lesions (100 % of what touches them)" in said


def test_a_lesion_as_large_as_a_liver(study: SmallStudy) -> None:
    ct, liver, _ = patient_arrays(0)
    for name, array in (("ct", ct), ("lesions", liver)):
        save(study.folder / f"{name}.nii.gz", array, (4.0, 4.0, 8.0))
    assert "lesion 1 has 904 ml, as much as a liver" in remarks(study)


@pytest.mark.parametrize("moved, said", [
    ((2, 0, 0), "2 slices towards the feet"), ((0, -2, 0), "2 pixels to the back"),
    ((0, 0, -3), "3 pixels to the patient's left"),
])  # fmt: skip
def test_masks_that_lie_beside_the_image(study: SmallStudy, moved: tuple[int, int, int], said: str) -> None:
    study.config["cohorts"]["new"]["liver"] = "liver.nii.gz"
    for name in ("liver", "lesions"):
        study.edit(f"{name}.nii.gz", lambda array: np.roll(array, moved, (0, 1, 2)))
    found = [text for text in remarks(study) if "contrast along the border" in text]
    assert [text.split(" (")[0] for text in found] == [
        f"the lesions would fit the CT better moved {said}",
        f"the liver mask would fit the CT better moved {said}",
    ]


def test_a_liver_that_lies_one_slice_beside_the_image(study: SmallStudy) -> None:
    study.config["cohorts"]["new"]["liver"] = "liver.nii.gz"
    study.edit("liver.nii.gz", lambda array: np.roll(array, -1, 0))
    assert any(
        "the liver mask would fit the CT better moved 1 slice towards the head" in text for text in remarks(study)
    )


def small_volume(array: np.ndarray, scale: float = 1.0) -> Volume:
    spacing = tuple(scale * step for step in SPACING_XYZ)
    return Volume(array, Grid(array.shape[::-1], spacing, ORIGIN_XYZ))  # type: ignore[arg-type]


def said(found: ProblemList) -> list[str]:
    return [f"{problem.severity}: {problem.what}" for problem in found]


def test_a_mirrored_liver_is_an_error() -> None:
    ct, liver, _ = (np.pad(array, ((0, 0), (0, 0), (12, 0)), mode="edge") for array in patient_arrays(0))
    found = said(liver_problems(small_volume(ct), liver[:, :, ::-1] > 0, "here"))
    assert any(text.startswith("error: the liver mask would fit the CT mirrored left to right") for text in found)


@pytest.mark.parametrize("scale, expected", [
    (1.0, []),  # an image of 96 mm shows no whole liver
    (2.0, ["warning: the liver mask has 4 ml"]),
    (3.0, ["error: the liver mask has 14 ml, which is no liver"]),
])  # fmt: skip
def test_a_small_liver_counts_where_the_image_shows_a_whole_body(scale: float, expected: list[str]) -> None:
    ct, liver, _ = patient_arrays(0)
    part = np.zeros(liver.shape, bool)
    part[7:9, 20:24, 20:24] = True
    ct[part] = 110
    whole = scale == 2.0 or None
    assert said(liver_problems(small_volume(ct, scale), part, "here", whole=whole)) == expected


def test_a_liver_cannot_have_eight_litres() -> None:
    ct, liver, _ = patient_arrays(0)
    (text,) = said(liver_problems(small_volume(ct, 4.2), liver > 0, "here"))
    assert text.startswith("error: the liver mask has 8")
    assert text.endswith(" ml, which is no liver")


def test_other_organs_in_the_liver_mask() -> None:
    ct, liver, _ = patient_arrays(0)
    ct, liver = (np.concatenate([array, array], axis=2) for array in (ct, liver))
    (text,) = said(liver_problems(small_volume(ct), liver > 0, "here", whole=False))
    assert text.startswith("warning: the liver mask is in separate pieces of about 1")
