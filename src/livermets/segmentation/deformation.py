"""Smooth random deformations: displacements by cubic B-splines on a coarse grid of control points (Rueckert 1999), and
arrays sampled where these lead. Nothing is resampled twice, however many changes of place come together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

Random = np.random.Generator | np.random.RandomState
_MEAN_SQUARED_WEIGHTS = 151 / 315
"""Of the four weights of a cubic B-spline along an axis the sum of squares, in the mean over places: the variance of a
displacement beside that of the control points."""


@dataclass(frozen=True, eq=False)
class Deformation:
    """Displacements in voxels between places from ``low`` on. ``points`` (axes, …) are those of the control points."""

    points: NDArray[np.float64]
    low: Sequence[float]
    spacing: float

    def at(self, axes: Sequence[NDArray]) -> NDArray[np.float64]:
        """The displacements (axes, …) at the places of a grid, given along each axis in rising order."""
        found: NDArray = self.points
        for number, (places, low) in enumerate(zip(axes, self.low, strict=True), start=1):
            weights = _weights((np.asarray(places) - low) / self.spacing, found.shape[number])
            found = np.moveaxis(np.tensordot(weights, found, axes=(1, number)), 0, number)
        return found


def random_deformation(
    random: Random, low: Sequence[float], high: Sequence[float], spacing: float, sd: float
) -> Deformation:
    """A random deformation of what lies between two corners, in as many directions as there are axes: control points
    every ``spacing`` voxels, displacements of standard deviation ``sd`` voxels in each direction."""
    sizes = [ceil((last - first) / spacing) + 4 for first, last in zip(low, high, strict=True)]
    scale = sd / _MEAN_SQUARED_WEIGHTS ** (len(sizes) / 2)
    return Deformation(random.normal(size=(len(sizes), *sizes)) * scale, low, spacing)


def sampled(array: NDArray, places: NDArray, order: int) -> NDArray:
    """The values of an array at places (axes, …) in voxels: between voxels interpolated linearly (order 1) or the
    nearest (0), beyond the edges those of the edges."""
    from scipy.ndimage import map_coordinates

    return map_coordinates(array, places, order=order, mode="nearest", prefilter=False, output=array.dtype)


def grid_places(axes: Sequence[NDArray]) -> NDArray[np.float64]:
    """The places (axes, …) of a grid that is given along each axis."""
    return np.stack(np.meshgrid(*axes, indexing="ij")).astype(np.float64)


def _weights(places: NDArray[np.float64], points: int) -> NDArray[np.float64]:
    """Weights (places, points) of the control points, the first of which lies one spacing before the place 0."""
    distance = np.abs(places[:, None] + 1 - np.arange(points))
    near, far = 2 / 3 - distance**2 + distance**3 / 2, (2 - distance) ** 3 / 6
    return np.where(distance < 1, near, np.where(distance < 2, far, 0.0))
