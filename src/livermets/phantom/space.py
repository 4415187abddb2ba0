"""The space a phantom is drawn in: thin sub-slices of the scan, and the body's own warped coordinates in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livermets.phantom.fields import Array, waves
from livermets.phantom.truth import ScanPlan

# Sub-slices no thicker than this are averaged into a slice, as a scanner's slice profile does.
_FINEST_MM = 1.3
_BODY_HEIGHT = (0.03, 1.07)


@dataclass(frozen=True)
class DrawingGrid:
    """Sub-slices and pixels in mm; ``sub_slices`` of them make one stored slice."""

    shape_zyx: tuple[int, int, int]
    spacing_zyx_mm: tuple[float, float, float]
    sub_slices: int

    def averaged(self, array: Array) -> Array:
        """The array on the stored slices: each is the mean of its sub-slices (partial volume included)."""
        slices = self.shape_zyx[0] // self.sub_slices
        return array.reshape(slices, self.sub_slices, *array.shape[1:]).mean(axis=1, dtype=np.float32)


@dataclass(frozen=True)
class BodyAxes:
    """Body coordinates of every voxel, in half-widths of the body: ``u`` from the patient's right (-1) to left (1),
    ``v`` from front (-1) to back (1), ``w`` from below the liver (0) to above the diaphragm (about 1.07)."""

    u: Array
    v: Array
    w: Array
    open_wvu: tuple[Array, Array, Array]
    """The same coordinates before the warp, as an open grid: cheap where exactness does not matter."""
    half_width_mm: float

    def waves(self, rng: np.random.Generator, period: float, amplitude: float) -> Array:
        """A smooth random field over the body (see `livermets.phantom.fields.waves`)."""
        return waves(rng, self.open_wvu, period, amplitude)

    def ellipsoid(
        self, centre_uvw: tuple[float, float, float], radii_uvw: tuple[float, float, float], turn: float = 0.0
    ) -> Array:
        """Distance from an ellipsoid's centre in units of its radius (1 on its surface); ``turn`` in radians about
        the body's axis."""
        u, v = self.u - np.float32(centre_uvw[0]), self.v - np.float32(centre_uvw[1])
        if turn:
            cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
            u, v = cos * u + sin * v, cos * v - sin * u
        squared = (u / np.float32(radii_uvw[0])) ** 2 + (v / np.float32(radii_uvw[1])) ** 2
        squared += ((self.w - np.float32(centre_uvw[2])) / np.float32(radii_uvw[2])) ** 2
        return np.sqrt(squared)


def lay_out(rng: np.random.Generator, scan: ScanPlan, grid: int) -> tuple[DrawingGrid, BodyAxes]:
    """The drawing grid of a scan and the warped body coordinates on it.

    The body is as wide as the field of view, give or take; where it is wider, its left flank is cut off."""
    field_mm = grid * scan.spacing_mm
    half_width_mm = min(0.5 * field_mm * rng.uniform(0.92, 1.03), 190.0)
    sub_slices = int(np.ceil(scan.slice_mm / _FINEST_MM))
    step_mm = scan.slice_mm / sub_slices
    low, high = _BODY_HEIGHT
    slices = max(round((high - low) * half_width_mm / scan.slice_mm), 4)
    shape = (slices * sub_slices, grid, grid)
    centre_x_mm = max(half_width_mm * 1.03, 0.5 * field_mm)
    depth_ratio = rng.uniform(0.70, 0.80)
    z = (low + (np.arange(shape[0]) + 0.5) * step_mm / half_width_mm).astype(np.float32).reshape(-1, 1, 1)
    pixels_mm = (np.arange(grid) + 0.5) * scan.spacing_mm
    y = ((pixels_mm - 0.5 * field_mm) / (half_width_mm * depth_ratio)).astype(np.float32).reshape(1, -1, 1)
    x = ((pixels_mm - centre_x_mm) / half_width_mm).astype(np.float32).reshape(1, 1, -1)
    axes = BodyAxes(
        u=x + waves(rng, (z, y, x), 1.6, 0.018),
        v=y + waves(rng, (z, y, x), 1.6, 0.018),
        w=z + waves(rng, (z, y, x), 1.4, 0.018),
        open_wvu=(z, y, x),
        half_width_mm=half_width_mm,
    )
    return DrawingGrid(shape, (step_mm, scan.spacing_mm, scan.spacing_mm), sub_slices), axes


def inside(distance: Array, radius: float = 1.0) -> NDArray[np.bool_]:
    """Voxels within ``radius`` of an ellipsoid's own radius."""
    return distance < np.float32(radius)
