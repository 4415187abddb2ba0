"""Where a mask fits its image best: in place, moved, or mirrored."""

from __future__ import annotations

import numpy as np
import pytest
from tests.small_study import patient_arrays

from livermets.imaging.border_fit import Placement, placement

SPACING = (4.0, 2.0, 2.0)


def found(ct: np.ndarray, labels: np.ndarray, spacing: tuple[float, ...] = SPACING) -> Placement | None:
    boxes = [
        (int(n), tuple(slice(a.min(), a.max() + 1) for a in np.nonzero(labels == n))) for n in np.unique(labels) if n
    ]
    return placement(ct, labels, boxes, spacing)


@pytest.mark.parametrize("which", ["liver", "lesions"])
@pytest.mark.parametrize("moved", [(0, 0, 0), (1, 0, 0), (-2, 0, 0), (0, 2, 0), (0, 0, -3), (1, -2, 2)])
def test_a_moved_mask_is_told_with_the_way_back(which: str, moved: tuple[int, int, int]) -> None:
    ct, liver, lesions = patient_arrays(0)
    labels = np.roll(liver if which == "liver" else lesions, moved, (0, 1, 2))
    where = found(ct, labels)
    assert where is not None
    assert where.shift_zyx == tuple(-step for step in moved)
    assert where.best_fit > 0.5
    assert (where.fit == where.best_fit) == (moved == (0, 0, 0))


@pytest.mark.parametrize("axes", [(2,), (1,), (0,), (1, 2)])
def test_a_mirrored_mask_is_told_with_its_axes(axes: tuple[int, ...]) -> None:
    ct, liver, _ = patient_arrays(0)
    # Off the middle of the image on every axis, so that no turn leaves it where it is.
    ct, liver = (np.pad(array, ((0, 6), (12, 0), (12, 0)), mode="edge") for array in (ct, liver))
    where = found(ct, np.flip(liver, axes))
    assert where is not None
    assert where.mirrored_axes == axes
    assert where.mirrored_fit > 2 * where.fit


def test_an_image_without_borders_has_no_better_place() -> None:
    _, liver, _ = patient_arrays(0)
    noise = np.random.default_rng(0).normal(60, 10, liver.shape).astype(np.int16)
    where = found(noise, liver)
    assert where is not None
    assert where.best_fit < 0.1


def test_too_little_to_judge() -> None:
    ct, liver, _ = patient_arrays(0)
    speck = np.zeros_like(liver)
    speck[8, 20, 20] = 1
    assert found(ct, speck) is None
    assert found(ct[:1], liver[8:9]) is not None  # one slice can still be moved in its plane
    assert found(ct, np.zeros_like(liver)) is None
