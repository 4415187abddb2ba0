"""Lesions that cannot be: outside the liver, in air, of another size than the table says."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from livermets.cohort.scan import Scan
from livermets.cohort.study import Cohort
from livermets.errors import ProblemList
from livermets.intake.air import LESION_AIR_HU, air_below
from livermets.intake.placement_checks import LESIONS, placement_problem
from livermets.intake.scan_data import ScanData

NEAR_MM = 5.0
"""A lesion this near to the liver mask may be one that the mask leaves out."""
FEW_VOXELS = 5
"""A lesion with fewer voxels may be a stray mark."""
FIX_AIR = "The mask is flipped, shifted or of another patient; look at it on the CT"
FIX_OUTSIDE = "The masks do not belong together, or one is flipped; look at both on the CT"
_MISREAD_MM = 5.0
_MISREAD_SHARE = 0.3


def check_lesions_plausible(scan: Scan, data: ScanData, problems: ProblemList) -> None:
    """Lesions made of air, or of a few voxels."""
    where = f"{scan.label}, {scan.lesion_pattern}"
    for what in lesions_in_air(data).values():
        problems.refusal("lesion_air", where, what, FIX_AIR)
    for lesion, voxels in lesion_sizes(data).items():
        if voxels < FEW_VOXELS:
            what = f"lesion {lesion} has only {voxels} voxels"
            problems.warning(where, what, "Remove it from the mask if it is a stray mark")


def lesion_sizes(data: ScanData) -> dict[int, int]:
    """Voxels of every lesion."""
    boxes, labels = data.lesion_boxes.items(), data.lesions
    return {} if labels is None else {n: int(np.count_nonzero(labels[box] == n)) for n, box in boxes}


def lesions_in_air(data: ScanData) -> dict[int, str]:
    """The lesions that are made of air, each with the words for it."""
    found: dict[int, str] = {}
    if data.lesions is None:
        return found
    limit = air_below(LESION_AIR_HU, data.lowest_hu)
    for lesion, box in data.lesion_boxes.items():
        mean = float(data.ct.array[box][data.lesions[box] == lesion].mean())
        if mean < limit:
            found[lesion] = f"lesion {lesion} lies in air or lung (mean {mean:.0f} HU)"
    return found


def check_lesions_in_liver(scan: Scan, data: ScanData, problems: ProblemList) -> None:
    """Every lesion lies in the liver mask, or touches it where the mask leaves tumours out."""
    where = f"{scan.label}, {scan.lesion_pattern}"
    outside, away = _shares_outside(data), lesions_outside_liver(data)
    for lesion, share in outside.items():
        if lesion in away:
            problems.refusal("lesion_outside_liver", where, away[lesion], FIX_OUTSIDE)
        elif share > 10:
            what = f"{share:.0f} % of lesion {lesion} is outside the liver mask"
            problems.warning(where, what, "Does the liver mask leave tumours out?")


def lesions_outside_liver(data: ScanData) -> dict[int, str]:
    """The lesions that lie beside the liver and not even near to it, each with the words for it."""
    labels, liver = data.lesions, data.liver
    if labels is None or liver is None:
        return {}
    return {
        lesion: f"lesion {lesion} lies outside the liver mask"
        for lesion, share in _shares_outside(data).items()
        if share > 50 and not _near(labels, liver, data.lesion_boxes[lesion], lesion, data)
    }


def _shares_outside(data: ScanData) -> dict[int, float]:
    """How much of every lesion lies outside the liver, in percent; empty where there is no liver."""
    labels, liver = data.lesions, data.liver
    if labels is None or liver is None or not liver.any():
        return {}
    return {n: 100.0 * float(np.mean(~liver[box][labels[box] == n])) for n, box in data.lesion_boxes.items()}


def check_lesions_placed(scan: Scan, data: ScanData, problems: ProblemList) -> None:
    """The lesions of the scan taken together lie where the CT shows their borders."""
    if data.lesions is None or problems.errors:
        return
    where = f"{scan.label}, {scan.lesion_pattern}"
    boxes = list(data.lesion_boxes.items())
    masks = "the lesions" if len(boxes) > 1 else f"lesion {boxes[0][0]}" if boxes else ""
    found = placement_problem(data.ct, data.lesions, boxes, LESIONS, where, masks)
    problems.extend([found] if found else [])


def check_sizes(scan: Scan, cohort: Cohort, table: pd.DataFrame, problems: ProblemList) -> None:
    """The table's baseline diameters against those measured in the mask, on the first timepoint."""
    if scan.timepoint not in ("baseline", cohort.settings.listed_timepoints[0]):
        return
    sizes = table[["lesion_id", "baseline_diameter_mm", "longest_diameter_mm"]].to_numpy(dtype=float)
    for lesion_id, said, measured in sizes:
        if not said > 0 or not measured > 0:
            continue
        where = f"{scan.label}, lesion {lesion_id:.0f}"
        if _close(10 * said, measured) and not _close(said, measured):
            what = f"the table's baseline diameter is {said:g}, the mask measures {measured:.1f} mm: centimetres for mm"
            problems.error(where, what, "Correct the row, or set diameter_unit: cm for the cohort")
        elif not _close(said, measured):
            what = f"the table's baseline diameter is {said:g} mm, the mask measures {measured:.1f} mm"
            problems.warning(where, what, "Are the lesions numbered alike in table and mask?")


def _near(labels: NDArray, liver: NDArray[np.bool_], box: tuple[slice, ...], lesion: int, data: ScanData) -> bool:
    margin = [int(np.ceil(NEAR_MM / step)) for step in data.ct.grid.spacing_zyx_mm]
    wide = tuple(slice(max(0, part.start - m), part.stop + m) for part, m in zip(box, margin, strict=True))
    if not liver[wide].any():
        return False
    away_mm = ndimage.distance_transform_edt(labels[wide] != lesion, sampling=data.ct.grid.spacing_zyx_mm)
    return bool(np.any(away_mm[liver[wide]] <= NEAR_MM))


def _close(one_mm: float, other_mm: float) -> bool:
    return abs(one_mm - other_mm) <= max(_MISREAD_MM, _MISREAD_SHARE * max(one_mm, other_mm))
