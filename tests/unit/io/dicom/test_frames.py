"""Enhanced (multi-frame) CT, written by highdicom, against the classic series it was made from."""

from __future__ import annotations

import copy
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.sequence import Sequence
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless
from tests.dicom_files import PLANTED, write_enhanced, write_series
from tests.small_study import patient_arrays

from livermets.config.cohort_entries import SeriesChoice
from livermets.errors import InputError
from livermets.io.dicom.volumes import read_series_folder

HU = patient_arrays(0)[0]
CROP = HU[:6, 10:40, 8:40]


@pytest.mark.parametrize("syntax", [None, RLELossless, JPEG2000Lossless, JPEGLSLossless])
def test_it_equals_its_classic_twin(tmp_path: Path, syntax: str | None) -> None:
    files = write_series(tmp_path / "classic", CROP)
    write_enhanced(tmp_path / "enhanced/ct", files, syntax)
    classic, enhanced = (read_series_folder(tmp_path / kind) for kind in ("classic", "enhanced"))
    np.testing.assert_array_equal(enhanced.volume.array, classic.volume.array)
    assert enhanced.volume.grid.differences(classic.volume.grid) == []
    assert enhanced.volume.stored_orientation == classic.volume.stored_orientation
    assert enhanced.facts == {**classic.facts, "manufacturer": "x"}
    alone = read_series_folder(tmp_path / "enhanced/ct").volume
    np.testing.assert_array_equal(alone.array, CROP)


def test_what_is_said_once_for_all_frames_and_what_frame_by_frame(tmp_path: Path) -> None:
    """Rescaling that differs between frames; orientation and spacing in the per-frame group."""
    enhanced = write_enhanced(tmp_path / "ct", write_series(tmp_path / "classic", CROP))
    shared = enhanced.SharedFunctionalGroupsSequence[0]
    pixels = np.frombuffer(enhanced.PixelData, "<u2").reshape(CROP.shape).copy()
    for number, group in enumerate(enhanced.PerFrameFunctionalGroupsSequence):
        for name in ("PlaneOrientationSequence", "PixelMeasuresSequence", "PixelValueTransformationSequence"):
            setattr(group, name, Sequence([copy.deepcopy(shared[name].value[0])]))
        if number % 2:
            group.PixelValueTransformationSequence[0].RescaleIntercept = -3000
            pixels[number] += 3000 - 1024
    for name in ("PlaneOrientationSequence", "PixelMeasuresSequence", "PixelValueTransformationSequence"):
        delattr(shared, name)
    enhanced.PixelData = pixels.tobytes()
    enhanced.save_as(tmp_path / "ct")
    np.testing.assert_array_equal(read_series_folder(tmp_path / "ct").volume.array, CROP)


def test_phases_of_one_object_are_told_apart(tmp_path: Path) -> None:
    alike = {"uid": "1.2.3", "StudyInstanceUID": "1.2.4", "FrameOfReferenceUID": "1.2.5"}
    first = write_series(tmp_path / "a", CROP, AcquisitionNumber=1, **alike)
    second = write_series(tmp_path / "b", CROP + 5, AcquisitionNumber=2, **alike)
    write_enhanced(tmp_path / "both/ct", first + second)
    with pytest.raises(InputError, match=r"2 DICOM series in this folder.*acquisition 1.*acquisition 2"):
        read_series_folder(tmp_path / "both")
    found = read_series_folder(tmp_path / "both", SeriesChoice(acquisition=2)).volume.array
    np.testing.assert_array_equal(found, CROP + 5)


def test_a_copy_beside_it_and_a_frame_that_is_missing(tmp_path: Path) -> None:
    files = write_series(tmp_path / "classic", CROP)
    write_enhanced(tmp_path / "both/ct", files)
    shutil.copy(tmp_path / "both/ct", tmp_path / "both/copy")
    np.testing.assert_array_equal(read_series_folder(tmp_path / "both").volume.array, CROP)
    by_height = sorted(files, key=lambda file: float(pydicom.dcmread(file).ImagePositionPatient[2]))
    write_enhanced(tmp_path / "gap/ct", by_height[:2] + by_height[3:])
    with pytest.raises(InputError, match="slices are missing in 1 place"):
        read_series_folder(tmp_path / "gap")


def test_a_damaged_one(tmp_path: Path) -> None:
    write_enhanced(tmp_path / "ct/1.2.826.0.1.3680043.8.498.1234567890", write_series(tmp_path / "classic", CROP))
    (path,) = (tmp_path / "ct").iterdir()
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(InputError, match=r"the multi-frame DICOM file …567890 is cut short or damaged"):
        read_series_folder(tmp_path / "ct")


def test_no_identifier_is_written_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The classic slices it is unrolled into hold pixels and geometry only, and are gone afterwards."""
    write_enhanced(tmp_path / "ct/object", write_series(tmp_path / "classic", CROP))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "aside"))
    (tmp_path / "aside").mkdir()
    seen: list[bytes] = []
    from livermets.io.dicom import volumes as dicom

    read_pixels = dicom._volume

    def looked_at(series: object, path: Path) -> object:
        seen.extend(file.read_bytes() for file in (tmp_path / "aside").rglob("*") if file.is_file())
        return read_pixels(series, path)  # type: ignore[arg-type]

    monkeypatch.setattr(dicom, "_volume", looked_at)
    read_series_folder(tmp_path / "ct")
    assert len(seen) == len(CROP)
    for secret in [part for value in PLANTED.values() for part in value.split("^")]:
        assert not any(secret.encode() in content for content in seen)
    assert list((tmp_path / "aside").iterdir()) == []
