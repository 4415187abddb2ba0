"""Planar contours filled on a grid."""

from __future__ import annotations

from collections import defaultdict
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

    Where contours of one plane overlap, an even number of them is outside: a contour inside another one is a hole
    (DICOM PS3.3 C.8.8.6). A plane counts for the nearest slice and must be parallel to it; of several planes in one
    slice (contours drawn on thinner slices) the one nearest to the slice's centre counts."""
    planes: dict[int, list[tuple[float, NDArray[np.float64]]]] = defaultdict(list)
    for contour in contours_xyz_mm:
        if len(contour) >= 3:
            points = _on_grid(contour, grid)
            height = float(points[:, 2].mean())
            planes[int(np.rint(height))].append((height, points[:, :2]))
    if not all(0 <= z < grid.shape_zyx[0] for z in planes):
        raise ContourError("the contours reach outside this CT")
    _check_no_slice_skipped(sorted(planes))
    mask = np.zeros(grid.shape_zyx, bool)
    for z, polygons in planes.items():
        nearest = min((height for height, _ in polygons), key=lambda height: abs(height - z))
        for height, polygon in polygons:
            if abs(height - nearest) <= _OUT_OF_PLANE_VOXELS:
                _toggle(mask[z], polygon)
    return mask


def _on_grid(contour_xyz_mm: NDArray[np.float64], grid: Grid) -> NDArray[np.float64]:
    """Points in voxels (``xyz``) of the grid."""
    direction = np.array(grid.direction).reshape(3, 3)
    offset = (contour_xyz_mm - np.array(grid.origin_xyz_mm)).T
    points = np.linalg.solve(direction, offset).T / np.array(grid.spacing_xyz_mm)
    if not np.isfinite(points).all():
        raise ContourError("a contour has points that are not numbers")
    if np.ptp(points[:, 2]) > _OUT_OF_PLANE_VOXELS:
        raise ContourError("the contours are not drawn in the slices of this CT")
    return points


def _check_no_slice_skipped(slices: list[int]) -> None:
    """Contours on every second slice and fewer were drawn on a series of thicker slices."""
    steps = np.diff(slices)
    if len(steps) >= 2 and steps.min() > 1:
        raise ContourError(f"the contours are on every {_ordinal(int(np.median(steps)))} slice of this CT only")


def _ordinal(number: int) -> str:
    return f"{number}{'nd' if number == 2 else 'rd' if number == 3 else 'th'}"


def _toggle(slice_yx: NDArray[np.bool_], polygon_xy: NDArray[np.float64]) -> None:
    """Flips the pixels of one slice whose centres lie inside a polygon."""
    low = np.maximum(np.floor(polygon_xy.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(polygon_xy.max(axis=0)).astype(int) + 1, slice_yx.shape[::-1])
    if np.any(low >= high):
        raise ContourError("the contours reach outside this CT")
    x, y = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
    inside = Polygon(polygon_xy).contains_points(np.column_stack([x.ravel(), y.ravel()])).reshape(x.shape)
    slice_yx[low[1] : high[1], low[0] : high[0]] ^= inside
