"""Which automatic finding is which manual lesion: explicit, complete, and counted.

- A component is a connected piece (26-connected) of one label: two lesions that touch and are drawn as two labels stay
  two, and a binary mask is one label.
- An automatic component that touches one manual lesion belongs to it, whole.
- One that touches several is split between them: each voxel goes to the lesion with the nearest voxel (mm).
- One that touches none is a false positive, numbered from 1001 by falling volume.
- Several components may belong to one lesion; a lesion that none touches is missed and keeps its row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from livermets.imaging.geometry import CONNECTIVITY_26
from livermets.masks.detected import RULE_COLUMN, is_detected
from livermets.masks.diameter import longest_axial_diameter_mm
from livermets.masks.identity import AUTOMATIC, FALSE_POSITIVE, FIRST_UNMATCHED_ID, MANUAL
from livermets.masks.metrics import LITS_METRICS, SURFACE_METRICS, VOXEL_METRICS, mask_metrics

COLUMNS = (
    "lesion_id",
    "kind",
    "longest_diameter_mm",
    "volume_ml",
    "volume_automatic_ml",
    *VOXEL_METRICS,
    "detected",
    *LITS_METRICS,
    *SURFACE_METRICS,
    RULE_COLUMN,
)


@dataclass(frozen=True, eq=False)
class LesionMatching:
    """``labels``: the automatic mask with the ids of the matched manual lesions (uint16, ``zyx``). ``table``: one row
    per manual lesion and per unmatched component; ``kind`` is ``manual``, ``false_positive``, or ``automatic`` where
    there is no manual mask to say whether a finding is false."""

    labels: NDArray[np.uint16]
    table: pd.DataFrame


def match_lesions(
    automatic: NDArray,
    manual: NDArray | None,
    spacing_zyx_mm: tuple[float, float, float],
    detection_dice: float = 0.0,
) -> LesionMatching:
    """Matches an automatic mask, binary or a label map, with a manual label map of the same shape, and measures every
    pair.

    A lesion is detected by the rule of `livermets.masks.detected`: the Dice of its pair is above ``detection_dice``.
    What touches a lesion belongs to it, so a component too small to detect it is no false positive either."""
    found = np.asarray(automatic) > 0
    reference = np.zeros(found.shape, dtype=np.uint16) if manual is None else manual.astype(np.uint16)
    # Nothing outside the box of both masks can matter, and scans are mostly empty.
    box = (ndimage.find_objects((found | (reference > 0)).astype(np.uint8)) or [(slice(0, 1),) * found.ndim])[0]
    labels = np.zeros(found.shape, dtype=np.uint16)
    labels[box] = _assign(np.asarray(automatic)[box], reference[box], spacing_zyx_mm)
    table = _table(labels[box], reference[box], spacing_zyx_mm, detection_dice, has_manual=manual is not None)
    return LesionMatching(labels, table)


def _table(
    labels: NDArray[np.uint16],
    reference: NDArray[np.uint16],
    spacing_zyx_mm: tuple[float, float, float],
    detection_dice: float,
    has_manual: bool,
) -> pd.DataFrame:
    known = _ids(reference)
    rows = [_manual_row(lesion_id, reference, labels, spacing_zyx_mm, detection_dice) for lesion_id in known]
    kind = FALSE_POSITIVE if has_manual else AUTOMATIC
    rows += [_unmatched_row(i, kind, labels, spacing_zyx_mm) for i in _ids(labels) if i not in known]
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"lesion_id": np.int64, "detected": "Int64"})
    return table.assign(**{RULE_COLUMN: float(detection_dice)})


def components_of(mask: NDArray) -> tuple[NDArray[np.int32], int]:
    """The 26-connected pieces of a binary mask, or of every label of a label map, numbered from 1 (0 outside); and how
    many there are."""
    labels = np.asarray(mask)
    if labels.dtype.kind not in "iu":
        labels = (labels > 0).view(np.uint8)
    components, count = np.zeros(labels.shape, dtype=np.int32), 0
    for value, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is not None:
            inside = labels[box] == value
            pieces, number = ndimage.label(inside, structure=CONNECTIVITY_26)
            components[box][inside] = pieces[inside] + count
            count += number
    return components, count


def _ids(labels: NDArray) -> list[int]:
    return [int(value) for value in np.unique(labels) if value > 0]


def _assign(
    automatic: NDArray, reference: NDArray[np.uint16], spacing_zyx_mm: tuple[float, float, float]
) -> NDArray[np.uint16]:
    """The automatic mask, each voxel with the id of its manual lesion or of its own."""
    components, _ = components_of(automatic)
    labels = np.zeros(automatic.shape, dtype=np.uint16)
    unmatched = []
    for number, box in enumerate(ndimage.find_objects(components), start=1):
        component = components[box] == number
        touched = np.unique(reference[box][component])
        touched = touched[touched > 0]
        if len(touched) == 0:
            unmatched.append((-int(component.sum()), number, box))
        elif len(touched) == 1:
            labels[box][component] = touched[0]
        else:
            nearest = _nearest_lesion(reference, touched, box, spacing_zyx_mm)
            labels[box][component] = nearest[component]
    first = max(FIRST_UNMATCHED_ID, int(reference.max(initial=0)) + 1)
    for offset, (_, number, box) in enumerate(sorted(unmatched, key=lambda item: item[:2])):
        labels[box][components[box] == number] = first + offset
    return labels


def _nearest_lesion(
    reference: NDArray[np.uint16],
    touched: NDArray[np.uint16],
    box: tuple[slice, ...],
    spacing_zyx_mm: tuple[float, float, float],
) -> NDArray[np.uint16]:
    """For every voxel of a component's box, the touched lesion with the nearest voxel."""
    lesions = np.where(np.isin(reference, touched), reference, 0)
    boxes = [found for found in ndimage.find_objects((lesions > 0).astype(np.uint8)) if found] + [box]
    # The box around the component and all touched lesions: distances need no more than that.
    around = tuple(
        slice(min(b[axis].start for b in boxes), max(b[axis].stop for b in boxes)) for axis in range(lesions.ndim)
    )
    lesions = lesions[around]
    index = ndimage.distance_transform_edt(
        lesions == 0, sampling=spacing_zyx_mm, return_distances=False, return_indices=True
    )
    inner = tuple(slice(b.start - a.start, b.stop - a.start) for a, b in zip(around, box, strict=True))
    return lesions[tuple(index)][inner]


