"""What can be wrong with a scan that reads well: intensities, geometry, and masks that belong to something else."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.cohort import Cohort, Scan
from livermets.errors import InputError, ProblemList
from livermets.intake.lesion_checks import (
    check_lesions_in_liver,
    check_lesions_placed,
    check_lesions_plausible,
    check_sizes,
)
from livermets.intake.lesion_shapes import check_shapes
from livermets.intake.lesions import check_lesion_ids, lesion_table
from livermets.intake.liver_checks import liver_problems
from livermets.intake.scan_data import AIR_HU, PADDING_HU, ScanData, read_scan
from livermets.io.integrity import placement_conflict

NO_AIR_HU = -500
"""A CT has air around or inside the body; a minimum above this means that the values were changed."""
_PILE_UP = 0.02
_THICK_SLICE_MM = 5.5


def checked_scan(scan: Scan, cohort: Cohort) -> tuple[ScanData, pd.DataFrame]:
    """One scan read and checked, with its lesion table; warnings are added to it, errors are raised together."""
    data = read_scan(scan, cohort.settings)
    problems = ProblemList()
    check_intensities(scan, data, problems)
    hounsfield = not problems.errors  # if these are not HU, what lies under the masks says nothing about them
    check_header(scan, data, problems)
    check_geometry(scan, data, problems)
    if hounsfield and data.liver is not None:
        problems.extend(_liver_problems(scan, cohort, data, data.liver))
    check_lesion_ids(scan, cohort, data, problems)
    table = lesion_table(scan, cohort, data)
    check_shapes(scan, cohort.settings, data, problems)
    if hounsfield and data.lesions is not None:
        check_lesions_plausible(scan, data, problems)
        if data.liver is not None:
            check_lesions_in_liver(scan, data, problems)
        check_lesions_placed(scan, data, problems)
        check_sizes(scan, cohort, table, problems)
    problems.raise_if_errors()
    data.warnings = [*data.warnings, *problems.warnings]
    return data, table


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
    elif low > NO_AIR_HU and _piled_up(array, low) and _piled_up(array, high):
        problems.error(where, f"the values are cut off at {low:g} and {high:g}: an already windowed image", fix)
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
    """What the file's header gives away: two geometries that contradict each other, lossy compression."""
    where = f"{scan.label}, {scan.image_path}"
    conflict = placement_conflict(scan.image_path) if data.kind == "NIfTI" else None
    if conflict and "pixdim" in conflict:
        problems.error(where, f"the header states {conflict}", "Export it again from the DICOM series")
    elif conflict:
        problems.warning(where, f"the header states {conflict}", "The sform is used; do the masks lie right?")
    if data.facts.get("lossy_compression"):
        what = "the slices were compressed with loss, which changes texture"
        problems.warning(where, what, "Use the originals if there are any")


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
    return liver_problems(data.ct, liver, where, portal=portal, whole=cohort.settings.phantom is None)


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


def _piled_up(array: NDArray, value: float) -> bool:
    return float(np.mean(array == value)) > _PILE_UP
