"""DICOM-SEG of every kind, placed voxel for voxel."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from tests.dicom_files import write_seg, write_series
from tests.small_study import patient_arrays

from livermets.errors import InputError
from livermets.intake.lesion_ids import lesion_numbers
from livermets.io.dicom.volumes import read_series_folder
from livermets.io.masks import read_mask

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
    tumours, liver = np.count_nonzero(LESIONS), np.count_nonzero(LIVER)
    assert both.overlaps == (
        f'2 "Tumor" ({tumours} voxels) lies wholly inside 1 "Liver" ({liver} voxels); it keeps its voxels, which the '
        "outer one is counted without",
    )
    np.testing.assert_array_equal(both.labels == 2, LESIONS > 0)
    tumour = read_mask(tmp_path / "seg.dcm", grid_of(tmp_path), ["Tumor"])
    np.testing.assert_array_equal(tumour.labels > 0, LESIONS > 0)
    assert tumour.overlaps == ()


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


def changed(path: Path, change: Callable[[pydicom.Dataset], None]) -> None:
    dataset = pydicom.dcmread(path)
    change(dataset)
    dataset.save_as(path)


def with_background(number: int, label: str, coded: bool, padding: int | None) -> Callable[[pydicom.Dataset], None]:
    """Makes a change of a label map: its background is declared as a segment too."""

    def change(dataset: pydicom.Dataset) -> None:
        background = copy.deepcopy(dataset.SegmentSequence[-1])
        background.SegmentNumber, background.SegmentLabel = number, label
        if coded:
            background.SegmentedPropertyTypeCodeSequence[0].CodeValue = "125040"
            background.SegmentedPropertyTypeCodeSequence[0].CodingSchemeDesignator = "DCM"
        dataset.SegmentSequence = [s for s in dataset.SegmentSequence if s.SegmentNumber != number] + [background]
        if "PixelPaddingValue" in dataset:
            del dataset.PixelPaddingValue
        if padding is not None:
            dataset.add_new("PixelPaddingValue", "US", padding)
        dataset.PixelData = np.where(dataset.pixel_array == 0, number, dataset.pixel_array).astype(np.uint8).tobytes()

    return change


@pytest.mark.parametrize(
    "number, label, coded, padding, said",
    [
        (0, "Background", False, None, ()),
        (0, "Background", True, 0, ()),
        (0, "", False, 0, ('segment 0 "" is the background of this label map and is left out',)),
        (9, "everything else", True, None, ()),
        (9, "Background", False, 9, ()),
    ],
)
def test_the_background_of_a_label_map_is_no_lesion(
    tmp_path: Path, series: list[Path], number: int, label: str, coded: bool, padding: int | None, said: tuple
) -> None:
    write_seg(tmp_path / "seg.dcm", series, {"Tumor_1": LESIONS == 1, "Tumor_2": LESIONS == 2}, "LABELMAP")
    changed(tmp_path / "seg.dcm", with_background(number, label, coded, padding))
    found = read_mask(tmp_path / "seg.dcm", grid_of(tmp_path))
    np.testing.assert_array_equal(found.labels, LESIONS)
    assert (found.names, found.remarks) == ({1: "Tumor_1", 2: "Tumor_2"}, said)


def test_a_segment_that_only_its_name_calls_background_stays_a_segment(tmp_path: Path, series: list[Path]) -> None:
    write_seg(tmp_path / "seg.dcm", series, {"Background": LESIONS == 1, "Tumor": LESIONS == 2}, "LABELMAP")
    assert read_mask(tmp_path / "seg.dcm", grid_of(tmp_path)).names == {1: "Background", 2: "Tumor"}


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_pixels_of_a_segment_without_name_are_said(tmp_path: Path, series: list[Path], kind: str) -> None:
    write_seg(tmp_path / "seg.dcm", series, {"Tumor_1": LESIONS == 1, "Tumor_2": LESIONS == 2}, kind)
    changed(tmp_path / "seg.dcm", lambda dataset: dataset.SegmentSequence.pop())
    (said,) = read_mask(tmp_path / "seg.dcm", grid_of(tmp_path)).remarks
    assert said.startswith("pixels of segment 2, which the object does not name, are left out")


def test_a_segment_without_pixels_is_said(tmp_path: Path, series: list[Path]) -> None:
    write_seg(tmp_path / "seg.dcm", series, {"Tumor_1": LESIONS == 1, "Tumor_2": LESIONS > 9})
    assert read_mask(tmp_path / "seg.dcm", grid_of(tmp_path)).remarks == ('no voxel lies inside 2 "Tumor_2"',)


def test_segments_that_share_a_number(tmp_path: Path, series: list[Path]) -> None:
    write_seg(tmp_path / "seg.dcm", series, {"Tumor_1": LESIONS == 1, "Tumor_2": LESIONS == 2})
    changed(tmp_path / "seg.dcm", lambda dataset: setattr(dataset.SegmentSequence[1], "SegmentNumber", 1))
    with pytest.raises(InputError, match='"Tumor_1" and "Tumor_2" have the same number, 1'):
        read_mask(tmp_path / "seg.dcm", grid_of(tmp_path))


def test_a_segmentation_on_larger_pixels(tmp_path: Path, series: list[Path]) -> None:
    """Its corners lie on pixels of the CT, its pixels between them do not."""
    coarse = write_series(tmp_path / "coarse", HU[:, ::3, ::3], (6.0, 6.0, 4.0))
    write_seg(tmp_path / "seg.dcm", coarse, {"Tumor": LESIONS[:, ::3, ::3] > 0})
    with pytest.raises(InputError, match="the pixels of the segmentation are not as large as those of its CT"):
        read_mask(tmp_path / "seg.dcm", grid_of(tmp_path))


def test_a_segmentation_of_thicker_slices(tmp_path: Path, series: list[Path]) -> None:
    thick = write_series(tmp_path / "thick", HU[::2], (2.0, 2.0, 8.0))
    write_seg(tmp_path / "seg.dcm", thick, {"Liver": LIVER[::2] > 0})
    with pytest.raises(InputError, match="the segmentation is on every 2nd slice of this CT only"):
        read_mask(tmp_path / "seg.dcm", grid_of(tmp_path))