def _manual_row(
    lesion_id: int,
    reference: NDArray,
    labels: NDArray,
    spacing_zyx_mm: tuple[float, float, float],
    detection_dice: float,
) -> dict[str, object]:
    lesion, found = reference == lesion_id, labels == lesion_id
    voxel_ml = float(np.prod(spacing_zyx_mm)) / 1000.0
    metrics = mask_metrics(lesion, found, spacing_zyx_mm)
    return {
        "lesion_id": lesion_id,
        "kind": MANUAL,
        "longest_diameter_mm": longest_axial_diameter_mm(lesion, spacing_zyx_mm),
        "volume_ml": lesion.sum() * voxel_ml,
        "volume_automatic_ml": found.sum() * voxel_ml,
        "detected": int(is_detected(metrics["dice"], detection_dice)),
        **metrics,
    }


def _unmatched_row(
    lesion_id: int, kind: str, labels: NDArray, spacing_zyx_mm: tuple[float, float, float]
) -> dict[str, object]:
    """Diameter and volume of a finding without a manual lesion; there is no agreement to measure."""
    found = labels == lesion_id
    return {
        "lesion_id": lesion_id,
        "kind": kind,
        "longest_diameter_mm": longest_axial_diameter_mm(found, spacing_zyx_mm),
        "volume_automatic_ml": found.sum() * float(np.prod(spacing_zyx_mm)) / 1000.0,
    }
