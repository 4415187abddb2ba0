"""Size and place of every lesion in a label map."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from livermets.masks.diameter import longest_axial_diameter_mm

COLUMNS = ("lesion_id", "longest_diameter_mm", "volume_ml", "n_voxels", "centroid_z", "centroid_y", "centroid_x")


def measure_lesions(labels_zyx: NDArray, spacing_zyx_mm: tuple[float, float, float]) -> pd.DataFrame:
    """One row per label value above 0, in rising order: longest axial diameter (mm), volume (ml), number of voxels and
    the centroid as (fractional) voxel indices. An empty label map gives an empty table with the same columns."""
    voxel_ml = float(np.prod(spacing_zyx_mm)) / 1000.0
    rows = []
    for lesion_id, box in _boxes(labels_zyx):
        lesion = labels_zyx[box] == lesion_id
        inside = np.argwhere(lesion)
        centroid = inside.mean(axis=0) + [axis.start for axis in box]
        diameter = longest_axial_diameter_mm(lesion, spacing_zyx_mm)
        rows.append((lesion_id, diameter, len(inside) * voxel_ml, len(inside), *centroid))
    types = {"lesion_id": np.int64, "n_voxels": np.int64}
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({c: types.get(c, np.float64) for c in COLUMNS})


def _boxes(labels_zyx: NDArray) -> list[tuple[int, tuple[slice, ...]]]:
    """Label values present and their bounding boxes, found within the box of all lesions: scans are mostly empty."""
    around = find_objects((labels_zyx > 0).astype(np.uint8), max_label=1)[0]
    if around is None:
        return []
    inside = labels_zyx[around]
    values, ranks = np.unique(inside, return_inverse=True)
    if values[0] > 0:
        ranks = ranks + 1  # background is rank 0, which find_objects passes over
    # Ranks, not values: find_objects makes one entry per possible value, and false positives count from 1001.
    boxes = find_objects(ranks.reshape(inside.shape).astype(np.int32))
    start = [axis.start for axis in around]
    return [
        (int(value), tuple(slice(a.start + s, a.stop + s) for a, s in zip(box, start, strict=True)))
        for value, box in zip(values[values > 0], boxes, strict=True)
    ]
