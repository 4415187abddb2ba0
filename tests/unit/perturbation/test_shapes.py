"""Every way in which a mask fails does what its name says, and reaches the Dice that is asked of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from tests.unit.perturbation.lesions import SPACING, ball, labels

from livermets.config.perturbation import KINDS, PerturbationSettings
from livermets.perturbation.draws import alterations, lesion_table, shapes_of
from livermets.perturbation.moved import _coarse_axis
from livermets.perturbation.neighbourhood import Lattice, neighbourhood
from livermets.perturbation.shapes import border, slices, surface_field

LIVER = ball((8, 28, 24), 22)
SMALLER = ("erosion", "cap", "slices", "lobe")
LARGER = ("dilation", "leakage", "merging")
MOVED = ("shift", "jitter")


@pytest.fixture(scope="module")
def near():
    return neighbourhood(labels(), 7, LIVER, SPACING, 15.0, step=2)


@pytest.fixture(scope="module")
def scored(near):
    depth, height, width = near.reference.shape
    score = np.random.default_rng(0).integers(0, 2, (depth, (height - 7) // 2 + 1, (width - 7) // 2 + 1))
    return Lattice(score.astype(float), 7, 2).sum_within


def masks(near, kind, draws=20, **more):
    settings = PerturbationSettings(draws=draws, kinds=(kind,), **more)
    found = [alterations(near, settings, 4, ("test",), kind, shape) for shape in range(shapes_of(settings))]
    return [one.mask for part in found for one in part]


def dice(near, mask):
    return 2 * (mask & near.reference).sum() / (mask.sum() + near.volume)


@pytest.mark.parametrize("kind", SMALLER)
def test_what_is_lost_is_all_that_changes(near, kind):
    for mask in masks(near, kind):
        assert not (mask & ~near.reference).any()
        assert mask.sum() < near.volume


@pytest.mark.parametrize("kind", LARGER)
def test_what_is_gained_is_all_that_changes_and_hangs_together(near, kind):
    for mask in masks(near, kind):
        assert (mask & near.reference).sum() == near.volume < mask.sum()
        _, pieces = ndimage.label(mask, ndimage.generate_binary_structure(3, 3))
        assert pieces == 1
        assert near.to_border_mm[mask & ~near.reference].max() <= near.margin_mm


@pytest.mark.parametrize("kind", MOVED)
def test_a_moved_mask_keeps_its_voxels(near, kind):
    assert {int(mask.sum()) for mask in masks(near, kind)} == {near.volume}


def test_a_leak_stays_in_the_liver(near):
    beyond = ~near.liver & ~near.reference
    assert beyond.any()
    assert not any((mask & beyond).any() for mask in masks(near, "leakage"))


def test_merging_takes_the_nearest_other_lesion_only():
    three = labels()
    three[ball((9, 50, 24), 3)] = 4
    near = neighbourhood(three, 7, None, SPACING, 20.0)
    far = three[near.box] == 4
    grown = masks(near, "merging", draws=30, dice=(0.1, 0.99))
    assert any((mask & (three[near.box] == 3)).sum() > 20 for mask in grown)
    assert not any((mask & far).any() for mask in grown)


def test_a_lesion_alone_merges_with_nothing():
    alone = neighbourhood((labels() == 7).astype(np.uint8), 1, None, SPACING, 15.0)
    assert masks(alone, "merging") == []


def test_slices_go_from_one_end_and_the_last_of_them_in_part(near):
    for mask in masks(near, "slices"):
        level = mask.sum(axis=(1, 2)) / np.maximum(near.reference.sum(axis=(1, 2)), 1)
        left = level[near.reference.any(axis=(1, 2))]
        left = left if left[0] < left[-1] else left[::-1]
        assert (left[np.flatnonzero(left)[0] + 1 :] == 1).all()
        assert not (mask & ~near.reference).any()


def test_the_last_slice_goes_from_its_outline_inwards():
    slab = np.zeros((3, 31, 31), dtype=np.uint8)
    slab[1, 5:26, 5:26] = 1
    near = neighbourhood(slab, 1, None, SPACING, 6.0)
    dial = slices(near, np.random.default_rng(0), 5.0)[near.reference]
    edge = np.minimum(*np.minimum(np.indices((21, 21)), 20 - np.indices((21, 21)))).ravel()
    assert np.sort(dial) == pytest.approx(np.arange(1, 442) / 441)
    assert dial[edge == 0].max() < dial[edge > 2].min()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("merging", "resolution")])
def test_dice_is_spread_evenly_over_what_is_asked(near, kind):
    """Of 40 masks, each tenth of the range that the kind can reach has a share."""
    found = np.sort([dice(near, mask) for mask in masks(near, kind, draws=40, dice=(0.4, 0.9))])
    assert found[0] > 0.3
    assert found[-1] < 0.97
    assert np.abs(found - (0.4 + 0.5 * (np.arange(40) + 0.5) / 40)).max() < 0.13


@pytest.mark.parametrize("kind, furthest", [("slices", 0.03), ("resolution", 0.12)])
@pytest.mark.parametrize("spacing", [(2.5, 0.8, 0.8), (5.0, 0.8, 0.8)])
@pytest.mark.parametrize("diameter_mm", [6, 15])
def test_small_lesions_get_the_dice_that_is_asked(kind, furthest, spacing, diameter_mm):
    """Of a lesion of two slices too."""
    small = ball((10, 25, 25.3), diameter_mm / 2, (20, 50, 50), spacing).astype(np.uint8)
    near = neighbourhood(small, 1, None, spacing, 10.0)
    found = np.sort([dice(near, mask) for mask in masks(near, kind, draws=40)])
    missed = np.abs(found - (0.1 + 0.87 * (np.arange(40) + 0.5) / 40))
    assert missed.mean() < furthest / 3
    assert missed.max() < furthest + 0.5 / 40


@pytest.mark.parametrize("side", [1.7, 4.0, 9.3, 14.0])
def test_no_coarse_mask_reaches_further_than_is_looked_at(side):
    """A lesion of 9 voxels along an axis, at coarse voxels of any phase, with far more room than is looked at."""
    inside = np.zeros(80)
    inside[35:44] = 1
    reach = np.ceil(0.1 * side)
    for phase in np.linspace(0, 1, 101):
        coarse = np.flatnonzero(_coarse_axis(80, side, phase) @ inside >= 0.5 - 1e-9)
        assert len(coarse) == 0 or (coarse[0] >= 35 - reach and coarse[-1] <= 43 + reach)


def test_what_a_kind_cannot_reach_is_left_at_its_end(near):
    """A dilation within 2 mm cannot bring Dice down to 0.1."""
    close = neighbourhood(labels(), 7, None, SPACING, 2.0)
    found = [dice(close, mask) for mask in masks(close, "dilation")]
    assert min(found) > 0.6
    assert max(found) < 1


def test_a_lesion_of_three_voxels_is_altered_or_gone():
    few = np.zeros((5, 20, 20), dtype=np.uint8)
    few[2, 10, 9:12] = 1
    near = neighbourhood(few, 1, None, SPACING, 6.0)
    scored = Lattice(np.ones((5, 7, 7)), 7, 2).sum_within
    table = lesion_table(near, scored, PerturbationSettings(draws=110), 1, ("few",))
    assert set(KINDS) - set(table["kind"]) <= {"merging"}
    assert (table.loc[table["volume_ratio"].eq(0), "dice"] == 0).all()
    assert (table.loc[table["kind"].eq("erosion"), "volume_ratio"] < 1).all()


def test_a_lesion_at_the_edge_of_the_ct_stays_within_it():
    edge = np.zeros((6, 24, 24), dtype=np.uint8)
    edge[0:3, 0:9, 0:9] = 1
    near = neighbourhood(edge, 1, None, SPACING, 6.0)
    assert near.box[0].start == near.box[1].start == 0
    for mask in masks(near, "shift"):
        assert mask.sum() == near.volume


def test_random_borders_have_the_correlation_that_is_asked():
    sphere = neighbourhood(ball((8, 28, 24), 14).astype(np.uint8), 1, None, SPACING, 5.0)
    place = sphere.surface_zyx * sphere.spacing_zyx_mm
    fields = np.array([surface_field(sphere, np.random.default_rng(seed), 6.0) for seed in range(400)])
    assert fields.mean() == pytest.approx(0, abs=0.1)
    assert fields.var() == pytest.approx(1, abs=0.1)
    away = np.linalg.norm(place - place[0], axis=1)
    shared = (fields * fields[:, :1]).mean(axis=0)
    near_6_mm = np.abs(away - 6) < 0.5
    assert shared[near_6_mm].mean() == pytest.approx(np.exp(-0.5), abs=0.12)
    assert shared[away > 20].mean() == pytest.approx(0, abs=0.12)


def test_a_moved_border_loses_and_gains(near):
    flips_at = border(near, np.random.default_rng(2), 5.0)
    changed = flips_at < 3
    assert (changed & near.reference).any()
    assert (changed & ~near.reference).any()
    assert not (changed & ~near.reference & (near.to_border_mm > near.margin_mm)).any()


def test_rows_do_not_depend_on_threads_and_every_seed_gives_its_own(near, scored):
    settings = PerturbationSettings(draws=55)
    one = lesion_table(near, scored, settings, 1, ("a",))
    assert one.equals(lesion_table(near, scored, settings, 1, ("a",), threads=3))
    assert not one["dice"].equals(lesion_table(near, scored, settings, 2, ("a",))["dice"])
    assert not one["dice"].equals(lesion_table(near, scored, settings, 1, ("b",))["dice"])
    assert one.groupby("kind", dropna=False)["draw"].nunique().eq(5).all()
