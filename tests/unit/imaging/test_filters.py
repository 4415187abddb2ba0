"""Filters against other libraries' digits and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage, stats

from livermets.imaging.filters import equalised, median_filtered


def test_equalised_values_are_ranks_between_the_ends_of_the_range():
    hu = np.random.default_rng(0).integers(-150, 250, (3, 20, 30)).astype(np.float32)
    found = equalised(hu, (-150, 250))
    for before, after in zip(hu, found, strict=True):
        share = stats.rankdata(before, method="max") / before.size
        lowest = share.min()
        expected = -150 + 400 * (share - lowest) / (1 - lowest)
        assert after.ravel() == pytest.approx(expected.ravel(), abs=1e-3)
    assert found.dtype == np.float32


def test_a_uniform_histogram_stays_as_it_is_and_slices_are_apart():
    ramp = np.arange(100, dtype=np.float32).reshape(1, 10, 10)
    assert np.allclose(equalised(ramp, (0, 99)), ramp)
    assert np.allclose(equalised(np.concatenate([ramp, 3 * ramp + 40]), (0, 99)), ramp)


def test_a_slice_of_one_value_is_the_lower_end():
    assert (equalised(np.full((2, 4, 4), 37.0), (-150, 250)) == -150).all()


@pytest.mark.parametrize("size, dimensions, footprint", [(3, 2, (1, 3, 3)), (3, 3, (3, 3, 3)), (5, 2, (1, 5, 5))])
def test_the_median_is_that_of_another_library(size, dimensions, footprint):
    array = np.random.default_rng(1).normal(size=(6, 11, 13)).astype(np.float32)
    expected = ndimage.median_filter(array, size=footprint, mode="nearest")
    assert np.array_equal(median_filtered(array, size, dimensions), expected)
