"""A liver with lesions that is moved, turned and scaled by a known map: the truth of every test of follow-up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livermets.follow_up.registration import Affine
from livermets.imaging.geometry import Grid, Volume

Ball = tuple[float, float, float, float]
"""Centre (xyz, mm) and radius of a lesion."""
GRID = Grid((64, 60, 40), (4.0, 4.0, 5.0), (-128.0, -120.0, -100.0))
STILL = Affine(np.eye(3), np.zeros(3))
TURN = np.radians(8.0)
MOVED = Affine(
    np.array([[np.cos(TURN), -np.sin(TURN), 0], [np.sin(TURN), np.cos(TURN), 0], [0, 0, 1]])
    @ np.diag([1.1, 0.95, 1.0]),
    np.array([15.0, -10.0, 12.0]),
)
"""Turned by eight degrees, scaled and moved."""


def _points(grid: Grid) -> NDArray[np.float64]:
    return grid.points_xyz_mm(np.indices(grid.shape_zyx).reshape(3, -1).T)


def liver(affine: Affine = STILL, grid: Grid = GRID) -> Volume:
    """An organ without symmetry, as an affine map has moved it: an ellipsoid whose lower left half is cut off aslant,
    and a lobe to its left."""
    x, y, z = affine.back(_points(grid)).T
    inside = ((x / 80) ** 2 + (y / 60) ** 2 + (z / 65) ** 2 < 1) & (z > 0.8 * x - 45)
    lobe = ((x - 60) / 45) ** 2 + ((y + 25) / 30) ** 2 + ((z - 20) / 30) ** 2 < 1
    return Volume((inside | lobe).reshape(grid.shape_zyx), grid)


def lesions(balls: dict[int, Ball], affine: Affine = STILL, grid: Grid = GRID) -> Volume:
    """Balls by lesion id, moved in the same way; where two overlap, the later one covers the earlier."""
    points, labels = affine.back(_points(grid)), np.zeros(np.prod(grid.shape_zyx), dtype=np.uint16)
    for lesion_id, (x, y, z, radius) in balls.items():
        labels[np.linalg.norm(points - [x, y, z], axis=1) <= radius] = lesion_id
    return Volume(labels.reshape(grid.shape_zyx), grid)
