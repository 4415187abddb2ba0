"""The longest diameter of a lesion, as a reader measures it: in the axial plane."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects
from scipy.spatial.distance import pdist


def longest_axial_diameter_mm(mask_zyx: NDArray, spacing_zyx_mm: tuple[float, float, float]) -> float:
    """The largest in-plane distance, in mm, between two voxel centres of the lesion within any one axial slice.

    This is RECIST's longest diameter taken over all slices (Eisenhauer 2009); a slice may hold several pieces.
    A single voxel measures 0, an empty mask is not a number."""
    box = find_objects(np.asarray(mask_zyx, dtype=bool).astype(np.uint8), max_label=1)[0]
    if box is None:
        return float("nan")
    lesion = np.asarray(mask_zyx[box], dtype=bool)
    return max(_slice_diameter_mm(lesion_slice, spacing_zyx_mm[1:]) for lesion_slice in lesion)


def _slice_diameter_mm(slice_yx: NDArray[np.bool_], spacing_yx_mm: tuple[float, float]) -> float:
    """The largest distance in one slice; both ends of it lie on the convex hull."""
    points = _row_ends(slice_yx) * np.asarray(spacing_yx_mm, dtype=float)
    return float(pdist(points).max()) if len(points) > 1 else 0.0


def _row_ends(slice_yx: NDArray[np.bool_]) -> NDArray[np.int64]:
    """First and last pixel of every row: they contain every vertex of the convex hull."""
    rows = np.flatnonzero(slice_yx.any(axis=1))
    first = slice_yx[rows].argmax(axis=1)
    last = slice_yx.shape[1] - 1 - slice_yx[rows, ::-1].argmax(axis=1)
    return np.unique(np.concatenate([np.stack([rows, first], axis=1), np.stack([rows, last], axis=1)]), axis=0)
