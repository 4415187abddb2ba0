"""Mutated valid files never crash a reader: they read, or end in a sentence."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.dicom_files import write_enhanced, write_rtstruct, write_seg, write_series
from tests.small_study import HEADER, ORIGIN_XYZ, ROWS, SHAPE_ZYX, SPACING_XYZ, patient_arrays, save

from livermets.cohort.load import load_cohorts
from livermets.config.cohorts import CohortSettings
from livermets.config.outcome import OutcomeSettings
from livermets.errors import InputError
from livermets.imaging.geometry import Grid
from livermets.intake.scan_data import read_ct
from livermets.io.masks import read_mask
from livermets.io.rows import read_rows

SECONDS = 10.0
"""No format is tried for longer, however slow the machine."""
GRID = Grid(SHAPE_ZYX[::-1], SPACING_XYZ, ORIGIN_XYZ)
CT, LIVER, LESIONS = patient_arrays(0)


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Bytes flipped (headers more often), a piece cut out, doubled or the end cut off."""
    data = bytearray(content)
    kind = rng.randrange(5)
    if kind <= 1:
        reach = min(len(data), 2000) if kind == 0 else len(data)
        for _ in range(rng.choice([1, 3, 20])):
            data[rng.randrange(reach)] = rng.randrange(256)
    elif kind == 2:
        del data[rng.randrange(len(data)) :]
    else:
        start = rng.randrange(len(data))
        piece = bytes(data[start : start + rng.randrange(1, 200)])
        data[start : start + (len(piece) if kind == 3 else 0)] = b"" if kind == 3 else piece
    return bytes(data)


def fuzz(path: Path, read: Callable[[], object], seed: int, tries: int = 60) -> int:
    """Reads mutations of one file; how many ended in a sentence. Anything but `InputError` fails the test."""
    rng, content = random.Random(seed), path.read_bytes()
    refused = 0
    end = time.monotonic() + SECONDS
    for _ in range(tries):
        if time.monotonic() > end:
            break
        path.write_bytes(mutated(content, rng))
        try:
            read()
        except InputError as error:
            refused += bool(error.problems)
    path.write_bytes(content)
    read()
    return refused


@pytest.mark.parametrize("name", ["ct.nii", "ct.nii.gz", "ct.nrrd", "ct.mha"])
def test_image_files(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    save(path, CT)
    refused = fuzz(path, lambda: read_ct(path), 1)
    assert refused > 0


@pytest.mark.slow
def test_dicom_slices(tmp_path: Path) -> None:
    path = write_series(tmp_path / "series", CT[:4, :16, :16])[1]
    refused = fuzz(path, lambda: read_ct(tmp_path / "series"), 2, tries=20)
    assert refused > 0


@pytest.mark.slow
def test_enhanced_ct(tmp_path: Path) -> None:
    write_enhanced(tmp_path / "enhanced/ct", write_series(tmp_path / "series", CT[:4, :16, :16]))
    refused = fuzz(tmp_path / "enhanced/ct", lambda: read_ct(tmp_path / "enhanced"), 6, tries=40)
    assert refused > 0


def test_segmentations(tmp_path: Path) -> None:
    files = write_series(tmp_path / "series", CT)
    write_seg(tmp_path / "seg.dcm", files, {"Liver": LIVER > 0, "Tumor_1": LESIONS == 1})
    refused = fuzz(tmp_path / "seg.dcm", lambda: read_mask(tmp_path / "seg.dcm", GRID, ["Liver"]), 3, tries=20)
    assert refused > 0


def test_structure_sets(tmp_path: Path) -> None:
    square = np.array([[-25, -10, -68], [-10, -10, -68], [-10, 10, -68], [-25, 10, -68.0]])
    write_rtstruct(tmp_path / "rt.dcm", {"mts 1": [square]})
    refused = fuzz(tmp_path / "rt.dcm", lambda: read_mask(tmp_path / "rt.dcm", GRID), 4)
    assert refused > 0


@pytest.mark.parametrize("name", ["table.csv", "table.csv.gz", "table.xlsx"])
def test_tables(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    _write_table(path)
    cohort = CohortSettings(role="train", table=str(path), image="{patient}", lesions="{patient}")
    refused = fuzz(path, lambda: load_cohorts({"a": cohort}, OutcomeSettings(), 1), 5)
    assert refused > 0
    assert len(read_rows(path).rows) == len(ROWS)


def _write_table(path: Path) -> None:
    import gzip

    from openpyxl import Workbook

    text = "\n".join([HEADER, *ROWS]) + "\n"
    if path.suffix == ".xlsx":
        book = Workbook()
        for line in text.splitlines():
            book.active.append(line.split(","))
        book.save(path)
    else:
        path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
