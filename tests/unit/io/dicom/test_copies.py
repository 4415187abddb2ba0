"""A copy is the same slice again: identity, position and pixels. An identity alone is not unique."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import RLELossless
from tests.dicom_files import compress, write_series
from tests.small_study import patient_arrays

from livermets.errors import InputError
from livermets.intake.scan_data import read_ct
from livermets.io.dicom.volumes import read_series_folder

CROP = patient_arrays(0)[0][:8, 10:34, 8:40]


def changed(file: Path, change: Callable[[pydicom.Dataset], None], to: Path | None = None) -> Path:
    slice_ = pydicom.dcmread(file)
    change(slice_)
    slice_.save_as(to or file)
    return to or file


@pytest.mark.parametrize("shared", [range(8), range(5, 8), range(2)])
def test_slices_that_share_an_identity_are_all_kept(tmp_path: Path, shared: range) -> None:
    files = write_series(tmp_path, CROP)
    for z in shared:
        changed(files[z], lambda slice_: setattr(slice_, "SOPInstanceUID", "1.2.3.4"))
    found = read_series_folder(tmp_path)
    np.testing.assert_array_equal(found.volume.array, CROP)
    assert found.files == {"slices": 8}


def test_slices_without_an_identity_are_all_kept(tmp_path: Path) -> None:
    for file in write_series(tmp_path, CROP):
        changed(file, lambda slice_: delattr(slice_, "SOPInstanceUID"))
    np.testing.assert_array_equal(read_series_folder(tmp_path).volume.array, CROP)


def test_copies_are_left_out_and_counted(tmp_path: Path) -> None:
    """Byte for byte, compressed otherwise, and a link to a slice of the folder."""
    files = write_series(tmp_path, CROP)
    shutil.copy(files[0], tmp_path / "again")
    (tmp_path / "link").symlink_to(files[2])

    def recompress(slice_: pydicom.Dataset) -> None:
        compress(slice_, RLELossless)

    changed(files[1], recompress, tmp_path / "compressed")
    data = read_ct(tmp_path)
    np.testing.assert_array_equal(data.ct.array, np.maximum(CROP, -1024))
    assert data.files == {"slices": 8, "copies": 3}
    assert [problem.what for problem in data.warnings] == ["left out of the series: 3 copies of slices"]


def test_one_identity_and_position_with_two_pictures(tmp_path: Path) -> None:
    """Neither of them is the right one by itself."""
    files = write_series(tmp_path / "ct", CROP)

    def other_values(slice_: pydicom.Dataset) -> None:
        slice_.PixelData = bytes(len(slice_.PixelData))

    (tmp_path / "ct/old").mkdir()
    changed(files[3], other_values, tmp_path / "ct/old/IM9")
    with pytest.raises(InputError, match=rf"{files[3].name} and old/IM9 have the same identity .* not the same pixels"):
        read_series_folder(tmp_path / "ct")
