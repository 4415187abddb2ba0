"""Thresholds against scikit-image, and the clean-up of a liver mask step by step."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.filters import threshold_otsu

from livermets.config.segmentation import OutputSettings, PostprocessSettings
from livermets.segmentation.postprocess import clean_liver, drop_small_components, probability_threshold

SPACING = (2.0, 1.0, 1.0)
OTSU = OutputSettings(rule="otsu")


def bimodal() -> np.ndarray:
    random = np.random.default_rng(0)
    values = np.concatenate([random.beta(2, 20, 3000), random.beta(20, 5, 1000)])
    return values.reshape(4, 25, 40).astype(np.float32)


def test_otsu_equals_scikit_image():
    values = bimodal()
    ours = probability_threshold(values, None, OTSU)
    theirs = threshold_otsu(values, nbins=256)
    bin_width = (values.max() - values.min()) / 256
    assert abs(ours - theirs) <= bin_width


def test_otsu_is_found_within_the_liver():
    values, liver = bimodal(), np.zeros((4, 25, 40), dtype=bool)
    liver[:2] = True
    assert probability_threshold(values, liver, OTSU) == probability_threshold(values[:2], None, OTSU)


def test_a_flat_map_finds_nothing():
    flat = np.full((2, 5, 5), 0.3, dtype=np.float32)
    assert not (flat > probability_threshold(flat, None, OTSU)).any()
    assert probability_threshold(flat, np.zeros((2, 5, 5)), OTSU) == 1.0


def test_otsu_has_a_floor_where_asked_for():
    noise = np.random.default_rng(1).uniform(0, 0.02, (2, 20, 20)).astype(np.float32)
    assert probability_threshold(noise, None, OTSU) < 0.02
    assert probability_threshold(noise, None, OutputSettings(rule="otsu", otsu_floor=0.2)) == 0.2


def test_fixed_rules():
    assert probability_threshold(bimodal(), None, OutputSettings(rule="threshold", threshold=0.4)) == 0.4
    assert probability_threshold(bimodal(), None, OutputSettings(rule="argmax")) == 0.5


def test_small_components_are_dropped_by_volume():
    mask = np.zeros((3, 8, 8), dtype=bool)
    mask[0, 0, :2], mask[2, 4:7, 4:7] = True, True
    kept = drop_small_components(mask, 0.002, 0.01)
    assert kept.sum() == 9
    assert drop_small_components(mask, 0.002, 0.0) is mask


@pytest.fixture
def liver_with_bridge() -> np.ndarray:
    """A block with a hole, joined to a smaller block by a bridge one voxel wide."""
    mask = np.zeros((5, 24, 40), dtype=bool)
    mask[:, 4:20, 2:18] = True
    mask[:, 10:12, 8:10] = False
    mask[:, 8:16, 28:36] = True
    mask[:, 11, 18:28] = True
    return mask


def test_erosion_cuts_the_bridge_and_dilation_gives_back_the_border(liver_with_bridge):
    settings = PostprocessSettings(erosion_mm=1.5, largest_component=True, dilation_mm=2.5, fill_holes=True)
    cleaned = clean_liver(liver_with_bridge, SPACING, settings)
    assert not cleaned[:, :, 24:].any()
    assert cleaned[:, 10:12, 8:10].all()
    assert cleaned[:, 6:18, 4:16].all()
    assert not (cleaned & ~liver_with_bridge)[:, :, 16:].any()


def test_each_step_can_be_off(liver_with_bridge):
    off = PostprocessSettings(largest_component=False, fill_holes=False)
    assert (clean_liver(liver_with_bridge, SPACING, off) == liver_with_bridge).all()


def test_an_empty_mask_stays_empty():
    assert not clean_liver(np.zeros((2, 4, 4)), SPACING, PostprocessSettings()).any()
