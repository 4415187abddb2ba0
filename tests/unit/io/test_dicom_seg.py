"""DICOM-SEG of every kind, placed voxel for voxel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.dicom_files import write_seg, write_series
from tests.small_study import patient_arrays

from livermets.errors import InputError
from livermets.io.dicom import read_series_folder
from livermets.io.masks import lesion_numbers, read_mask

HU, LIVER, LESIONS = patient_arrays(0)


@pytest.fixture
def series(tmp_path: Path) -> list[Path]:
    return write_series(tmp_path / "ct", HU)


def grid_of(tmp_path: Path):
    return read_series_folder(tmp_path / "ct").volume.grid


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
def test_segments_by_label_and_number(tmp_path: Path, series: list[Path], kind: str) -> None:
    masks = {"Tumor_7": LESIONS == 1, "Liver": (LIVER > 0) & (LESIONS == 0), "Tumor_2": LESIONS == 2}
    write_seg(tmp_path / "seg.dcm", series, masks, kind)
    grid = grid_of(tmp_path)
    tumours = read_mask(tmp_path / "seg.dcm", grid, ["tumor*"])
    np.testing.assert_array_equal(tumours.labels, np.where(LESIONS == 2, 3, LESIONS))
    assert lesion_numbers(tumours.names) == {1: 7, 3: 2}
    np.testing.assert_array_equal(read_mask(tmp_path / "seg.dcm", grid, [2]).labels > 0, masks["Liver"])


def test_overlapping_segments(tmp_path: Path, series: list[Path]) -> None:
    write_seg(tmp_path / "seg.dcm", series, {"Liver": LIVER > 0, "Tumor": LESIONS > 0})
    both = read_mask(tmp_path / "seg.dcm", grid_of(tmp_path))
    assert both.overlap_voxels == np.count_nonzero(LESIONS)
    tumour = read_mask(tmp_path / "seg.dcm", grid_of(tmp_path), ["Tumor"])
    np.testing.assert_array_equal(tumour.labels > 0, LESIONS > 0)
    assert tumour.overlap_voxels == 0


def test_gaps_between_frames(tmp_path: Path, series: list[Path]) -> None:
    """A segment on slices 2, 3 and 11 only: the writer leaves the empty frames out."""
    mask = np.zeros(HU.shape, bool)
    mask[[2, 3, 11], 20:25, 20:26] = True
    write_seg(tmp_path / "seg.dcm", series, {"Tumor": mask})
    np.testing.assert_array_equal(read_mask(tmp_path / "seg.dcm", grid_of(tmp_path)).labels > 0, mask)


def test_fractions_count_from_a_half(tmp_path: Path, series: list[Path]) -> None:
    probability = np.zeros(HU.shape, np.float32)
    probability[5, 10:20, 10:20] = 0.4
    probability[5, 12:15, 12:15] = 0.6
    write_seg(tmp_path / "seg.dcm", series, {"Tumor": probability}, "FRACTIONAL")
    np.testing.assert_array_equal(read_mask(tmp_path / "seg.dcm", grid_of(tmp_path)).labels > 0, probability > 0.5)


def test_a_folder_that_holds_the_segmentation(tmp_path: Path, series: list[Path]) -> None:
    (tmp_path / "SEG").mkdir()
    write_seg(tmp_path / "SEG/1-1.dcm", series, {"Liver": LIVER > 0})
    np.testing.assert_array_equal(read_mask(tmp_path / "SEG", grid_of(tmp_path)).labels > 0, LIVER > 0)


def test_the_labels_found_are_listed(tmp_path: Path, series: list[Path]) -> None:
    write_seg(tmp_path / "seg.dcm", series, {"Liver": LIVER > 0, "Vein": LESIONS > 0})
    with pytest.raises(InputError, match=r"Labels of this mask: 1 Liver, 2 Vein"):
        read_mask(tmp_path / "seg.dcm", grid_of(tmp_path), ["Tumour"])
