"""Planar contours filled on a grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.path import Path as Polygon
from numpy.typing import NDArray

from livermets.imaging.geometry import Grid

_OUT_OF_PLANE_VOXELS = 0.1


class ContourError(ValueError):
    """Contours that do not belong to the grid; the message says how."""


def filled(contours_xyz_mm: Sequence[NDArray[np.float64]], grid: Grid) -> NDArray[np.bool_]:
    """The voxels whose centre lies inside the contours of their slice.

    Where contours of one slice overlap, an even number of them is outside: a contour inside another one is a hole
    (DICOM PS3.3 C.8.8.6). A contour counts for the nearest slice; it must be parallel to it."""
    mask = np.zeros(grid.shape_zyx, bool)
    direction = np.array(grid.direction).reshape(3, 3)
    for contour in contours_xyz_mm:
        if len(contour) < 3:
            continue
        points = np.linalg.solve(direction, (contour - np.array(grid.origin_xyz_mm)).T).T / grid.spacing_xyz_mm
        if not np.isfinite(points).all():
            raise ContourError("a contour has points that are not numbers")
        if np.ptp(points[:, 2]) > _OUT_OF_PLANE_VOXELS:
            raise ContourError("the contours are not drawn in the slices of this CT")
        z = int(np.rint(points[:, 2].mean()))
        if not 0 <= z < grid.shape_zyx[0]:
            raise ContourError("the contours reach outside this CT")
        _toggle(mask[z], points[:, :2])
    return mask


def _toggle(slice_yx: NDArray[np.bool_], polygon_xy: NDArray[np.float64]) -> None:
    """Flips the pixels of one slice whose centres lie inside a polygon."""
    low = np.maximum(np.floor(polygon_xy.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(polygon_xy.max(axis=0)).astype(int) + 1, slice_yx.shape[::-1])
    if np.any(low >= high):
        raise ContourError("the contours reach outside this CT")
    x, y = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
    inside = Polygon(polygon_xy).contains_points(np.column_stack([x.ravel(), y.ravel()])).reshape(x.shape)
    slice_yx[low[1] : high[1], low[0] : high[0]] ^= inside
