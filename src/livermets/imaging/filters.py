"""Filters of intensities that change no grid."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray


def equalised(hu: NDArray, range_hu: tuple[float, float]) -> NDArray[np.float32]:
    """Every axial slice with its histogram equalised (bins of 1 HU): the lowest value of a slice becomes the lower end
    of the range, the highest the upper end, and all between their rank. A slice of one value becomes the lower end."""
    return np.stack([_equalised_slice(one, range_hu) for one in hu])


def _equalised_slice(hu: NDArray, range_hu: tuple[float, float]) -> NDArray[np.float32]:
    from skimage.exposure import cumulative_distribution

    below, centres = cumulative_distribution(np.rint(hu).astype(np.int32))
    if below[0] == 1:
        return np.full(hu.shape, range_hu[0], dtype=np.float32)
    share = (np.interp(hu, centres, below) - below[0]) / (1 - below[0])
    low, high = range_hu
    return np.asarray(low + (high - low) * share, dtype=np.float32)


def median_filtered(array: NDArray, size_voxels: int, dimensions: int) -> NDArray[np.float32]:
    """The median of every voxel's neighbourhood of an odd side, within its axial slice (2) or across slices (3); at the
    border the outermost voxels are repeated."""
    radius = size_voxels // 2
    radii = [radius, radius, radius if dimensions == 3 else 0]
    image = sitk.GetImageFromArray(np.asarray(array, dtype=np.float32))
    return np.asarray(sitk.GetArrayFromImage(sitk.Median(image, radii)))
