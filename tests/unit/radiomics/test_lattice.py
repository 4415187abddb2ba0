"""Which windows exist."""

from __future__ import annotations

import numpy as np
import pytest

from livermets.radiomics.lattice import contained_windows


def by_looking(labels: np.ndarray, label: int, size: int, step: int) -> list[tuple[int, int, int]]:
    """Every lattice point whose window is all of the label, one after the other."""
    slices, rows, columns = labels.shape
    return [
        (z, y, x)
        for z in range(slices)
        for y in range(0, rows - size + 1, step)
        for x in range(0, columns - size + 1, step)
        if (labels[z, y : y + size, x : x + size] == label).all()
    ]


@pytest.mark.parametrize("size, step", [(3, 1), (3, 2), (5, 3), (7, 2), (7, 64)])
def test_windows_are_those_found_by_looking(size: int, step: int) -> None:
    labels = (np.random.default_rng(1).random((4, 40, 37)) > 0.02).astype(int)
    labels[:, :, 20:] *= 2
    for label in (1, 2):
        found = contained_windows(labels, label, size, step)
        assert list(map(tuple, found)) == by_looking(labels, label, size, step)


def test_lattice_is_anchored_at_the_image_not_at_the_lesion() -> None:
    labels = np.zeros((1, 30, 30), dtype=int)
    labels[0, 5:17, 3:16] = 1
    windows = contained_windows(labels, 1, 7, 2)
    assert (windows[:, 1:] % 2 == 0).all()
    assert windows[:, 1:].min(axis=0).tolist() == [6, 4]


def test_touching_lesions_share_no_window() -> None:
    labels = np.ones((1, 7, 14), dtype=int)
    labels[:, :, 7:] = 2
    assert contained_windows(labels, 1, 7, 1).tolist() == [[0, 0, 0]]
    assert contained_windows(labels, 2, 7, 1).tolist() == [[0, 0, 7]]


@pytest.mark.parametrize("shape", [(2, 6, 30), (2, 30, 6), (1, 7, 7)])
def test_lesion_too_small_or_absent_has_no_window(shape: tuple[int, int, int]) -> None:
    labels = np.zeros(shape, dtype=int)
    assert contained_windows(labels, 1, 7, 2).shape == (0, 3)
    labels[:, :6, :6] = 1
    assert contained_windows(labels, 1, 7, 2).shape == (0, 3)
