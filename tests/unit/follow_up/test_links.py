"""Links of lesions in closed form: balls of known distance and overlap."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.follow_up.phantom import MOVED, lesions

from livermets.config.follow_up import FollowUpSettings
from livermets.follow_up.links import is_shown, link_lesions, measured, places

SETTINGS = FollowUpSettings()
EARLIER = {1: (0.0, 0.0, 0.0, 14.0), 2: (40.0, 0.0, 0.0, 10.0), 3: (-50.0, 10.0, 20.0, 12.0)}


def test_the_place_of_a_ball_is_its_centre_and_volume() -> None:
    found = places(lesions({4: (8.0, -4.0, 5.0, 20.0)}))
    assert list(found) == [4]
    np.testing.assert_allclose(found[4].centroid_xyz_mm, [8, -4, 5], atol=0.5)
    assert found[4].volume_ml == pytest.approx(4 / 3 * np.pi * 8, rel=0.05)
    moved = found[4].carried(MOVED)
    np.testing.assert_allclose(moved.centroid_xyz_mm, MOVED(found[4].centroid_xyz_mm[None])[0])
    assert moved.volume_ml == pytest.approx(found[4].volume_ml * 1.1 * 0.95)


def test_distance_and_overlap_of_concentric_and_of_separate_balls() -> None:
    later = lesions({1: (0.0, 0.0, 0.0, 28.0), 2: (40.0, 20.0, 0.0, 8.0)})
    distance, overlap = measured(places(lesions(EARLIER)), places(later), later)
    np.testing.assert_allclose(distance[0], [0, np.hypot(40, 20)], atol=1)
    np.testing.assert_allclose(overlap, [[1, 0], [0, 0], [0, 0]])


def test_ids_do_not_matter_and_near_places_do() -> None:
    later = lesions({7: (42.0, 4.0, 0.0, 15.0), 9: (-48.0, 10.0, 24.0, 6.0), 2: (3.0, 0.0, 0.0, 14.0)})
    found = link_lesions(places(lesions(EARLIER)), later, SETTINGS)
    assert {track: lesion for track, (lesion, _) in found.linked.items()} == {1: 2, 2: 7, 3: 9}
    assert (found.merged, found.split) == ({}, {})
    assert found.linked[2][1].distance_mm == pytest.approx(np.hypot(2, 4), abs=1)


def test_beyond_the_gate_nothing_is_linked() -> None:
    later = lesions({1: (60.0, 0.0, 0.0, 8.0)})
    near, wide = (FollowUpSettings(gate_mm=gate) for gate in (15, 25))
    assert link_lesions(places(lesions(EARLIER)), later, near).linked == {}
    assert link_lesions(places(lesions(EARLIER)), later, wide).linked[2][0] == 1


def test_a_lesion_that_grew_far_to_one_side_is_linked_by_what_it_covers() -> None:
    later = lesions({5: (30.0, 30.0, 0.0, 42.0)})
    found = link_lesions({2: places(lesions(EARLIER))[2]}, later, SETTINGS)
    lesion, link = found.linked[2]
    assert (lesion, link.overlap) == (5, 1)
    assert link.distance_mm > 2 * SETTINGS.gate_mm


def test_the_best_pairs_are_those_of_the_least_sum() -> None:
    """The nearest lesion of the first is also the only one of the second: it goes to the second, and each has one."""
    earlier = places(lesions({1: (0.0, 0.0, 0.0, 4.0), 2: (12.0, 0.0, 0.0, 4.0)}))
    later = lesions({1: (8.0, 0.0, 0.0, 3.0), 2: (-12.0, 0.0, 0.0, 4.0)})
    found = link_lesions(earlier, later, SETTINGS)
    assert {track: lesion for track, (lesion, _) in found.linked.items()} == {1: 2, 2: 1}


def test_two_lesions_that_grow_together_are_merged() -> None:
    earlier = places(lesions({1: (0.0, 0.0, 0.0, 12.0), 2: (28.0, 0.0, 0.0, 8.0)}))
    found = link_lesions(earlier, lesions({1: (10.0, 0.0, 0.0, 30.0)}), SETTINGS)
    assert found.linked[1][0] == 1
    assert found.merged == {2: 1}


def test_one_lesion_that_falls_apart_is_split() -> None:
    earlier = places(lesions({3: (0.0, 0.0, 0.0, 30.0)}))
    found = link_lesions(earlier, lesions({1: (-6.0, 0.0, 0.0, 10.0), 2: (20.0, 0.0, 0.0, 8.0)}), SETTINGS)
    assert found.linked[3][0] == 1
    assert found.split == {2: 3}


def test_without_lesions_on_either_side_nothing_is_linked() -> None:
    none, some = lesions({}), lesions(EARLIER)
    for earlier, later in ((none, some), (some, none), (none, none)):
        found = link_lesions(places(earlier), later, SETTINGS)
        assert (found.linked, found.merged, found.split) == ({}, {}, {})


def test_a_scan_shows_a_point_up_to_the_border_of_its_outermost_voxels() -> None:
    grid = lesions({}).grid
    assert is_shown(np.array([-130.0, 0.0, 0.0]), grid)
    assert not is_shown(np.array([-130.1, 0.0, 0.0]), grid)
    assert not is_shown(np.array([0.0, 0.0, 98.0]), grid)
