"""Segments that overlap: who keeps the voxels, and that none is lost without a word."""

from __future__ import annotations

import numpy as np
import pytest

from livermets.imaging.layers import Overlap, merged

SHAPE = (2, 9, 9)


def box(rows: slice, columns: slice) -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[:, rows, columns] = True
    return mask


LARGE, SMALL, BESIDE = (
    box(slice(0, 6), slice(0, 6)),
    box(slice(2, 4), slice(2, 4)),
    box(slice(4, 9), slice(4, 9)),
)


@pytest.mark.parametrize("numbers", [(1, 2), (2, 1)])
def test_a_nested_segment_keeps_its_voxels_whatever_its_number(numbers: tuple[int, int]) -> None:
    large, small = numbers
    found = merged([(large, LARGE), (small, SMALL)], SHAPE)
    np.testing.assert_array_equal(found.labels == small, SMALL)
    np.testing.assert_array_equal(found.labels == large, LARGE & ~SMALL)
    assert found.overlaps == (Overlap(1, 2, 8, inside=small),)
    assert found.swallowed == {}


def test_the_lower_number_keeps_what_two_segments_share() -> None:
    found = merged([(1, LARGE), (2, BESIDE)], SHAPE)
    np.testing.assert_array_equal(found.labels == 1, LARGE)
    np.testing.assert_array_equal(found.labels == 2, BESIDE & ~LARGE)
    assert found.overlaps == (Overlap(1, 2, 8),)


def test_nested_in_nested() -> None:
    core = box(slice(2, 3), slice(2, 3))
    found = merged([(3, core), (2, SMALL), (1, LARGE)], SHAPE)
    assert [int(np.count_nonzero(found.labels == n)) for n in (1, 2, 3)] == [64, 6, 2]


def test_a_segment_that_others_hold_is_named_with_them() -> None:
    assert merged([(1, SMALL), (2, SMALL)], SHAPE).swallowed == {2: (1,)}
    halves = box(slice(2, 4), slice(0, 3)), box(slice(2, 4), slice(3, 6))
    assert merged([(1, halves[0]), (2, halves[1]), (3, SMALL)], SHAPE).swallowed == {3: (1, 2)}


def test_an_empty_segment_is_counted() -> None:
    found = merged([(1, SMALL), (4, np.zeros(SHAPE, bool))], SHAPE)
    assert (found.sizes, found.swallowed) == ({1: 8, 4: 0}, {})
