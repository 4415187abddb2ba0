"""What synthetic readers draw: known shifts, sizes and misses of known lesions."""

from __future__ import annotations

import numpy as np
import pytest
from tests.phantoms import ball, grid

from livermets.config.phantom import PhantomReader
from livermets.phantom.readers import drawn_by

GRID = grid((80, 80, 40), (1.0, 1.0, 1.5))
SPACING = GRID.spacing_zyx_mm


def two_balls() -> np.ndarray:
    """Lesions of 20 and 16 mm, 30 mm apart."""
    labels = np.zeros(GRID.shape_zyx, np.uint8)
    labels[ball(GRID, (0, 0, -15), 20)] = 1
    labels[ball(GRID, (3, 5, 15), 16)] = 2
    return labels


def centre_mm(mask: np.ndarray) -> np.ndarray:
    return np.argwhere(mask).mean(axis=0) * SPACING


def test_a_reader_without_a_difference_draws_the_truth() -> None:
    labels = two_balls()
    assert (drawn_by(PhantomReader(), labels, SPACING, 1, "reader2", 1) == labels).all()


def test_a_shift_moves_every_lesion_by_its_length_in_the_slice() -> None:
    labels = two_balls()
    drawn = drawn_by(PhantomReader(shift_mm=4.0), labels, SPACING, 1, "reader2", 1)
    moves = [centre_mm(drawn == lesion) - centre_mm(labels == lesion) for lesion in (1, 2)]
    assert np.linalg.norm(moves, axis=1) == pytest.approx([4.0, 4.0], abs=0.5)  # drawn voxel by voxel
    assert [move[0] for move in moves] == pytest.approx([0, 0], abs=0.05)
    assert not np.allclose(moves[0], moves[1], atol=0.5)


@pytest.mark.parametrize("scale", [0.7, 1.3])
def test_a_scale_changes_the_volume_by_its_cube(scale: float) -> None:
    labels = two_balls()
    drawn = drawn_by(PhantomReader(scale=scale), labels, SPACING, 1, "reader2", 1)
    ratio = np.bincount(drawn.ravel())[1:] / np.bincount(labels.ravel())[1:]
    assert ratio == pytest.approx([scale**3] * 2, rel=0.06)


def test_the_share_that_is_missed_is_that_of_the_settings() -> None:
    labels = np.zeros((3, 3, 400), np.uint8)
    labels[1, 1, 2::4] = np.arange(1, 101)
    drawn = drawn_by(PhantomReader(missed=0.3), labels, SPACING, 5, "reader2", 1)
    assert len(np.unique(drawn)) - 1 == pytest.approx(70, abs=14)  # three standard deviations
    assert not drawn_by(PhantomReader(missed=1), labels, SPACING, 5, "reader2", 1).any()


def test_readers_and_patients_have_random_numbers_of_their_own() -> None:
    labels, reader = two_balls(), PhantomReader(shift_mm=4.0)
    one, again = (drawn_by(reader, labels, SPACING, 1, "reader2", 1) for _ in range(2))
    assert (one == again).all()
    for seed, *who in ((2, "reader2", 1), (1, "reader3", 1), (1, "reader2", 2)):
        assert (drawn_by(reader, labels, SPACING, seed, *who) != one).any()
