"""Deformations against SciPy's own B-splines, and what their size means."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from livermets.segmentation.deformation import Deformation, grid_places, random_deformation, sampled


@pytest.mark.parametrize("axes", [2, 3])
def test_displacements_are_scipys_cubic_splines(axes):
    random = np.random.default_rng(0)
    low, high, spacing = [-7.0, 2.0, 1.0][:axes], [20.0, 30.0, 9.0][:axes], 6.0
    deformation = random_deformation(random, low, high, spacing, 1.0)
    places = [np.linspace(first, last, 9) for first, last in zip(low, high, strict=True)]
    control = [(along - first) / spacing + 1 for along, first in zip(places, low, strict=True)]
    theirs = [map_coordinates(one, grid_places(control), order=3, prefilter=False) for one in deformation.points]
    assert np.allclose(deformation.at(places), theirs)


def test_equal_control_points_move_everything_alike():
    points = np.full((3, 6, 7, 8), [[[[1.0]]], [[[2.0]]], [[[-3.0]]]])
    found = Deformation(points, (0, 0, 0), 5.0).at([np.arange(10.0), np.arange(15.0), np.arange(20.0)])
    assert np.allclose(found, np.array([1, 2, -3])[:, None, None, None])


@pytest.mark.parametrize("axes", [2, 3])
def test_displacements_have_the_standard_deviation_that_is_asked_for(axes):
    random = np.random.default_rng(1)
    deformation = random_deformation(random, [0.0] * axes, [150.0] * axes, 5.0, 2.0)
    assert deformation.at([np.arange(0, 150, 1.3)] * axes).std() == pytest.approx(2.0, rel=0.05)


def test_places_on_voxels_give_them_and_places_beyond_the_edge_the_edge():
    array = np.random.default_rng(0).normal(size=(4, 5, 6)).astype(np.float32)
    axes = [np.array([-2, 0, 3, 9]), np.array([4, 1]), np.array([0, 7])]
    clipped = [np.clip(places, 0, side - 1) for places, side in zip(axes, array.shape, strict=True)]
    for order in (0, 1):
        assert np.array_equal(sampled(array, grid_places(axes), order), array[np.ix_(*clipped)])


def test_a_mask_stays_one():
    mask = (np.random.default_rng(0).uniform(size=(5, 5, 5)) < 0.5).astype(np.uint8) * 2
    found = sampled(mask, np.random.default_rng(1).uniform(0, 4, (3, 50)), 0)
    assert found.dtype == np.uint8
    assert set(np.unique(found)) == {0, 2}
