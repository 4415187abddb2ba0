"""Lesions of the mask joined with the outcome table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from livermets.cohort.scan import Scan
from livermets.cohort.study import Cohort
from livermets.errors import ProblemList
from livermets.masks.measured import measure_lesions

if TYPE_CHECKING:
    from livermets.intake.scan_data import ScanData

COLUMNS = (
    "cohort",
    "patient_id",
    "timepoint",
    "centre",
    "lesion_id",
    "role",
    "response",
    "longest_diameter_mm",
    "volume_ml",
    "baseline_diameter_mm",
    "followup_diameter_mm",
)
MEASURED = ("lesion_id", "longest_diameter_mm", "volume_ml")
"""What the mask alone says of a lesion."""


def lesion_table(scan: Scan, cohort: Cohort, data: ScanData) -> pd.DataFrame:
    """One row per lesion of the mask: size as measured in the mask, outcome as the table has it (empty: unknown, or
    left out by `exclude`), and what the scan is for in the response model. Diameters in mm, volume in ml."""
    if data.lesions is None:
        return pd.DataFrame(columns=list(COLUMNS))
    return with_outcome(scan, cohort, measure_lesions(data.lesions, data.ct.grid.spacing_zyx_mm))


def with_outcome(scan: Scan, cohort: Cohort, table: pd.DataFrame) -> pd.DataFrame:
    """The lesions of one scan (`lesion_id` and sizes) with what the outcome table says of them."""
    outcome = {row.lesion_id: row for row in cohort.lesion_rows(scan.patient_id, scan.timepoint)}
    left_out = cohort.excluded_lesions(scan.patient_id, scan.timepoint)
    rows = [outcome.get(lesion_id) for lesion_id in table["lesion_id"]]
    response = [None if row is None or row.lesion_id in left_out else row.response for row in rows]
    table = table.assign(
        cohort=scan.cohort,
        patient_id=scan.patient_id,
        timepoint=scan.timepoint,
        centre=scan.centre,
        role=cohort.roles(scan.timepoint).response,
        response=pd.array(response, dtype="Int64"),
        baseline_diameter_mm=np.array([row.baseline_diameter_mm if row else None for row in rows], dtype=float),
        followup_diameter_mm=np.array([row.followup_diameter_mm if row else None for row in rows], dtype=float),
    )
    return table[list(COLUMNS)]


def check_lesion_ids(scan: Scan, cohort: Cohort, data: ScanData, problems: ProblemList) -> None:
    """Every lesion of the table must be in the mask, and (unless kept without outcome) the reverse."""
    if data.lesions is not None:
        check_ids(scan, cohort, {*data.lesion_boxes, *data.swallowed}, problems)


def check_ids(scan: Scan, cohort: Cohort, in_mask: set[int], problems: ProblemList) -> None:
    """The same of the numbers of the lesions in a mask."""
    rows = cohort.lesion_rows(scan.patient_id, scan.timepoint)
    needed = cohort.roles(scan.timepoint).needs_outcome
    if not rows and not needed:
        return
    in_table = {row.lesion_id: row for row in rows if row.lesion_id is not None}
    left_out = set(cohort.excluded_lesions(scan.patient_id, scan.timepoint))
    where = f"{scan.label}, {scan.lesion_pattern}"
    absent = sorted(set(in_table) - in_mask - left_out)
    if absent:
        listed = ", ".join(f"{lesion} (row {in_table[lesion].row})" for lesion in absent)
        fix = "Correct the lesion ids of the table, or the labels of the mask"
        if cohort.settings.lesion_ids == "labels" and (in_mask == {255} or (in_mask == {1} and len(in_table) > 1)):
            fix += "; if this is one binary mask, set lesion_ids: components"
        problems.error(where, f"lesion {listed} of the table is not in the mask, which has {_listed(in_mask)}", fix)
    unknown = sorted(in_mask - set(in_table) - left_out)
    if unknown and needed and cohort.settings.lesions_without_outcome == "error":
        fix = "Add its row, exclude the lesion with a reason, or set lesions_without_outcome: keep"
        problems.error(where, f"lesion {_listed(unknown)} of the mask is not in the table", fix)


def _listed(numbers: set[int] | list[int]) -> str:
    return ", ".join(map(str, sorted(numbers))) or "none"
