"""Masks on other grids than their CT's: what does not arrive is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from livermets.imaging.geometry import Grid
from livermets.io.labels import LabelMap
from livermets.io.masks import read_mask

GRID = Grid((10, 10, 5), (2.0, 2.0, 4.0))


def resampled(folder: Path, labels: np.ndarray, origin: tuple[float, float, float]) -> LabelMap:
    """Labels on voxels of 1 × 1 × 2 mm, brought to the CT's grid."""
    image = sitk.GetImageFromArray(labels)
    image.SetSpacing((1.0, 1.0, 2.0))
    image.SetOrigin(origin)
    sitk.WriteImage(image, str(folder / "mask.nii.gz"))
    return read_mask(folder / "mask.nii.gz", GRID, resample=True)


def test_what_lies_outside_the_ct_is_said(tmp_path: Path) -> None:
    labels = np.zeros((10, 20, 20), np.uint8)
    labels[2:4, 4:8, 4:8] = 1
    assert resampled(tmp_path, labels, (0.0, 0.0, 0.0)).remarks == ()
    assert resampled(tmp_path, labels, (-7.0, 0.0, 0.0)).remarks == (
        "16 of 32 voxels of the mask lie outside the CT and are left out",
    )


def test_a_label_too_small_for_the_ct_is_said(tmp_path: Path) -> None:
    labels = np.zeros((10, 20, 20), np.uint8)
    labels[2:4, 4:8, 4:8] = 1
    labels[3, 15, 15] = 2
    found = resampled(tmp_path, labels, (0.0, 0.0, 0.0))
    assert found.remarks == ("no voxel centre of the CT lies inside label 2",)
    assert np.unique(found.labels).tolist() == [0, 1]
