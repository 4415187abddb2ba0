"""What is a slice of a CT and what is not, whatever else an export put beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.uid import (
    EnhancedMRImageStorage,
    MRImageStorage,
    PositronEmissionTomographyImageStorage,
    SecondaryCaptureImageStorage,
)
from tests.dicom_files import write_series
from tests.small_study import SHAPE_ZYX, patient_arrays

from livermets.config.cohort_entries import SeriesChoice
from livermets.errors import InputError
from livermets.imaging.geometry import Grid
from livermets.intake.scan_data import read_ct
from livermets.io.masks import read_mask

CROP = patient_arrays(0)[0][:8, 10:34, 8:40]
MR = {"Modality": "MR", "SOPClassUID": MRImageStorage}
PET = {"Modality": "PT", "SOPClassUID": PositronEmissionTomographyImageStorage}
CAPTURE = {"Modality": "CT", "SOPClassUID": SecondaryCaptureImageStorage, "ImageType": ["DERIVED", "SECONDARY"]}
OTHER = {"Modality": "OT", "SOPClassUID": SecondaryCaptureImageStorage}


@pytest.mark.parametrize(
    "tags, said",
    [
        (MR, "this is an MR series, not CT"),
        ({"Modality": "MR"}, "this is an MR series, not CT"),
        ({"Modality": "", "SOPClassUID": EnhancedMRImageStorage}, "this is an MR series, not CT"),
        (PET, "this is a PET series, not CT"),
        ({"Modality": "RTDOSE"}, "this is an RTDOSE series, not CT"),
    ],
)
def test_a_series_of_another_modality_is_refused(tmp_path: Path, tags: dict[str, Any], said: str) -> None:
    write_series(tmp_path, CROP, **tags)
    with pytest.raises(InputError, match=f"{said}. Give the slices of the CT"):
        read_ct(tmp_path)


def test_several_other_modalities(tmp_path: Path) -> None:
    write_series(tmp_path / "a", CROP, **MR)
    write_series(tmp_path / "b", CROP, **PET)
    write_series(tmp_path / "c", CROP[:1], **OTHER)
    with pytest.raises(InputError, match="these are MR and PET series, not CT"):
        read_ct(tmp_path)


@pytest.mark.parametrize("tags", [CAPTURE, OTHER, {"Modality": "OT"}])
def test_captures_alone(tmp_path: Path, tags: dict[str, Any]) -> None:
    write_series(tmp_path, CROP[:1], **tags)
    words = "secondary capture" if "SOPClassUID" in tags else "a single slice"
    with pytest.raises(InputError, match=words):
        read_ct(tmp_path)


@pytest.mark.parametrize("tags, slices", [(MR, 8), (PET, 8), (OTHER, 8), (OTHER, 1), (CAPTURE, 1)])
def test_beside_a_ct_they_are_no_candidates(tmp_path: Path, tags: dict[str, Any], slices: int) -> None:
    """On the CT's own grid, so that only modality and SOP class tell them apart."""
    write_series(tmp_path / "ct", CROP)
    write_series(tmp_path / "other", CROP[:slices] + 5, SeriesNumber=9, **tags)
    data = read_ct(tmp_path)
    np.testing.assert_array_equal(data.ct.array, CROP)
    assert data.files == {"slices": 8, "other_series": slices}
    with pytest.raises(InputError, match=r"no DICOM series fits `series`.*Series found: number 2, [^;]*$"):
        read_ct(tmp_path, SeriesChoice(number=9))


@pytest.mark.parametrize("tags", [OTHER, {"Modality": ""}, {"Modality": "OT"}])
def test_a_ct_that_was_converted(tmp_path: Path, tags: dict[str, Any]) -> None:
    """Converters write "other" or nothing: a whole series of it, alone, is read."""
    write_series(tmp_path, CROP, **tags)
    write_series(tmp_path / "scout", CROP[:1], ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    np.testing.assert_array_equal(read_ct(tmp_path).ct.array, CROP)


@pytest.mark.parametrize("tags", [MR, OTHER, {"Modality": ""}, {}])
def test_slices_of_a_mask_have_any_modality(tmp_path: Path, tags: dict[str, Any]) -> None:
    mask = patient_arrays(0)[2]
    write_series(tmp_path, mask.astype(np.int16), **tags)
    grid = Grid(SHAPE_ZYX[::-1], (2.0, 2.0, 4.0), (-47.0, -45.0, -100.0))
    np.testing.assert_array_equal(read_mask(tmp_path, grid).labels, mask)


@pytest.mark.parametrize("keep", [140, 300, 420, 700, 900, 1100])
def test_a_slice_that_was_cut_short_is_never_passed_over(tmp_path: Path, keep: int) -> None:
    """The last slice, cut before its identity, its geometry, its size or its pixels."""
    files = write_series(tmp_path, CROP)
    files[-1].write_bytes(files[-1].read_bytes()[:keep])
    with pytest.raises(InputError, match=files[-1].name):
        read_ct(tmp_path)


def test_what_should_not_be_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    files = write_series(tmp_path, CROP, names="IM{:04d}.dcm")
    for name, content in {"IM0100.dcm": b"", "IM0103.dcm": bytes(900), "IM0104": bytes(20)}.items():
        (tmp_path / name).write_bytes(content)
    for name in ("IM0101.dcm", "IM0102.dcm.part", "notes.txt", "._IM0001.dcm", "picture.jpg"):
        (tmp_path / name).write_text("hello")
    (tmp_path / "copy.dcm").write_bytes(files[0].read_bytes())
    report = pydicom.dcmread(files[0])
    del report.PixelData, report.Rows
    report.Modality, report.SOPClassUID = "SR", "1.2.840.10008.5.1.4.1.1.88.22"
    report.save_as(tmp_path / "report.dcm")
    data = read_ct(tmp_path)
    (warning,) = data.warnings
    assert warning.what == (
        "left out of the series: 1 copy of a slice, 3 empty files (no bytes, or zeros), "
        "2 files named like slices that are not DICOM"
    )
    assert data.files == {
        "slices": 8, "copies": 1, "empty_files": 3, "named_like_slices": 2, "other_files": 3, "other_dicom": 1,
    }  # fmt: skip
