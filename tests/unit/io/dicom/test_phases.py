"""Phases that were stored as one series: two volumes to choose from, never one of twice the slices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from tests.dicom_files import write_enhanced, write_series
from tests.small_study import ORIGIN_XYZ, patient_arrays

from livermets.config.cohort_entries import SeriesChoice
from livermets.errors import InputError
from livermets.io.dicom.phases import clock
from livermets.io.dicom.volumes import read_series_folder

CROP = patient_arrays(0)[0][:8, 10:34, 8:40]
Tags = Callable[[int], dict[str, Any]]


def write_phase(folder: Path, number: int, tags: Tags, offset_mm: float, arrays: np.ndarray = CROP) -> list[Path]:
    """One phase of the series 1.2.3: ``tags`` of every slice by its place from feet to head."""
    origin = (*ORIGIN_XYZ[:2], ORIGIN_XYZ[2] + offset_mm)
    alike = {"uid": "1.2.3", "StudyInstanceUID": "1.2.4", "FrameOfReferenceUID": "1.2.5"}
    files = write_series(folder, arrays + 5 * number, origin=origin, names=f"P{number}_{{:04d}}", **alike)
    for z, file in enumerate(files):
        slice_ = pydicom.dcmread(file)
        for name, value in tags(z).items():
            setattr(slice_, name, value)
        slice_.save_as(file)
    return files


TOLD_APART = {
    "acquisition number": (lambda n, z: {"AcquisitionNumber": n + 4}, "acquisition", (4, 5)),
    "series number": (lambda n, z: {"SeriesNumber": n + 4}, "number", (4, 5)),
    "description": (lambda n, z: {"SeriesDescription": ["portal", "arterial"][n]}, "phase", ("portal", "arterial")),
    "position in time": (lambda n, z: {"TemporalPositionIdentifier": n + 1}, "acquisition", (1, 2)),
    "trigger": (lambda n, z: {"TriggerTime": 350.4 * n}, "acquisition", (0, 350)),
    "acquisition time": (lambda n, z: {"AcquisitionTime": f"10203{n}.25"}, "time", ("10:20:30", "10:20:31")),
    "time of every slice": (
        lambda n, z: {"AcquisitionTime": f"10{20 + n}{30 + z}.5"}, "time", ("10:20:30", "10:21"),
    ),
    "date and time": (
        lambda n, z: {"AcquisitionDateTime": f"2020010110{20 + n}00+0100"}, "time", ("10:20:00", "10:21:00"),
    ),
    "content time": (lambda n, z: {"ContentTime": f"09{n}500"}, "time", ("09:05:00", "09:15:00")),
}  # fmt: skip


@pytest.mark.parametrize("offset_mm", [2.0, 1.0, 0.0])
@pytest.mark.parametrize("name", TOLD_APART)
def test_phases_that_take_turns_are_two_series(tmp_path: Path, name: str, offset_mm: float) -> None:
    """Half a slice (2 mm) apart, where both together are evenly spaced too; a quarter apart; at the same positions."""
    tags, key, values = TOLD_APART[name]
    for number in (0, 1):
        write_phase(tmp_path, number, lambda z, n=number: tags(n, z), number * offset_mm)
    with pytest.raises(InputError, match="2 DICOM series in this folder") as refused:
        read_series_folder(tmp_path)
    for number, value in enumerate(values):
        found = read_series_folder(tmp_path, SeriesChoice(**{key: value}))
        np.testing.assert_array_equal(found.volume.array, CROP + 5 * number)
        assert found.files == {"slices": 8, "other_series": 8}
        assert found.volume.grid.origin_xyz_mm[2] == ORIGIN_XYZ[2] + number * offset_mm
        assert str(value) in str(refused.value)


def test_three_phases_with_a_time_for_every_slice(tmp_path: Path) -> None:
    for number, start in enumerate(("1020", "1021", "1029")):
        write_phase(tmp_path, number, lambda z, s=start: {"AcquisitionTime": f"{s}{10 + z}"}, number * 1.25)
    found = read_series_folder(tmp_path, SeriesChoice(time="10:21"))
    np.testing.assert_array_equal(found.volume.array, CROP + 5)
    assert found.files == {"slices": 8, "other_series": 16}


def test_frames_of_one_object(tmp_path: Path) -> None:
    """An enhanced CT whose frames have one acquisition number and two positions in time."""
    files = [file for n in (0, 1) for file in write_phase(tmp_path / "slices", n, lambda z: {}, n * 2.0)]
    enhanced = write_enhanced(tmp_path / "ct/object", files)
    for group in enhanced.PerFrameFunctionalGroupsSequence:
        height = float(group.PlanePositionSequence[0].ImagePositionPatient[2])
        content = group.FrameContentSequence[0]
        content.FrameAcquisitionNumber, content.TemporalPositionIndex = 1, 1 + round((height - ORIGIN_XYZ[2]) / 2) % 2
    enhanced.save_as(tmp_path / "ct/object")
    for number in (0, 1):
        found = read_series_folder(tmp_path / "ct", SeriesChoice(acquisition=number + 1))
        np.testing.assert_array_equal(found.volume.array, CROP + 5 * number)


@pytest.mark.parametrize(
    "tags",
    [
        lambda z: {"AcquisitionNumber": 1 + z // 4},
        lambda z: {"AcquisitionNumber": 1 + z},
        lambda z: {"AcquisitionTime": f"1020{30 + z // 4}"},
        lambda z: {"AcquisitionTime": f"10203{z}", "ContentTime": f"1030{10 + (5 * z) % 8}"},
        lambda z: {"AcquisitionNumber": 2} if z == 3 else {},
        lambda z: {"SeriesDescription": "a" if z in (1, 2, 5) else "b"},
        lambda z: {"ContentTime": "103001" if z in (0, 1, 4) else "103000"},
        lambda z: {"AcquisitionTime": "noon"} if z % 2 else {},
    ],
    ids=["two halves", "one each", "times of halves", "every slice its own time", "one odd one out", "irregular parts",
         "computed in two rounds", "no times"],
)  # fmt: skip
def test_one_volume_stays_one(tmp_path: Path, tags: Tags) -> None:
    write_phase(tmp_path, 0, tags, 0.0)
    found = read_series_folder(tmp_path)
    np.testing.assert_array_equal(found.volume.array, CROP)
    assert found.files == {"slices": 8}


@pytest.mark.parametrize("written, read", [("10:20:30", "10:20:30"), (37230, "10:20:30"), ("10:2", "10:2")])
def test_a_time_as_yaml_gives_it(written: object, read: str) -> None:
    """YAML 1.1 takes 10:20:30 without quotes for a number in base 60."""
    assert SeriesChoice.model_validate({"time": written}).time == read


def test_times_as_headers_give_them() -> None:
    def at(**tags: str) -> str:
        header = pydicom.Dataset()
        for name, value in tags.items():
            setattr(header, name, value)
        return clock(header)

    given: Sequence[tuple[dict[str, str], str]] = [
        ({"AcquisitionTime": "071005.99"}, "07:10:05"), ({"AcquisitionTime": "07:10:05"}, "07:10:05"),
        ({"AcquisitionTime": "0710"}, "07:10:00"), ({"AcquisitionTime": "", "ContentTime": "0811"}, "08:11:00"),
        ({"AcquisitionDateTime": "20200101235959-0500"}, "23:59:59"), ({"AcquisitionTime": "early"}, ""), ({}, ""),
    ]  # fmt: skip
    assert [at(**tags) for tags, _ in given] == [shown for _, shown in given]
