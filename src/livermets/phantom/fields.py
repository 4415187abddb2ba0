"""Random fields: the smooth deformations and the correlated textures that the phantom is made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Array = NDArray[np.float32]


def correlated_field(
    rng: np.random.Generator,
    shape_zyx: tuple[int, ...],
    spacing_zyx_mm: tuple[float, float, float],
    length_mm: float,
) -> Array:
    """A Gaussian random field of mean 0 and standard deviation 1, correlated alike in all directions (mm).

    Wrapped at the borders, so that it is stationary up to the edge of the array."""
    noise = rng.standard_normal(shape_zyx, dtype=np.float32)
    field = gaussian_filter(noise, [length_mm / step for step in spacing_zyx_mm], mode="wrap", truncate=3.0)
    return _standardised(field)


def skewed(field: Array, skew: float) -> Array:
    """A Gaussian field made lopsided by an exponential; mean 0 and standard deviation 1 again."""
    return field if abs(skew) < 1e-3 else _standardised(np.sign(skew) * np.exp(skew * field))


def waves(
    rng: np.random.Generator, axes_zyx: tuple[Array, Array, Array], period: float, amplitude: float, terms: int = 4
) -> Array:
    """A smooth deformation: a sum of products of sinusoids with periods around ``period`` in each coordinate.

    ``axes_zyx`` broadcast against each other (open grid); the result's standard deviation is about ``amplitude``."""
    total = np.zeros(np.broadcast_shapes(*(axis.shape for axis in axes_zyx)), dtype=np.float32)
    for _ in range(terms):
        periods = period * rng.uniform(0.7, 1.6, size=3)
        phases = rng.uniform(0, 2 * np.pi, size=3)
        z, y, x = (
            np.sin(2 * np.pi * axis / length + phase).astype(np.float32)
            for axis, length, phase in zip(axes_zyx, periods, phases, strict=True)
        )
        total += z * (y * x)
    return total * np.float32(amplitude * np.sqrt(8.0 / terms))


def _standardised(field: Array) -> Array:
    field = field - field.mean(dtype=np.float64).astype(np.float32)
    return (field / field.std(dtype=np.float64).astype(np.float32)).astype(np.float32)
