import numpy as np
import pytest

from livermets.phantom.fields import correlated_field, skewed


@pytest.mark.parametrize("length_mm", [1.0, 2.0])
def test_correlation_falls_as_a_gaussian_smoothed_field_must(length_mm):
    """White noise smoothed with a Gaussian of width s has autocorrelation exp(-d^2 / (4 s^2))."""
    spacing = (1.5, 0.7, 0.7)
    field = correlated_field(np.random.default_rng(1), (60, 90, 90), spacing, length_mm)
    for axis, steps in ((0, 1), (1, 2), (2, 2)):
        measured = np.mean(field * np.roll(field, steps, axis=axis))
        assert measured == pytest.approx(np.exp(-((steps * spacing[axis]) ** 2) / (4 * length_mm**2)), abs=0.05)


@pytest.mark.parametrize("skew", [-0.6, 0.2, 0.6])
def test_skewing_keeps_mean_and_spread_and_has_the_lognormal_skewness(skew):
    field = np.random.default_rng(2).standard_normal(400_000).astype(np.float32)
    values = skewed(field, skew).astype(np.float64)
    assert values.mean() == pytest.approx(0, abs=1e-3)
    assert values.std() == pytest.approx(1, abs=1e-3)
    w = np.exp(skew**2)
    expected = np.sign(skew) * (w + 2) * np.sqrt(w - 1)
    assert np.mean(values**3) == pytest.approx(expected, abs=0.12)
