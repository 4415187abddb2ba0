"""Where an uncertain line crosses zero."""

from __future__ import annotations

import numpy as np
import pytest

from livermets.stats.fieller import fieller

COVARIANCE = np.array([[0.04, -0.01], [-0.01, 0.02]])


def test_at_both_ends_the_line_is_just_compatible_with_zero() -> None:
    """By definition: there the squared line equals the squared quantile times its variance."""
    ends = fieller(-1.0, 2.0, COVARIANCE, 1.96)
    assert ends is not None
    for x in ends:
        gradient = np.array([1.0, x])
        assert (-1 + 2 * x) ** 2 == pytest.approx(1.96**2 * gradient @ COVARIANCE @ gradient)
    assert ends[0] < 0.5 < ends[1]


def test_a_slope_that_may_be_zero_excludes_nothing() -> None:
    assert fieller(-1.0, 0.2, COVARIANCE, 1.96) is None
