"""Volumes in canonical axes, whatever axes they are stored with."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from livermets.io.images import read_volume, volume_from_sitk, write_volume

AXES = [
    "".join(letters) for pairs in itertools.permutations(["LR", "PA", "SI"]) for letters in itertools.product(*pairs)
]
TILT = [0.9949874371066199, -0.1, 0.0, 0.1, 0.9949874371066199, 0.0, 0.0, 0.0, 1.0]


def image(axes: str, direction: list[float] | None = None) -> sitk.Image:
    values = sitk.GetImageFromArray(np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4))
    values.SetSpacing((0.7, 0.8, 5.0))
    values.SetOrigin((-10.0, 20.0, 33.3))
    if direction:
        values.SetDirection(direction)
    return sitk.DICOMOrient(values, axes)


@pytest.mark.parametrize("direction", [None, TILT])
def test_all_orders_of_axes_as_itk_turns_them(direction: list[float] | None) -> None:
    assert len(AXES) == 48
    for axes in AXES:
        stored = image(axes, direction)
        expected = sitk.DICOMOrient(stored, "LPS")
        volume = volume_from_sitk(stored, "test")
        np.testing.assert_array_equal(volume.array, sitk.GetArrayFromImage(expected))
        assert volume.array.flags.c_contiguous
        assert volume.stored_orientation == axes
        assert volume.grid.size_xyz == expected.GetSize()
        assert volume.grid.spacing_xyz_mm == pytest.approx(expected.GetSpacing(), abs=1e-12)
        assert volume.grid.origin_xyz_mm == pytest.approx(expected.GetOrigin(), abs=1e-9)
        assert volume.grid.direction == pytest.approx(expected.GetDirection(), abs=1e-12)


def test_a_file_keeps_its_axes(tmp_path: Path) -> None:
    for axes in ("RAS", "SPL", "PIR"):
        given = image(axes)
        sitk.WriteImage(given, str(tmp_path / "given.nrrd"))
        write_volume(tmp_path / "kept.nrrd", read_volume(tmp_path / "given.nrrd"))
        kept = sitk.ReadImage(str(tmp_path / "kept.nrrd"))
        np.testing.assert_array_equal(sitk.GetArrayFromImage(kept), sitk.GetArrayFromImage(given))
        assert kept.GetDirection() == pytest.approx(given.GetDirection())
        assert kept.GetOrigin() == pytest.approx(given.GetOrigin())
