"""How well a mask agrees with its reference: overlap and surface distances, with one table for empty masks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

NAN = float("nan")
VOXEL_METRICS = ("dice", "precision", "recall")
"""Of voxels counted one by one."""
LITS_METRICS = ("volume_ratio", "voe", "rvd")
"""Of volumes, as in LiTS."""
OVERLAP_METRICS = (*VOXEL_METRICS, *LITS_METRICS)
SURFACE_METRICS = ("assd_mm", "rms_mm", "hausdorff_mm", "hd95_mm")


@dataclass(frozen=True)
class WhenEmpty:
    """A metric's value when masks are empty; not a number = not defined, left out of means and counted."""

    both: float
    reference: float
    found: float


# Nothing to find and nothing found says nothing about overlap; a miss and a false alarm are as bad as overlap gets.
# Precision needs something found, recall something to find, a distance two surfaces.
WHEN_EMPTY = {
    "dice": WhenEmpty(both=NAN, reference=0.0, found=0.0),
    "precision": WhenEmpty(both=NAN, reference=0.0, found=NAN),
    "recall": WhenEmpty(both=NAN, reference=NAN, found=0.0),
    "volume_ratio": WhenEmpty(both=NAN, reference=NAN, found=0.0),
    "voe": WhenEmpty(both=NAN, reference=1.0, found=1.0),
    "rvd": WhenEmpty(both=NAN, reference=NAN, found=-1.0),
    **{metric: WhenEmpty(NAN, NAN, NAN) for metric in SURFACE_METRICS},
}


def mask_metrics(reference: NDArray, found: NDArray, spacing_zyx_mm: tuple[float, float, float]) -> dict[str, float]:
    """All overlap and surface metrics of two masks of one shape (``zyx``)."""
    reference, found = np.asarray(reference, dtype=bool), np.asarray(found, dtype=bool)
    box = _common_box(reference, found)
    reference, found = reference[box], found[box]
    return {**overlap_metrics(reference, found), **surface_metrics(reference, found, spacing_zyx_mm)}


def overlap_metrics(reference: NDArray, found: NDArray) -> dict[str, float]:
    """Dice, precision and recall of voxels, and as in LiTS (Bilic 2023): volume ratio (found / reference), volumetric
    overlap error (1 - intersection / union), relative volume difference ((found - reference) / reference)."""
    reference, found = np.asarray(reference, dtype=bool), np.asarray(found, dtype=bool)
    n_reference, n_found = int(reference.sum()), int(found.sum())
    if not (n_reference and n_found):
        return _values_when_empty(OVERLAP_METRICS, n_reference, n_found)
    both = int((reference & found).sum())
    return {
        "dice": 2 * both / (n_reference + n_found),
        "precision": both / n_found,
        "recall": both / n_reference,
        "volume_ratio": n_found / n_reference,
        "voe": 1 - both / (n_reference + n_found - both),
        "rvd": (n_found - n_reference) / n_reference,
    }


def surface_metrics(reference: NDArray, found: NDArray, spacing_zyx_mm: tuple[float, float, float]) -> dict[str, float]:
    """Distances in mm between two surfaces: the mean over both (ASSD), its root mean square (RMSD), the largest
    (Hausdorff), and the larger of the two directed 95th percentiles (HD95).

    A surface is the voxels of a mask with a face-neighbour outside it; beyond the image counts as outside."""
    reference, found = np.asarray(reference, dtype=bool), np.asarray(found, dtype=bool)
    if not (reference.any() and found.any()):
        return _values_when_empty(SURFACE_METRICS, int(reference.sum()), int(found.sum()))
    surface_reference, surface_found = _surface(reference), _surface(found)
    to_found = _distance_to(surface_found, spacing_zyx_mm)[surface_reference]
    to_reference = _distance_to(surface_reference, spacing_zyx_mm)[surface_found]
    pooled = np.concatenate([to_found, to_reference])
    return {
        "assd_mm": float(pooled.mean()),
        "rms_mm": float(np.sqrt(np.mean(pooled**2))),
        "hausdorff_mm": float(pooled.max()),
        "hd95_mm": float(max(np.percentile(to_found, 95), np.percentile(to_reference, 95))),
    }


def _surface(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return mask & ~ndimage.binary_erosion(mask)


def _distance_to(surface: NDArray[np.bool_], spacing_zyx_mm: tuple[float, float, float]) -> NDArray[np.float64]:
    return ndimage.distance_transform_edt(~surface, sampling=spacing_zyx_mm)


def _common_box(reference: NDArray[np.bool_], found: NDArray[np.bool_]) -> tuple[slice, ...]:
    """The box around both masks; distances between them do not depend on what lies outside it."""
    boxes = ndimage.find_objects((reference | found).astype(np.uint8), max_label=1)
    return boxes[0] or tuple(slice(0, 0) for _ in reference.shape)


def _values_when_empty(metrics: tuple[str, ...], n_reference: int, n_found: int) -> dict[str, float]:
    case = "found" if n_reference else "reference" if n_found else "both"
    return {metric: getattr(WHEN_EMPTY[metric], case) for metric in metrics}
