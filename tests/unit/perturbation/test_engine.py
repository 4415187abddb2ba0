"""What is counted and measured for every altered mask, against the ordinary functions of masks and windows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from tests.unit.perturbation.lesions import SHAPE, SPACING, ball, labels

from livermets.masks.metrics import mask_metrics
from livermets.perturbation.engine.contained import sum_contained
from livermets.perturbation.engine.flips import count_flips, cut
from livermets.perturbation.engine.surfaces import summed_distances
from livermets.perturbation.neighbourhood import Lattice, neighbourhood
from livermets.radiomics.lattice import contained_windows


@pytest.fixture(scope="module")
def near():
    return neighbourhood(labels(), 7, None, SPACING, 12.0, step=2)


def random_masks(near, number):
    """Blobs that overlap the lesion a little or much, and one that fills the box."""
    random = np.random.default_rng(1)
    for _ in range(number):
        rough = ndimage.gaussian_filter(random.normal(size=near.reference.shape), (1, 3, 3))
        yield (rough > rough.std() * random.uniform(-0.5, 1)) & (near.to_border_mm < random.uniform(2, 12))
    yield np.ones_like(near.reference)


@pytest.mark.parametrize("size, step", [(7, 2), (3, 1), (5, 3)])
def test_windows_within_a_mask_are_those_of_the_lattice(size, step):
    random = np.random.default_rng(size)
    mask = ndimage.gaussian_filter(random.normal(size=(5, 40, 37)), (0, 3, 3)) > 0
    rows, columns = ((length - size) // step + 1 for length in mask.shape[1:])
    score = random.random((5, rows, columns))
    windows = contained_windows(mask, True, size, step)
    total = score[windows[:, 0], windows[:, 1] // step, windows[:, 2] // step].sum()
    count, found = sum_contained(mask, score, size, step)
    assert count == len(windows) > 10
    assert found == pytest.approx(total, abs=1e-9)


def test_nothing_lies_in_an_empty_mask():
    assert sum_contained(np.zeros((2, 20, 20), dtype=bool), np.ones((2, 7, 7)), 7, 2) == (0, 0.0)


def test_the_mean_distance_of_two_surfaces_is_the_assd(near):
    for mask in random_masks(near, 12):
        total, number = summed_distances(mask, near.surface_zyx, near.to_surface_mm, near.spacing_zyx_mm)
        assert total / number == pytest.approx(mask_metrics(near.reference, mask, SPACING)["assd_mm"], abs=1e-5)


def test_a_mask_that_is_gone_has_no_distance(near):
    gone = np.zeros_like(near.reference)
    assert summed_distances(gone, near.surface_zyx, near.to_surface_mm, near.spacing_zyx_mm) == (0.0, 0)


def test_masks_of_a_dial_change_where_it_has_passed(near):
    random = np.random.default_rng(3)
    flips_at = np.where(random.random(near.reference.shape) < 0.4, random.random(near.reference.shape), np.inf)
    flips_at = flips_at.astype(np.float32)
    lost, gained = np.zeros(64, dtype=np.int64), np.zeros(64, dtype=np.int64)
    count_flips(near.reference, flips_at, 1.0, lost, gained)
    for step in (0, 20, 63):
        mask = np.empty_like(near.reference)
        cut(near.reference, flips_at, (step + 1) / 64, mask)
        assert np.array_equal(mask, near.reference ^ (flips_at < (step + 1) / 64))
        assert (near.reference & ~mask).sum() == pytest.approx(lost[: step + 1].sum(), abs=2)
        assert (mask & ~near.reference).sum() == pytest.approx(gained[: step + 1].sum(), abs=2)
    assert lost.sum() + gained.sum() == np.isfinite(flips_at).sum()


def test_a_neighbourhood_begins_on_the_lattice_and_ends_with_the_ct():
    found = neighbourhood(labels(), 3, None, SPACING, 25.0, step=4)
    assert found.box[0] == slice(0, SHAPE[0])
    assert all(part.start % 4 == 0 for part in found.box[1:])
    assert found.box[2].stop == SHAPE[2]
    assert found.others.any()
    assert not (found.others & found.reference).any()
    lattice = Lattice(np.arange(SHAPE[0] * 14 * 15, dtype=float).reshape(SHAPE[0], 14, 15), 7, 4)
    own = lattice.within(found.box)
    z, y, x = found.box
    assert own.score[0, 0, 0] == lattice.score[z.start, y.start // 4, x.start // 4]
    height, width = found.reference.shape[1:]
    assert own.score.shape[1:] == ((height - 7) // 4 + 1, (width - 7) // 4 + 1)


def test_distances_are_those_to_the_other_side_of_the_border():
    sphere = ball((8, 28, 24), 9).astype(np.uint8)
    found = neighbourhood(sphere, 1, None, SPACING, 10.0)
    outside = ndimage.distance_transform_edt(~found.reference, SPACING)
    inside = ndimage.distance_transform_edt(found.reference, SPACING)
    assert np.allclose(found.to_border_mm, np.where(found.reference, inside, outside), atol=1e-5)
