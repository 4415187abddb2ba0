"""An affine map that is known is found again, also where a scan ends within the liver."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.follow_up.phantom import GRID, MOVED, STILL, lesions, liver

from livermets.follow_up.registration import Affine, LiverShape, register
from livermets.imaging.geometry import Volume

INSIDE = np.array([[0.0, 0, 0], [50, 20, 10], [-50, -20, 30], [10, -40, -40], [60, -20, 20]])
"""Points of the liver, xyz in mm."""


@pytest.fixture(scope="module")
def still() -> LiverShape:
    return LiverShape.of(liver())


def test_a_map_and_its_inverse_undo_each_other() -> None:
    np.testing.assert_allclose(MOVED.back(MOVED(INSIDE)), INSIDE, atol=1e-9)
    assert MOVED.growth == pytest.approx(1.1 * 0.95)


def test_a_known_map_is_found_within_a_voxel(still: LiverShape) -> None:
    found = register(still, LiverShape.of(liver(MOVED)))
    assert np.linalg.norm(found.affine(INSIDE) - MOVED(INSIDE), axis=1).max() < 4
    assert found.liver_dice > 0.96


def test_a_liver_lies_on_itself(still: LiverShape) -> None:
    found = register(still, still)
    np.testing.assert_allclose(found.affine(INSIDE), INSIDE, atol=0.05)
    assert found.liver_dice == 1


@pytest.mark.parametrize("shown", [slice(0, 26), slice(13, 40)], ids=["without the dome", "without the lower end"])
def test_a_scan_that_ends_within_the_liver_misleads_it_little(still: LiverShape, shown: slice) -> None:
    whole = liver(MOVED)
    part = whole.within((shown, slice(0, 60), slice(0, 64)))
    found = register(still, LiverShape.of(part))
    assert np.linalg.norm(found.affine(INSIDE) - MOVED(INSIDE), axis=1).max() < 12
    assert found.liver_dice > 0.9


def test_the_dice_is_that_of_the_livers_as_they_lie(still: LiverShape) -> None:
    """A liver half as large in every direction cannot be told from one that shrank; a ball is no liver."""
    ball = Volume(lesions({1: (0.0, 0, 0, 60.0)}).array > 0, GRID)
    assert register(still, LiverShape.of(ball)).liver_dice < 0.97
    half = Affine(np.eye(3) / 2, np.zeros(3))
    assert register(still, LiverShape.of(liver(half))).affine.growth == pytest.approx(1 / 8, rel=0.15)
    assert STILL.growth == 1
