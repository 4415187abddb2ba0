"""An earlier scan's liver laid over a later one's, by their surfaces alone.

An affine map is fitted to both surfaces at once: every surface point of one liver is to lie on the surface of the
other, by the other's distance map. No grey value is used, so another contrast phase or a windowed copy changes nothing.
Large distances count linearly and not squared (soft L1), and what one scan does not show counts nothing, so livers may
be cut off by the end of a scan.

Measured on four pairs of scans of one person and one pair of another (public CTs, slices of 2 and 5 mm): Dice of the
livers 0.94 to 0.97, centroids of the same lesion 0.4 to 7.9 mm apart, 2 to 3 s of one core a pair. Two pairs of
different people had a Dice of 0.84 and 0.86. Mutual information of the CTs inside the livers, fitted on top of an
affine map, moved centroids by no more than that, to either side. What a liver does beyond an affine map (breathing,
growth of one part) stays as an error of millimetres; a liver after surgery was not measured."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from livermets.imaging.geometry import Grid, Volume
from livermets.imaging.resample import network_grid, resample_labels

STEP_MM = 3.0
"""Spacing of the grid that livers are compared on."""
SURFACE_POINTS = 1000
"""Points of each surface that are fitted, at most."""
SOFT_MM = 5.0
"""Distance from which residuals count linearly."""
MOST_EVALUATIONS = 200
_LEVER_MM = 100.0
"""What turns and scales are measured by: a unit of them moves a point this far from the centre by a millimetre."""
_STIFFNESS = 0.03
"""Distance (mm, root mean square of all points) that a unit of scale or shear must save to be worth it."""
_LEAST_SHOWN = 0.1
"""Share of a surface that the other scan must show, or a fit could do away with all distances by moving it out."""


@dataclass(frozen=True, eq=False)
class Affine:
    """A map of points (xyz, mm) of an earlier scan to points of a later one."""

    matrix: NDArray[np.float64]
    offset_xyz_mm: NDArray[np.float64]

    def __call__(self, points_xyz_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points of the earlier scan (one a row) in the later one."""
        return np.asarray(points_xyz_mm @ self.matrix.T + self.offset_xyz_mm)

    def back(self, points_xyz_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points of the later scan in the earlier one."""
        return np.asarray((points_xyz_mm - self.offset_xyz_mm) @ np.linalg.inv(self.matrix).T)

    @property
    def growth(self) -> float:
        """Volume in the later scan over volume in the earlier one."""
        return float(abs(np.linalg.det(self.matrix)))


@dataclass(frozen=True, eq=False)
class Registration:
    """An earlier liver laid over a later one, and how well they agree."""

    affine: Affine
    liver_dice: float
    """Dice of the two livers after registration, on a grid of `STEP_MM`, of what both scans show."""


@dataclass(frozen=True, eq=False)
class LiverShape:
    """A liver on a coarse even grid, with its distance map and points of its surface."""

    mask: NDArray[np.bool_]
    grid: Grid

    @classmethod
    def of(cls, liver: Volume) -> LiverShape:
        """The shape of a liver mask that is not empty, within the whole of its scan."""
        whole = Volume((liver.array > 0).astype(np.uint8), liver.grid)
        coarse = resample_labels(whole, network_grid(liver.grid, 1, STEP_MM, STEP_MM))
        return cls(coarse.array > 0, coarse.grid)

    @cached_property
    def distance_mm(self) -> NDArray[np.float64]:
        """Distance to the surface, below 0 inside."""
        inside = ndimage.distance_transform_edt(self.mask, sampling=STEP_MM)
        outside = ndimage.distance_transform_edt(~self.mask, sampling=STEP_MM)
        return np.asarray(outside - inside + np.where(self.mask, STEP_MM / 2, -STEP_MM / 2))

    @cached_property
    def surface_xyz_mm(self) -> NDArray[np.float64]:
        """Voxels of the liver with one beside them that is none; where the scan ends, there is no surface."""
        edge = self.mask & ~ndimage.binary_erosion(self.mask, border_value=1)
        points = np.argwhere(edge if edge.any() else self.mask)
        return self.grid.points_xyz_mm(points[:: max(1, len(points) // SURFACE_POINTS)])

    @cached_property
    def centre_xyz_mm(self) -> NDArray[np.float64]:
        return self.grid.points_xyz_mm(np.argwhere(self.mask).mean(axis=0)[None])[0]

    def residuals(self, points_xyz_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far surface points of another liver lie outside of this one's, mm, as a mean over those that the scan
        shows: the others are 0. Such points are centres of voxels, half a voxel within."""
        index = self.grid.index_zyx(points_xyz_mm)
        shown = _within(index, self.mask.shape)
        distance = ndimage.map_coordinates(self.distance_mm, index.T, order=1, mode="nearest")
        return np.where(shown, distance + STEP_MM / 2, 0.0) / np.sqrt(max(float(shown.mean()), _LEAST_SHOWN))


def register(earlier: LiverShape, later: LiverShape) -> Registration:
    """The affine map of the earlier liver to the later one: first moved, then turned too, then scaled and sheared.

    An organ like an ellipsoid could be turned within its own surface by the last step; a little stiffness leaves it
    where the step before put it."""
    points, targets = earlier.surface_xyz_mm, later.surface_xyz_mm
    # So that a fit that counts all points alike does not depend on how many each surface has.
    weights = np.sqrt(SURFACE_POINTS / np.array([len(points), len(targets)]))

    def affine_of(numbers: NDArray[np.float64]) -> Affine:
        shift, turn, strain = numbers[:3], numbers[3:6] / _LEVER_MM, numbers[6:] / _LEVER_MM
        stretch = np.eye(3) + np.array([strain[[0, 3, 4]], strain[[3, 1, 5]], strain[[4, 5, 2]]])
        matrix = Rotation.from_rotvec(turn).as_matrix() @ stretch
        return Affine(matrix, later.centre_xyz_mm + shift - matrix @ earlier.centre_xyz_mm)

    def residuals(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        affine = affine_of(numbers)
        there, back = later.residuals(affine(points)), earlier.residuals(affine.back(targets))
        stiffness = _STIFFNESS * np.sqrt(SURFACE_POINTS) * numbers[6:]
        return np.concatenate([weights[0] * there, weights[1] * back, stiffness])

    numbers = np.zeros(12)
    for free in (3, 6, 12):
        fixed = numbers[free:]
        found = least_squares(
            lambda some, fixed=fixed: residuals(np.concatenate([some, fixed])),
            numbers[:free],
            loss="soft_l1",
            f_scale=SOFT_MM,
            max_nfev=MOST_EVALUATIONS,
            xtol=1e-4,
            ftol=1e-6,
        )
        numbers = np.concatenate([found.x, fixed])
    affine = affine_of(numbers)
    return Registration(affine, _dice(earlier, later, affine))


def _dice(earlier: LiverShape, later: LiverShape, affine: Affine) -> float:
    every = np.indices(later.mask.shape).reshape(3, -1).T
    index = earlier.grid.index_zyx(affine.back(later.grid.points_xyz_mm(every)))
    shown = _within(index, earlier.mask.shape).reshape(later.mask.shape)
    share = ndimage.map_coordinates(earlier.mask.astype(np.float32), index.T, order=1, mode="nearest")
    moved, still = (share.reshape(later.mask.shape) >= 0.5) & shown, later.mask & shown
    total = int(moved.sum() + still.sum())
    return 2 * int((moved & still).sum()) / total if total else 0.0


def _within(index_zyx: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Whether positions in voxels lie within a grid of this shape, outer voxels as a whole."""
    return np.asarray(np.all((index_zyx >= -0.5) & (index_zyx <= np.array(shape) - 0.5), axis=1))
