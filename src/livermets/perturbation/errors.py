"""The errors of a source on the lesions of one scan, measured once and kept for other lesions to be given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from livermets.masks.detected import is_detected
from livermets.masks.diameter import longest_axial_diameter_mm
from livermets.masks.metrics import overlap_metrics
from livermets.perturbation.neighbourhood import neighbourhood
from livermets.perturbation.transported import DISPLACEMENT, border_error, equivalent_radius_mm
from livermets.radiomics.lattice import labels_in

COLUMNS = ("lesion_id", "longest_diameter_mm", "equivalent_radius_mm", "dice", DISPLACEMENT)


def lesion_errors(reference: NDArray, drawn: NDArray, spacing_zyx_mm: tuple[float, float, float]) -> pd.DataFrame:
    """One row per lesion of the reference's label map: its diameter and equivalent radius (mm), the Dice of the
    source's mask of it, and the error by direction (`transported.border_error`), None of a lesion that the source's
    mask does not overlap. ``drawn``: the source's label map on the same grid, with the ids of the lesions."""
    inside = (reference > 0) | np.isin(drawn, labels_in(reference))
    if not inside.any():
        return pd.DataFrame(columns=list(COLUMNS))
    # Distances beyond the nearest voxels that are no lesion's are not asked for, and scans are mostly empty.
    box = tuple(
        slice(max(part.start - 1, 0), part.stop + 1) for part in ndimage.find_objects(inside.astype(np.uint8))[0]
    )
    reference, drawn = reference[box], drawn[box]
    rows = [_row(reference, drawn, label, spacing_zyx_mm) for label in labels_in(reference)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(reference: NDArray, drawn: NDArray, label: int, spacing_zyx_mm: tuple[float, float, float]) -> dict[str, Any]:
    lesion, mask = reference == label, drawn == label
    near = neighbourhood(reference, label, None, spacing_zyx_mm, _reach_mm(lesion, mask, spacing_zyx_mm))
    dice = overlap_metrics(lesion, mask)["dice"]
    return {
        "lesion_id": label,
        "longest_diameter_mm": longest_axial_diameter_mm(lesion, spacing_zyx_mm),
        "equivalent_radius_mm": equivalent_radius_mm(near),
        "dice": dice,
        DISPLACEMENT: border_error(near, mask[near.box]) if is_detected(dice, 0.0) else None,
    }


def _reach_mm(lesion: NDArray[np.bool_], mask: NDArray[np.bool_], spacing_zyx_mm: tuple[float, float, float]) -> float:
    """How far around the lesion lies all of the mask, and a voxel more."""
    own, both = (ndimage.find_objects(one.astype(np.uint8))[0] for one in (lesion, lesion | mask))
    beyond = (max(a.start - b.start, b.stop - a.stop) * mm for a, b, mm in zip(own, both, spacing_zyx_mm, strict=True))
    return float(max(beyond) + max(spacing_zyx_mm))
