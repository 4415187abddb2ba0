"""The lesion masks of any source on one scan: matched with the reference's and measured against them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.imaging.geometry import Volume
from livermets.masks.matching import match_lesions
from livermets.masks.metrics import mask_metrics


@dataclass(frozen=True, eq=False)
class MatchedMasks:
    """Masks of one source on one scan (``zyx``, the CT's grid), numbered as the reference's lesions that they meet."""

    labels: NDArray[np.uint16]
    matching: pd.DataFrame
    """One row per lesion of the reference and per component that meets none."""
    metrics: dict[str, Any]
    """Of the scan as a whole: lesions, detections, false positives, volume in ml, overlap and surface distances."""


def matched_masks(mask: NDArray, reference: Volume | None, image: Volume, detection_dice: float) -> MatchedMasks:
    """A source's lesions of a scan, a binary mask or a label map, against the reference's, where there are any."""
    spacing = image.grid.spacing_zyx_mm
    matched = match_lesions(mask, reference.array if reference else None, spacing, detection_dice)
    kinds = matched.table["kind"].value_counts()
    metrics: dict[str, Any] = {
        "manual_lesions": int(kinds.get("manual", 0)) if reference else None,
        "detected_lesions": int(matched.table["detected"].sum()) if reference else None,
        "false_positives": int(kinds.get("false_positive", 0)) if reference else None,
        "volume_automatic_ml": float(np.count_nonzero(mask)) * image.grid.voxel_ml,
    }
    metrics |= structure_metrics("mts", reference, mask > 0, spacing)
    return MatchedMasks(matched.labels, matched.table, metrics)


def structure_metrics(
    name: str, reference: Volume | None, found: NDArray, spacing_zyx_mm: tuple[float, float, float]
) -> dict[str, float | None]:
    """Whole-scan metrics with their structure's name in front; empty where there is no reference."""
    array = reference.array if reference else np.zeros(found.shape, dtype=bool)
    values = mask_metrics(array, found, spacing_zyx_mm)
    return {f"{name}_{metric}": value if reference else None for metric, value in values.items()}
