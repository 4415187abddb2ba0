"""z-scores over a mask, and the window for scans without one."""

from __future__ import annotations

import numpy as np
import pytest

from livermets.errors import InputError
from livermets.imaging.normalise import liver_zscore, window, zscore_over_mask


def test_zscore_has_mean_zero_and_sd_one_over_the_mask_only():
    random = np.random.default_rng(0)
    array = random.normal(100, 20, (4, 10, 10))
    mask = np.zeros(array.shape, dtype=bool)
    mask[1:3, 2:8, 2:8] = True
    array[~mask] = -1000
    scaled, mean, sd = zscore_over_mask(array, mask)
    assert scaled.dtype == np.float32
    assert scaled[mask].mean() == pytest.approx(0, abs=1e-5)
    assert scaled[mask].std() == pytest.approx(1, abs=1e-5)
    assert (mean, sd) == (pytest.approx(array[mask].mean()), pytest.approx(array[mask].std()))


def test_a_mask_without_variation_is_refused_by_name():
    with pytest.raises(InputError, match="scan7: all voxels in the mask to normalise over have the value 40"):
        zscore_over_mask(np.full((2, 3, 3), 40.0), np.ones((2, 3, 3)), "scan7")


def test_an_empty_mask_is_refused_by_name():
    with pytest.raises(InputError, match="scan7: the mask to normalise over is empty"):
        zscore_over_mask(np.zeros((2, 3, 3)), np.zeros((2, 3, 3)), "scan7")


def test_padding_outside_the_scan_circle_is_clipped():
    hu = np.array([[[-3024.0, 100, 120, 80]]])
    scaled, how = liver_zscore(hu, hu > 0, (-1024, 3071))
    assert scaled.min() == pytest.approx((-1024 - 100) / how.sd)
    assert how.mean == pytest.approx(100)


def test_window_maps_to_minus_one_to_one():
    scaled, how = window(np.array([[[-3024, -150, 50, 250, 900]]]), (-150, 250))
    assert scaled.ravel().tolist() == [-1, -1, 0, 1, 1]
    assert (how.mean, how.sd) == (50, 200)


def test_a_window_may_have_other_values_at_its_ends():
    """Tang 2020: -200 to 200 HU become -0.2 to 0.2; and ends that lie unequally about 0."""
    hu = np.array([[[-1000, -200, 0, 100, 200, 900]]])
    scaled, how = window(hu, (-200, 200), (-0.2, 0.2))
    assert scaled.ravel() == pytest.approx([-0.2, -0.2, 0, 0.1, 0.2, 0.2])
    assert (how.mean, how.sd) == pytest.approx((0, 1000))
    scaled, how = window(hu, (-200, 200), (0, 1))
    assert scaled.ravel() == pytest.approx([0, 0, 0.5, 0.75, 1, 1])
    assert scaled.ravel() == pytest.approx((np.clip(hu, -200, 200).ravel() - how.mean) / how.sd)
