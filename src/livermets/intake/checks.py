"""What can be wrong with a scan that reads well: intensities, geometry, and masks that belong to something else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.cohort.scan import Scan
from livermets.cohort.study import Cohort
from livermets.errors import InputError, ProblemList
from livermets.intake.air import NO_AIR_HU
from livermets.intake.lesion_checks import (
    check_lesions_in_liver,
    check_lesions_placed,
    check_lesions_plausible,
    check_sizes,
)
from livermets.intake.lesion_shapes import check_shapes
from livermets.intake.lesions import check_lesion_ids, lesion_table
from livermets.intake.liver_checks import liver_problems
from livermets.intake.scan_data import ScanData, read_scan
from livermets.io.ct import AIR_HU, PADDING_HU
from livermets.io.placement import forms_apart, left_and_right

_PILE_UP = 0.0005
"""Share of the voxels exactly at a limit. Sixteen public CTs windowed to -160..240 HU: 0.37-0.61 and 0.007-0.041."""
_SHARP = 5.0
"""How many times more voxels lie at a limit than in the next hundredth of the range: there 22 to 2000 times."""
_HIGHEST_CUT_HU = 1000
"""Bone and contrast reach higher; scanners themselves stop at 1023, 3071 or above."""
_THICK_SLICE_MM = 5.5


def checked_scan(scan: Scan, cohort: Cohort) -> tuple[ScanData, pd.DataFrame]:
    """One scan read and checked, with its lesion table; warnings are added to it, errors are raised together."""
    data = read_scan(scan, cohort.reading(scan))
    problems = ProblemList(accepted=cohort.settings.accept)
    check_intensities(scan, data, problems)
    hounsfield = not problems.errors  # if these are not HU, what lies under the masks says nothing about them
    check_header(scan, data, problems)
    check_geometry(scan, data, problems)
    if hounsfield and data.liver is not None:
        problems.extend(_liver_problems(scan, cohort, data, data.liver))
    _check_swallowed(scan, cohort, data, problems)
    table = lesion_table(scan, cohort, data)
    sound_table = not cohort.problems.errors  # what is missing in a table that cannot be read is no lesion's fault
    if sound_table:
        check_lesion_ids(scan, cohort, data, problems)
    check_shapes(scan, cohort.settings, data, problems)
    if hounsfield and data.lesions is not None:
        check_lesions_plausible(scan, data, problems)
        if data.liver is not None:
            check_lesions_in_liver(scan, data, problems)
        check_lesions_placed(scan, data, problems)
        if sound_table:
            check_sizes(scan, cohort, table, problems)
    problems.raise_if_errors()
    data.warnings = [*data.warnings, *problems.warnings]
    return data, table


def _check_swallowed(scan: Scan, cohort: Cohort, data: ScanData, problems: ProblemList) -> None:
    """A lesion without a voxel of its own disappears: an error unless it is excluded with a reason. A job that knows
    the images alone leaves that to the check of the study, and to the job that joins lesions and table."""
    excluded = cohort.excluded_lesions(scan.patient_id, scan.timepoint)
    for lesion_id, lost in data.swallowed.items():
        where = f"{scan.label}, {scan.lesion_pattern}"
        if cohort.images_only or lesion_id in excluded:
            problems.warning(where, lost)
        else:
            problems.error(where, lost, f"Correct the mask, or exclude lesion {lesion_id} with a reason")


def check_intensities(scan: Scan, data: ScanData, problems: ProblemList) -> None:
    """Are these Hounsfield units? Finds flat, normalised, windowed and unrescaled images, and padding."""
    where = f"{scan.label}, {scan.image_path}"
    array = data.ct.array
    low, high = float(array.min()), float(array.max())
    fix = "Export the CT in Hounsfield units"
    if low == high:
        problems.error(where, f"every voxel of the CT is {low:g}", "Export the CT again")
    elif high - low <= 20:
        problems.error(where, f"the values go from {low:.3g} to {high:.3g}: a normalised image, not HU", fix)
    elif low >= 0 and high <= 255:
        problems.error(where, f"the values go from {low:g} to {high:g}: a picture, not HU", fix)
    elif cut_off := _cut_off(array, low, high):
        what = f"the values are cut off at {cut_off}: a windowed image"
        problems.refusal("windowed", where, what, fix)
    elif low >= 0:
        what = f"no value is below 0 (maximum {high:g}): the rescale intercept (usually -1024) was not applied"
        problems.error(where, what, fix)
    elif low > NO_AIR_HU:
        problems.warning(where, f"the lowest value is {low:g} HU: no air in this CT", "Look at the QC picture")
    if data.padding_voxels:
        share = 100.0 * data.padding_voxels / array.size
        problems.warning(
            where, f"{share:.1f} % of the voxels were below {PADDING_HU} HU (padding) and are set to {AIR_HU}"
        )


def check_header(scan: Scan, data: ScanData, problems: ProblemList) -> None:
    """What the file's header gives away: a placement that is not stated or stated twice, lossy compression."""
    where = f"{scan.label}, {scan.image_path}"
    if data.kind != "DICOM":
        _check_placed(scan.image_path, where, problems)
    if data.facts.get("lossy_compression"):
        what = "the slices were compressed with loss, which changes texture"
        problems.warning(where, what, "Use the originals if there are any")


