"""Nothing that the reader of slices skips goes uncounted: what lies in a folder = what was used + what is reported."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import MRImageStorage, generate_uid
from tests.dicom_files import write_seg, write_series

from livermets.config.cohort_entries import SeriesChoice
from livermets.errors import InputError
from livermets.intake.scan_data import read_ct

VALUES = np.random.default_rng(0).integers(-900, 900, (12, 6, 6)).astype(np.int16)
MAGIC_ENDS_AT = 132
SMALL = st.integers(0, 3)
EXTRA_KINDS = ("copies", "empty", "text", "reports", "scouts", "captures", "mr", "other", "masks")
EXTRA = st.fixed_dictionaries({**dict.fromkeys(EXTRA_KINDS[:-1], SMALL), "masks": st.integers(0, 1)})
COUNTED_AS = {
    "copies": "copies", "empty": "empty_files", "text": "other_files", "reports": "other_dicom", "scouts": "scouts",
    "masks": "masks",
}  # fmt: skip


def fill(folder: Path, slices: int, linked: int, shared: int, extra: dict[str, int]) -> int:
    """A folder with the CT's slices, some behind links, some with one identity, and other things; how many files."""
    archive, place = folder / "archive", folder / "ct"
    files = write_series(archive / "series", VALUES[:slices], SeriesNumber=1)
    place.mkdir()
    for z, file in enumerate(files):
        if z < shared:
            slice_ = pydicom.dcmread(file)
            slice_.SOPInstanceUID = "1.2.3"
            slice_.save_as(file)
        if z < linked:
            (place / file.name).symlink_to(file)
        else:
            file.rename(place / file.name)
    here = [place / file.name for file in files]
    for n in range(extra["copies"]):
        (place / f"copy{n}").write_bytes(here[n % slices].read_bytes())
    for n in range(extra["empty"]):
        (place / f"empty{n}").touch()
    for n in range(extra["text"]):
        (place / f"note{n}").write_text("hello")
    for n in range(extra["reports"]):
        report = pydicom.dcmread(here[0])
        del report.PixelData, report.Rows, report.Columns
        report.Modality, report.SOPClassUID = "SR", "1.2.840.10008.5.1.4.1.1.88.22"
        report.save_as(place / f"report{n}")
    kinds: dict[str, dict[str, Any]] = {
        "scouts": {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "captures": {"Modality": "OT"},
        "mr": {"Modality": "MR", "SOPClassUID": MRImageStorage}, "other": {"SeriesNumber": 7, "uid": generate_uid()},
    }  # fmt: skip
    for kind, tags in kinds.items():
        write_series(archive / kind, VALUES[: extra[kind]], **tags)
        if extra[kind]:
            (place / kind).symlink_to(archive / kind)
    for n in range(extra["masks"]):
        write_seg(place / f"seg{n}", here, {"a": VALUES[:slices] > 0})
    return slices + sum(extra.values())


@pytest.mark.slow
@given(st.integers(3, 12), SMALL, st.integers(0, 12), EXTRA)
@settings(max_examples=20, deadline=None, derandomize=True)
def test_files_are_used_or_reported(slices: int, linked: int, shared: int, extra: dict[str, int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = fill(Path(folder), slices, linked, shared, extra)
        found = read_ct(Path(folder) / "ct", SeriesChoice(number=1))
    np.testing.assert_array_equal(found.ct.array, VALUES[:slices])
    assert sum(found.files.values()) == files
    assert found.files["slices"] == slices
    others = found.files.get("pictures", 0) + found.files.get("other_series", 0)
    assert others == sum(extra[kind] for kind in ("other", "captures", "mr"))
    for kind, counted_as in COUNTED_AS.items():
        assert found.files.get(counted_as, 0) == extra[kind]


@pytest.mark.slow
@given(st.integers(3, 12), SMALL, SMALL, st.integers(0, 11), st.integers(0, 1400))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_a_slice_that_is_not_there_or_cut_short_is_never_passed_over(
    slices: int, linked: int, empty: int, which: int, keep: int
) -> None:
    """At any place of the series, cut at any byte of the file (0: the link to it leads nowhere): an error, or where
    nothing of it is left but zeros, a warning."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), slices, linked, 0, {**dict.fromkeys(EXTRA_KINDS, 0), "empty": empty})
        place = Path(folder) / "ct"
        file = sorted(path for path in place.iterdir() if path.name.startswith("IM"))[which % slices]
        content = file.read_bytes()
        file.unlink()
        if keep % len(content):
            file.write_bytes(content[: keep % len(content)])
        else:
            file.symlink_to("gone")
        try:
            found = read_ct(place, SeriesChoice(number=1))
        except InputError:
            return
        assert file.stat().st_size < MAGIC_ENDS_AT
        assert f"{empty + 1} empty file" in found.warnings[0].what
