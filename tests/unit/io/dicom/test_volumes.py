"""DICOM series: the same CT whatever the transfer syntax, the file names and the neighbours in the folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import (
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)
from tests.dicom_files import ct_slice, write_series
from tests.small_study import ORIGIN_XYZ, SPACING_XYZ, patient_arrays, save

from livermets.config.cohort_entries import SeriesChoice
from livermets.errors import InputError
from livermets.io.dicom.headers import shown_name
from livermets.io.dicom.volumes import read_series_folder
from livermets.io.images import read_volume

HU = patient_arrays(0)[0]


@pytest.mark.parametrize("syntax", [None, RLELossless, JPEG2000Lossless, JPEGLSLossless])
def test_transfer_syntaxes_give_the_nifti(tmp_path: Path, syntax: str | None) -> None:
    write_series(tmp_path / "dicom", HU, syntax=syntax)
    save(tmp_path / "ct.nii.gz", HU)
    found, nifti = read_series_folder(tmp_path / "dicom").volume, read_volume(tmp_path / "ct.nii.gz")
    np.testing.assert_array_equal(found.array, nifti.array)
    assert found.grid.differences(nifti.grid) == []


def test_a_folder_as_hospitals_fill_it(tmp_path: Path) -> None:
    """Nested folders, scouts, copies of a slice, pictures and text beside the series: none of it disturbs."""
    files = write_series(tmp_path / "study/series", HU)
    shutil.copy(files[0], tmp_path / "study/copy_of_a_slice")
    write_series(tmp_path / "study/scout", HU[:1], ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    (tmp_path / "LICENSE").write_text("text")
    (tmp_path / "study/picture.jpg").write_bytes(b"\xff\xd8\xff" * 30)
    np.testing.assert_array_equal(read_series_folder(tmp_path).volume.array, HU)


def test_pictures_beside_the_series(tmp_path: Path) -> None:
    """A dose report and a screenshot in colour, an unnamed scout, a structured report, a broken DICOMDIR."""
    files = write_series(tmp_path, HU)
    write_series(tmp_path, HU[:1, :40], names="scout{}", SeriesDescription="Topogram")
    colour, report = (pydicom.dcmread(files[0]) for _ in range(2))
    del colour.ImagePositionPatient, colour.ImageOrientationPatient
    colour.SeriesInstanceUID, colour.SOPInstanceUID, colour.SamplesPerPixel = "1.2.8", "1.2.9", 3
    colour.PixelData = colour.PixelData * 3
    colour.save_as(tmp_path / "dose")
    del report.PixelData, report.Rows
    report.Modality = "SR"
    report.save_as(tmp_path / "report")
    (tmp_path / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM and nothing else")
    np.testing.assert_array_equal(read_series_folder(tmp_path).volume.array, HU)


def test_a_slice_that_got_into_a_series_of_its_own(tmp_path: Path) -> None:
    """It may be the CT's last one: it is not dropped without a word."""
    write_series(tmp_path, HU[:-1])
    write_series(tmp_path, HU[-1:], names="last{}")
    with pytest.raises(InputError, match="2 DICOM series in this folder"):
        read_series_folder(tmp_path)


def test_an_oblique_series(tmp_path: Path) -> None:
    """Rows turned by 10 degrees in the slice: pixels as they are, the direction says how they lie."""
    row, column = np.array([np.cos(0.1745), np.sin(0.1745), 0]), np.array([-np.sin(0.1745), np.cos(0.1745), 0])
    for z, plane in enumerate(HU):
        slice_ = ct_slice(plane, (ORIGIN_XYZ[0], ORIGIN_XYZ[1], ORIGIN_XYZ[2] + 4.0 * z), SPACING_XYZ)
        slice_.ImageOrientationPatient = [*row, *column]
        slice_.SeriesInstanceUID = "1.2.3"
        slice_.save_as(tmp_path / f"{z}", enforce_file_format=True)
    volume = read_series_folder(tmp_path).volume
    np.testing.assert_array_equal(volume.array, HU)
    direction = np.array(volume.grid.direction).reshape(3, 3)
    np.testing.assert_allclose(direction, np.column_stack([row, column, [0, 0, 1]]), atol=1e-6)


