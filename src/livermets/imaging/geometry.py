"""Volumes and the grids they live on.

Arrays are ``zyx`` in canonical LPS axes: index 0 runs from feet to head, 1 from front to back, 2 from the patient's
right to left. Metadata is ``xyz`` in millimetres, as ITK and DICOM write it. Files keep the axes they were stored
with: `Volume.stored_orientation` remembers them, and `livermets.io.images.write_volume` restores them, so that a mask
written by the pipeline has exactly the grid of the CT the user gave.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

CANONICAL_ORIENTATION = "LPS"
_HALF_WAY_SLICES = 1e-3
"""How near to half way between two slices a height counts as half way: positions are written with rounding."""
CONNECTIVITY_26 = np.ones((3, 3, 3), dtype=bool)
"""Which neighbours belong to the same component: those that share a face, an edge or a corner."""
Box = tuple[slice, slice, slice]
"""Voxels from … to along ``zyx``, without steps."""
IDENTITY_DIRECTION = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Grid:
    """Where voxels are in the scanner's space (ITK's convention: origin is the centre of voxel 0)."""

    size_xyz: tuple[int, int, int]
    spacing_xyz_mm: tuple[float, float, float]
    origin_xyz_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    direction: tuple[float, ...] = IDENTITY_DIRECTION
    slice_offsets: tuple[float, ...] = field(default=(), compare=False)
    """How far the centre of every slice lies off its even place along z, in slices; empty where the file does not say
    where each slice is (all but DICOM). What is drawn on slices is placed by it; nothing else looks at it."""

    @property
    def shape_zyx(self) -> tuple[int, int, int]:
        return self.size_xyz[::-1]

    @property
    def spacing_zyx_mm(self) -> tuple[float, float, float]:
        return self.spacing_xyz_mm[::-1]

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return float(np.prod(self.spacing_xyz_mm)) / 1000.0

    def index_zyx(self, points_xyz_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (one a row) as positions in voxels, fractions included."""
        offset = (np.asarray(points_xyz_mm, float) - np.array(self.origin_xyz_mm)).T
        along = np.linalg.solve(np.array(self.direction).reshape(3, 3), offset).T
        return (along / np.array(self.spacing_xyz_mm))[:, ::-1]

    def points_xyz_mm(self, index_zyx: NDArray) -> NDArray[np.float64]:
        """The centres of voxels (one index a row)."""
        along = np.asarray(index_zyx, float)[:, ::-1] * np.array(self.spacing_xyz_mm)
        return np.asarray(along @ np.array(self.direction).reshape(3, 3).T + np.array(self.origin_xyz_mm))

    def within(self, box: Box) -> Grid:
        """The part of the grid within a box of voxels (``zyx``)."""
        spans = [range(length)[side] for length, side in zip(self.shape_zyx, box, strict=True)]
        z, y, x = (len(span) for span in spans)
        origin_x, origin_y, origin_z = self.points_xyz_mm(np.array([[span.start for span in spans]]))[0].tolist()
        offsets = self.slice_offsets[box[0]]
        return replace(self, size_xyz=(x, y, z), origin_xyz_mm=(origin_x, origin_y, origin_z), slice_offsets=offsets)

    def with_slices_at(self, positions_xyz_mm: NDArray[np.float64]) -> Grid:
        """This grid with the real places of its slices; itself where slices do not follow one another along z."""
        heights = np.sort(self.index_zyx(positions_xyz_mm)[:, 0])
        offsets = heights - np.arange(len(heights))
        if len(heights) != self.size_xyz[2] or np.abs(offsets).max() > 0.5:
            return self
        return replace(self, slice_offsets=tuple(offsets.tolist()))

    def nearest_slices(self, heights: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """For heights along z (in slices): the nearest slice, of two equally near ones the upper, and how far the
        height lies above its centre."""
        centres = self._slice_centres
        borders = (centres[1:] + centres[:-1]) / 2 - _HALF_WAY_SLICES
        slices = np.searchsorted(borders, heights, side="right")
        return slices, np.asarray(heights) - centres[slices]

    def holds_heights(self, heights: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether heights along z (in slices) lie no more than half a slice below the first or above the last one."""
        reach = 0.5 + _HALF_WAY_SLICES
        return (heights >= self._slice_centres[0] - reach) & (heights <= self._slice_centres[-1] + reach)

    @property
    def _slice_centres(self) -> NDArray[np.float64]:
        return np.arange(self.size_xyz[2]) + np.array(self.slice_offsets or 0.0)

    def differences(self, other: Grid, tolerance_mm: float = 1e-2) -> list[str]:
        """What differs between two grids, in words; empty when they are the same to ``tolerance_mm``.

        Spacing is compared by the drift it causes over the whole grid, not per voxel."""
        found = []
        if self.size_xyz != other.size_xyz:
            return [f"size {_numbers(self.size_xyz)} against {_numbers(other.size_xyz)}"]
        extent = np.asarray(self.size_xyz)
        if np.any(np.abs(np.subtract(self.spacing_xyz_mm, other.spacing_xyz_mm)) * extent > tolerance_mm):
            found.append(f"spacing {_numbers(self.spacing_xyz_mm)} against {_numbers(other.spacing_xyz_mm)} mm")
        if np.any(np.abs(np.subtract(self.origin_xyz_mm, other.origin_xyz_mm)) > tolerance_mm):
            found.append(f"origin {_numbers(self.origin_xyz_mm)} against {_numbers(other.origin_xyz_mm)} mm")
        if np.any(np.abs(np.subtract(self.direction, other.direction)) > 1e-4):
            found.append(f"direction {_numbers(self.direction)} against {_numbers(other.direction)}")
        return found


@dataclass(frozen=True, eq=False)
class Volume:
    """A 3D image or mask with its place in space: ``array`` is ``zyx`` on ``grid`` (canonical LPS)."""

    array: NDArray
    grid: Grid
    stored_orientation: str = field(default=CANONICAL_ORIENTATION)

    def __post_init__(self) -> None:
        if self.array.shape != self.grid.shape_zyx:
            raise ValueError(f"array {self.array.shape} is not on a grid of {self.grid.shape_zyx}")

    def with_array(self, array: NDArray) -> Volume:
        """Another array on the same grid."""
        return replace(self, array=array)

    def within(self, box: Box) -> Volume:
        """The part of the volume within a box of voxels (``zyx``)."""
        return replace(self, array=np.ascontiguousarray(self.array[box]), grid=self.grid.within(box))


def _numbers(values: tuple[float, ...]) -> str:
    return " × ".join(f"{value:.6g}" for value in values)