def _check_placed(path: Path, where: str, problems: ProblemList) -> None:
    if not left_and_right(path):
        what = "the header does not say what is left and right; it is read with x to the left, y to the back, z up"
        problems.refusal("unplaced", where, what, "Export it again from the DICOM series")
    elif apart := forms_apart(path):
        places, used = apart
        problems.warning(where, f"the header states {places}", f"The {used} is used; do the masks lie right?")


def check_geometry(scan: Scan, data: ScanData, problems: ProblemList) -> None:
    """Voxel sizes that a body scan can have."""
    where = f"{scan.label}, {scan.image_path}"
    x_mm, y_mm, z_mm = data.ct.grid.spacing_xyz_mm
    said = f"voxels of {x_mm:.3g} × {y_mm:.3g} × {z_mm:.3g} mm"
    if min(data.ct.grid.size_xyz) < 2:
        problems.error(where, "the CT has a single slice", "A volume is needed")
    if not (0.1 <= x_mm <= 5 and 0.1 <= y_mm <= 5 and 0.1 <= z_mm <= 20):
        problems.error(
            where, f"{said} are not those of a CT", "Check the spacing in the file's header (mm, not cm or m)"
        )
    elif x_mm == y_mm == z_mm == 1.0:
        problems.warning(where, f"{said}: the header may have lost the spacing", "Compare with the scanner's")
    elif abs(x_mm - y_mm) > 0.01 * x_mm:
        problems.warning(where, f"{said}: pixels are not square", "Compare with the scanner's")
    if _THICK_SLICE_MM < z_mm <= 20:
        problems.warning(where, f"slices every {z_mm:.3g} mm: small lesions may be missed")
    tilt = np.degrees(
        np.arccos(np.clip(np.abs(np.array(data.ct.grid.direction).reshape(3, 3)).max(axis=0).min(), 0, 1))
    )
    if tilt > 1:
        problems.warning(
            where, f"the axes are oblique by {tilt:.0f}°", "Axial diameters are taken in the stored slices"
        )


def _liver_problems(scan: Scan, cohort: Cohort, data: ScanData, liver: NDArray[np.bool_]) -> ProblemList:
    where = f"{scan.label}, {scan.liver_path}"
    portal = data.facts.get("phase_hint") == "portal"
    whole, accepted = cohort.settings.phantom is None, cohort.settings.accept
    return liver_problems(data.ct, liver, where, portal=portal, whole=whole, accepted=accepted)


def problems_of(scan: Scan, cohort: Cohort) -> tuple[ScanData | None, pd.DataFrame | None, ProblemList]:
    """Like `checked_scan`, but with the errors returned beside the warnings."""
    problems = ProblemList()
    try:
        data, table = checked_scan(scan, cohort)
    except InputError as error:
        problems.extend(error.problems)
        return None, None, problems
    problems.extend(data.warnings)
    return data, table, problems


def _cut_off(array: NDArray, low: float, high: float) -> str:
    """The limits of a window, in words: values that stop where a body's go on, many of them exactly there."""
    next_to = (high - low) / 100.0
    share_low, share_high = (float(np.mean(array == limit)) for limit in (low, high))
    below = low > NO_AIR_HU and _piled_up(share_low, float(np.mean(array <= low + next_to)))
    above = high < _HIGHEST_CUT_HU and _piled_up(share_high, float(np.mean(array >= high - next_to)))
    if low >= 0 and not above:  # air at 0 is a missing intercept
        return ""
    limits = [(below, low, share_low), (above, high, share_high)]
    return " and ".join(
        f"{limit:g} HU ({100 * share:.2g} % of the voxels are exactly there)" for cut, limit, share in limits if cut
    )


def _piled_up(share: float, with_next: float) -> bool:
    return share > _PILE_UP and share > _SHARP * (with_next - share)