def test_positions_rounded_to_a_tenth(tmp_path: Path) -> None:
    files = write_series(tmp_path, HU, (2.0, 2.0, 1.25))
    for file in files:
        slice_ = pydicom.dcmread(file)
        slice_.ImagePositionPatient[2] = round(float(slice_.ImagePositionPatient[2]), 1)
        slice_.save_as(file)
    assert read_series_folder(tmp_path).volume.grid.spacing_xyz_mm[2] == pytest.approx(1.25, abs=0.01)


def test_head_first_and_feet_first_order(tmp_path: Path) -> None:
    """Slices stored from head to feet, with the opposite column direction: still canonical axes."""
    for z, plane in enumerate(HU):
        slice_ = ct_slice(plane[::-1], (ORIGIN_XYZ[0], ORIGIN_XYZ[1] + 47 * 2.0, ORIGIN_XYZ[2] + 4.0 * z), SPACING_XYZ)
        slice_.ImageOrientationPatient = [1, 0, 0, 0, -1, 0]
        slice_.SeriesInstanceUID = "1.2.3"
        slice_.save_as(tmp_path / f"{99 - z}", enforce_file_format=True)
    volume = read_series_folder(tmp_path).volume
    np.testing.assert_array_equal(volume.array, HU)
    assert volume.grid.origin_xyz_mm == pytest.approx(ORIGIN_XYZ)
    assert volume.stored_orientation != "LPS"


def test_one_of_several_series(tmp_path: Path) -> None:
    write_series(tmp_path / "a", HU)
    write_series(tmp_path / "b", HU + 5, SeriesNumber=3, SeriesDescription="Abdomen arterial", AcquisitionNumber=2)
    for choice in ({"phase": "portal"}, {"number": 2}, {"description": "*PORTAL*"}, {"acquisition": 1}):
        np.testing.assert_array_equal(read_series_folder(tmp_path, SeriesChoice(**choice)).volume.array, HU)
    with pytest.raises(InputError, match="2 DICOM series in this folder"):
        read_series_folder(tmp_path)


def test_phases_in_one_series_are_told_apart_by_acquisition(tmp_path: Path) -> None:
    write_series(tmp_path / "a", HU, uid="1.2.3", AcquisitionNumber=1)
    write_series(tmp_path / "b", HU + 5, uid="1.2.3", AcquisitionNumber=2)
    found = read_series_folder(tmp_path, SeriesChoice(acquisition=2)).volume.array
    np.testing.assert_array_equal(found, HU + 5)


def test_rescaling_that_differs_between_slices(tmp_path: Path) -> None:
    files = write_series(tmp_path, HU)
    for file in files[::2]:
        slice_ = pydicom.dcmread(file)
        values = (np.frombuffer(slice_.PixelData, "<u2").astype(int) - 1024 + 2000).astype("<u2")
        slice_.PixelData, slice_.RescaleIntercept = values.tobytes(), -2000
        slice_.save_as(file)
    np.testing.assert_array_equal(read_series_folder(tmp_path).volume.array, HU)


def test_facts_identify_nobody(tmp_path: Path) -> None:
    write_series(tmp_path, HU, KVP=120, ContrastBolusAgent="Iomeron for Rossi")
    facts = read_series_folder(tmp_path).facts
    assert facts["tube_voltage_kv"] == 120
    assert facts["contrast_given"]
    assert facts["phase_hint"] == "portal"
    assert "Rossi" not in str(facts)


def test_uids_in_file_names_are_not_shown() -> None:
    assert shown_name(Path("x/CT.1.3.12.2.1107.5.1.4.60064.3000002212.dcm")) == "CT.…002212.dcm"
    assert shown_name(Path("x/IM0001")) == "IM0001"
