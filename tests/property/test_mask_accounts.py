"""Nothing that a reader of masks skips goes uncounted: contours and frames that went in are used or reported."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from livermets.imaging.contours import Contour, filled
from livermets.imaging.geometry import Grid
from livermets.imaging.layers import merged
from livermets.io.dicom.rtstruct import Structure, contour_remarks
from livermets.io.dicom.seg import frame_content, frame_fates

GRID = Grid((40, 36, 5), (1.0, 1.0, 3.0), (-20.0, -18.0, 10.0))
ANGLES = np.linspace(0, 2 * np.pi, 24, endpoint=False)


def circle(x: int, y: int, radius: float, height: float) -> np.ndarray:
    return np.column_stack([x + radius * np.cos(ANGLES), y + radius * np.sin(ANGLES), np.full(24, height)])


circles = st.builds(
    circle,
    st.integers(-14, 14),
    st.integers(-12, 12),
    st.sampled_from([0.2, 2.3, 4.3, 8.3, 12.3]),
    st.sampled_from([10.0, 11.4, 13.0, 13.2, 14.5, 16.0, 19.0, 22.0]),
)
degenerate = st.builds(lambda points, count: points[:count], circles, st.integers(0, 2))
contours = st.builds(Contour, st.one_of(circles, circles, degenerate), st.booleans())
quick = settings(max_examples=60, deadline=None, derandomize=True)


@quick
@given(st.lists(contours, max_size=8), st.integers(0, 3))
def test_every_contour_is_used_or_reported(drawn: list[Contour], points: int) -> None:
    structure = Structure(drawn, points)
    every_slice = [Contour(circle(0, 0, 16.3, z)) for z in (10.0, 13.0, 16.0, 19.0, 22.0)]  # no slice is skipped
    structure.closed.extend(every_slice)
    found = filled(structure.closed, GRID)
    assert sum(found.fates.values()) == len(structure.closed)
    said = [remark for remark in contour_remarks(structure, found) if "are used" in remark]
    used, total = (
        (int(n) for n in re.match(r"(\d+) of (\d+)", said[0]).groups()) if said else (found.fates["used"],) * 2
    )
    left_out = [int(n) for n in re.findall(r"(?:: |, )(\d+) ", said[0])] if said else []
    assert used + sum(left_out) == total == structure.total


@pytest.mark.slow
@quick
@given(st.lists(circles, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_copies_and_order_change_nothing(drawn: list[np.ndarray], random) -> None:
    whole = [*drawn, *(circle(0, 0, 16.3, z) for z in (10.0, 13.0, 16.0, 19.0, 22.0))]
    once = filled([Contour(points) for points in whole], GRID).mask
    again = [*whole, *(np.roll(points[::-1], random.randrange(24), axis=0) for points in whole)]
    random.shuffle(again)
    np.testing.assert_array_equal(filled([Contour(points) for points in again], GRID).mask, once)


@pytest.mark.slow
@quick
@given(st.lists(circles, min_size=1, max_size=6))
def test_no_voxel_appears_that_no_contour_encloses(drawn: list[np.ndarray]) -> None:
    body = [circle(0, 0, 16.3, z) for z in (10.0, 13.0, 16.0, 19.0, 22.0)]
    found = filled([Contour(points) for points in [*drawn, *body]], GRID).mask
    whole = filled([Contour(points) for points in body], GRID).mask
    single = [filled([Contour(points)], GRID).mask for points in drawn]
    assert not np.any(found & ~np.any([whole, *single], axis=0))


def object_of(kind: str, owners: list[int]) -> Dataset:
    """What the account of frames looks at in a segmentation."""
    seg = Dataset()
    seg.SegmentationType = kind
    seg.PerFrameFunctionalGroupsSequence = []
    for owner in owners:
        frame, identification = Dataset(), Dataset()
        identification.ReferencedSegmentNumber = owner
        frame.SegmentIdentificationSequence = [identification]
        seg.PerFrameFunctionalGroupsSequence.append(frame)
    return seg


FILLINGS: dict[str, Callable[[list[int]], np.ndarray]] = {
    "BINARY": lambda values: np.array(values, np.uint8)[:, None, None] % 2 * np.ones((1, 2, 2), np.uint8),
    "LABELMAP": lambda values: np.array(values, np.uint8)[:, None, None] * np.eye(2, dtype=np.uint8),
}


@pytest.mark.parametrize("kind", FILLINGS)
@quick
@given(st.data())
def test_every_frame_is_used_or_counted(kind: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.integers(0, 6), min_size=1, max_size=12))
    owners = data.draw(st.lists(st.integers(1, 6), min_size=len(values), max_size=len(values)))
    named = data.draw(st.sets(st.integers(1, 6)))
    chosen = data.draw(st.sets(st.sampled_from(sorted(named)))) if named else set()
    content = frame_content(object_of(kind, owners), FILLINGS[kind](values), frozenset({0}))
    fates = frame_fates(content, chosen, named)
    assert sum(fates.values()) == len(values)
    holds = [value if kind == "LABELMAP" else owner * (value % 2) for value, owner in zip(values, owners, strict=True)]
    assert fates["empty"] == holds.count(0)
    assert fates["used"] == sum(held in chosen for held in holds)
    assert fates["unnamed"] == sum(held != 0 and held not in named for held in holds)


@quick
@given(st.data())
def test_every_segment_keeps_voxels_or_is_named(data: st.DataObject) -> None:
    """No voxel of the segments is lost, none appears, and a segment that ends with none is in the account."""
    boxes = data.draw(st.lists(st.tuples(*[st.integers(0, 7)] * 2, *[st.integers(0, 5)] * 2), min_size=1, max_size=5))
    layers = []
    for number, (row, column, height, width) in enumerate(boxes, start=1):
        mask = np.zeros((1, 10, 10), bool)
        mask[0, row : row + height, column : column + width] = True
        layers.append((number, mask))
    found = merged(layers, (1, 10, 10))
    np.testing.assert_array_equal(found.labels > 0, np.any([mask for _, mask in layers], axis=0))
    for number, mask in layers:
        own = found.labels == number
        assert not np.any(own & ~mask)
        assert own.any() or number in found.swallowed or found.sizes[number] == 0
