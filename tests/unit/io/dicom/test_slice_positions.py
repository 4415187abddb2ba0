"""Slices a little off even spacing: refused where it adds up, and drawn on where they really are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from tests.dicom_files import write_rtstruct, write_seg, write_series
from tests.small_study import patient_arrays

from livermets.errors import InputError
from livermets.imaging.geometry import Grid
from livermets.io.dicom.volumes import read_series_folder
from livermets.io.masks import read_mask

HU, _, _ = patient_arrays(0)
COUNT = len(HU)


def series_at(folder: Path, heights: np.ndarray) -> list[Path]:
    """The test patient's slices at these heights; files in the order of the slices."""
    files = write_series(folder, HU)
    files.sort(key=lambda file: float(pydicom.dcmread(file).ImagePositionPatient[2]))
    for file, height in zip(files, heights, strict=True):
        slice_ = pydicom.dcmread(file)
        slice_.ImagePositionPatient[2] = f"{height:.6f}"
        slice_.save_as(file)
    return files


def test_small_steps_that_add_up(tmp_path: Path) -> None:
    """Every step is within 5 % of the usual one; in the middle they are 0.6 mm off the even grid."""
    series_at(tmp_path / "ct", -100 + np.cumsum([0.0, *([4.0] * (COUNT // 2)), *([4.16] * (COUNT - COUNT // 2 - 1))]))
    with pytest.raises(
        InputError, match=r"the slice spacing drifts: the slice at -68.0 mm lies 0.60 mm \(0.15 slices\)"
    ):
        read_series_folder(tmp_path / "ct")


@pytest.mark.parametrize("step", [4.0, 0.7, 2.0 / 3.0])
def test_positions_rounded_to_a_tenth_of_a_millimetre(tmp_path: Path, step: float) -> None:
    heights = np.round(-100.03 + step * np.arange(COUNT), 1)
    series_at(tmp_path / "ct", heights)
    grid = read_series_folder(tmp_path / "ct").volume.grid
    even = -100.0 + grid.spacing_xyz_mm[2] * np.arange(COUNT)
    np.testing.assert_allclose(np.multiply(grid.slice_offsets, grid.spacing_xyz_mm[2]), heights - even, atol=1e-6)


def test_masks_lie_on_the_slices_where_they_really_are(tmp_path: Path) -> None:
    """Slices 0.5 mm thick with heights rounded to a tenth: a fifth of a slice off the even grid."""
    heights = np.round(-100.03 + 0.47 * np.arange(COUNT), 1)
    files = series_at(tmp_path / "ct", heights)
    grid = read_series_folder(tmp_path / "ct").volume.grid
    square = np.array([[-25.0, -11.0], [-9.0, -11.0], [-9.0, 11.0], [-25.0, 11.0]])
    write_rtstruct(tmp_path / "rs.dcm", {"mts": [np.column_stack([square, np.full(4, z)]) for z in heights]})
    drawn = read_mask(tmp_path / "rs.dcm", grid)
    assert ((drawn.labels > 0).any(axis=(1, 2)).all(), drawn.remarks) == (True, ())
    write_seg(tmp_path / "seg.dcm", files, {"mts": drawn.labels > 0})
    np.testing.assert_array_equal(read_mask(tmp_path / "seg.dcm", grid).labels, drawn.labels)


def test_the_nearest_slice_of_a_height() -> None:
    even = Grid((4, 4, 4), (1.0, 1.0, 2.0))
    heights = np.array([-0.5, 0.49, 0.5, 0.4995, 1.5, 3.5])
    assert even.nearest_slices(heights)[0].tolist() == [0, 0, 1, 1, 2, 3]
    uneven = even.with_slices_at(np.array([[0, 0, 0.0], [0, 0, 2.8], [0, 0, 4.0], [0, 0, 6.0]]))
    assert uneven.slice_offsets == pytest.approx((0, 0.4, 0, 0))
    assert (uneven.nearest_slices(np.array([0.6]))[0].tolist(), uneven == even) == ([0], True)
    assert even.holds_heights(np.array([-0.6, -0.5, 3.5, 3.6])).tolist() == [False, True, True, False]
    assert even.with_slices_at(np.zeros((4, 3))) == even
