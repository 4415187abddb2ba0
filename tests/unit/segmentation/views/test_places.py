"""Places of segments: where nothing is changed, those of the pathways; changed, the same at every scale."""

from __future__ import annotations

import numpy as np
import pytest

from livermets.config.training import AugmentationSettings
from livermets.segmentation.architectures.pathways import Pathway
from livermets.segmentation.deformation import grid_places
from livermets.segmentation.views.places import SegmentPlaces, random_matrix

PATHWAYS = (Pathway(1, 2), Pathway(3, 2), Pathway(5, 1))
STILL = AugmentationSettings(flip=0)
START, OUTPUT = np.array([4, 7, 2]), (4, 9, 5)
CENTRE = START + (np.array(OUTPUT) - 1) / 2


def test_without_changes_they_are_those_of_the_pathways():
    *images, target = SegmentPlaces(PATHWAYS, OUTPUT, STILL).drawn(np.random.default_rng(0), CENTRE)
    for pathway, places in zip(PATHWAYS, images, strict=True):
        own = [first + pathway.places(side) for first, side in zip(START, OUTPUT, strict=True)]
        assert np.array_equal(places, grid_places(own))
    own = [np.arange(first, first + side) for first, side in zip(START, OUTPUT, strict=True)]
    assert np.array_equal(target, grid_places(own))


def test_a_flip_turns_places_about_the_centre_of_the_output():
    flipped = SegmentPlaces(PATHWAYS, OUTPUT, AugmentationSettings(flip=1)).drawn(np.random.default_rng(0), CENTRE)
    still = SegmentPlaces(PATHWAYS, OUTPUT, STILL).drawn(np.random.default_rng(0), CENTRE)
    for ours, theirs in zip(flipped, still, strict=True):
        assert np.array_equal(ours[0], theirs[0])
        for axis in (1, 2):
            assert np.array_equal(ours[axis], 2 * CENTRE[axis] - theirs[axis])


@pytest.mark.parametrize("elastic", [0, 1])
def test_the_same_place_is_moved_alike_at_every_scale(elastic):
    settings = AugmentationSettings(flip=0.5, affine=1, elastic=elastic, elastic_spacing_voxels=6)
    still = SegmentPlaces(PATHWAYS, OUTPUT, STILL).drawn(np.random.default_rng(0), CENTRE)
    moved = SegmentPlaces(PATHWAYS, OUTPUT, settings).drawn(np.random.default_rng(3), CENTRE)
    leads = [
        dict(zip(map(tuple, old.reshape(3, -1).T), new.reshape(3, -1).T, strict=True))
        for old, new in zip(still, moved, strict=True)
    ]
    for coarse in leads[1:]:
        shared = leads[0].keys() & coarse.keys()
        assert len(shared) > 1
        assert all(np.allclose(leads[0][place], coarse[place]) for place in shared)
        assert not any(np.allclose(coarse[place], place) for place in shared if elastic)


def test_a_turn_is_about_the_axis_of_the_slices_and_scaling_within_its_limits():
    settings = AugmentationSettings(flip=0, affine=1, rotation_degrees=30, scale=0.2)
    random = np.random.default_rng(0)
    angles, scales = [], []
    for _ in range(300):
        matrix = random_matrix(random, settings)
        assert np.array_equal(matrix[0], [1, 0, 0])
        assert np.array_equal(matrix[:, 0], [1, 0, 0])
        angles.append(np.rad2deg(np.arctan2(matrix[2, 1], matrix[1, 1])))
        scales += list(np.linalg.norm(matrix[1:, 1:], axis=0))
    assert -30 <= min(angles) < -25
    assert 25 < max(angles) <= 30
    assert 0.8 <= min(scales) < 0.85
    assert 1.15 < max(scales) <= 1.2
