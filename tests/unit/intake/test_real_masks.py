"""Masks drawn by experts on public CTs (LIVERMETS_DATA) leave no remark; the same masks moved or mirrored do."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from livermets.imaging.geometry import Volume
from livermets.intake.liver_checks import liver_problems
from livermets.intake.placement_checks import LESIONS, placement_problem
from livermets.io.images import read_volume

DATA = Path(os.environ.get("LIVERMETS_DATA", "/nowhere"))
# The whole CT, and of the others the ones with the largest, the fewest, the thickest and the least visible lesions.
SCANS = ("ircadb01-p01", *(f"real-liver-ct/{name}" for name in ("ircadb01-p06", "lits-001", "lits-003", "lits-005")))
pytestmark = [
    pytest.mark.skipif(not DATA.is_dir(), reason="LIVERMETS_DATA names no folder with the public data sets"),
    pytest.mark.parametrize("scan", SCANS),
]


@dataclass(frozen=True, eq=False)
class RealScan:
    ct: Volume
    liver: np.ndarray
    lesions: np.ndarray


@cache
def read(scan: str) -> RealScan:
    ct = read_volume(DATA / scan / "ct.nii.gz")
    masks = [read_volume(path).array > 0 for path in sorted((DATA / scan).glob("livertumor*.nii.gz"))]
    lesions, _ = ndimage.label(np.any(masks, axis=0), np.ones((3, 3, 3)))
    return RealScan(ct, read_volume(DATA / scan / "liver.nii.gz").array > 0, lesions.astype(np.uint16))


def moved(mask: np.ndarray, steps: tuple[int, int, int]) -> np.ndarray:
    """The mask moved, with nothing coming in from the other side."""
    margin = max(map(abs, steps))
    wide = np.roll(np.pad(mask, margin), steps, (0, 1, 2))
    return np.ascontiguousarray(wide[(slice(margin, -margin),) * 3]) if margin else mask


def remark(scan: str, steps: tuple[int, int, int]) -> str:
    read_in = read(scan)
    return " ".join(str(problem) for problem in liver_problems(read_in.ct, moved(read_in.liver, steps), "here"))


def test_masks_as_drawn_leave_no_remark(scan: str) -> None:
    read_in = read(scan)
    boxes = list(enumerate(ndimage.find_objects(read_in.lesions), start=1))
    assert list(liver_problems(read_in.ct, read_in.liver, "here")) == []
    assert placement_problem(read_in.ct, read_in.lesions, boxes, LESIONS, "here", "they") is None


@pytest.mark.parametrize("steps, way_back", [
    ((1, 0, 0), "1 slice towards the feet"), ((-2, 0, 0), "2 slices towards the head"),
    ((0, 4, 0), "to the front"), ((0, -8, 0), "to the back"), ((0, 0, 8), "to the patient's right"),
])  # fmt: skip
def test_a_moved_liver_is_told(scan: str, steps: tuple[int, int, int], way_back: str) -> None:
    said = remark(scan, steps)
    assert "would fit the CT better moved" in said
    assert way_back in said


def test_a_mirrored_liver_is_an_error(scan: str) -> None:
    read_in = read(scan)
    flipped = np.ascontiguousarray(read_in.liver[:, :, ::-1])
    (found,) = [p for p in liver_problems(read_in.ct, flipped, "here") if "mirrored" in p.what]
    assert "mirrored left to right" in found.what
    assert found.severity == "error"
