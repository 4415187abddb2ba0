"""One row of an outcome table, typed."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class LesionRow:
    """One row of the outcome table: a lesion of a scan, or (without `lesion_id`) a scan whose outcome is not known."""

    patient_id: str
    timepoint: str
    lesion_id: int | None = None
    response: int | None = None
    baseline_diameter_mm: float | None = None
    followup_diameter_mm: float | None = None
    centre: str = ""
    row: int = 0
    cells: dict[str, str] = field(default_factory=dict, compare=False)
    """The row as it stands in the table: path templates may use any of its columns."""
