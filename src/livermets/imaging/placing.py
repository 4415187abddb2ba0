"""Label maps moved to another grid, by their geometry and without inventing labels."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from livermets.imaging.geometry import Grid, Volume
from livermets.imaging.itk import image_of


def resampled_to(labels: Volume, grid: Grid) -> NDArray:
    """The label of the nearest voxel at every voxel centre of ``grid``; 0 outside."""
    drawn, target = image_of(labels.array, labels.grid), image_of(np.zeros(grid.shape_zyx, np.uint8), grid)
    moved = sitk.Resample(drawn, target, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    return sitk.GetArrayFromImage(moved).astype(labels.array.dtype)


def voxels_beyond(labels: Volume, grid: Grid) -> tuple[int, int]:
    """How many labelled voxels have their centre outside ``grid``, and how many there are."""
    found = grid.index_zyx(labels.grid.points_xyz_mm(np.argwhere(labels.array)))
    outside = np.any((found < -0.5) | (found > np.array(grid.shape_zyx) - 0.5), axis=1)
    return int(np.count_nonzero(outside)), len(found)
