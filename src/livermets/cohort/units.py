"""Diameters in centimetres where millimetres are meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from livermets.cohort.lesion_row import LesionRow

SMALLEST_MM = 3.0
"""Below it a lesion cannot be measured on CT (slices of 1-5 mm, pixels of 0.6-0.9 mm)."""
_ALL_SMALL_MM = 15.0
_TYPICAL_SMALL_MM = 8.0
_JUMP = 6.0

Slip = tuple[str, str, str]


def unit_slips(rows: Sequence[LesionRow], place: str) -> Iterator[Slip]:
    """Where, what and what to do for every diameter that looks like centimetres.

    A whole table is suspicious when no baseline diameter exceeds 15 mm and half are below 8 mm (metastases that are
    measured are larger); a single row when a baseline diameter is below 3 mm, when a lesion grew six-fold and more, or
    when it shrank to very nearly a tenth (other strong responses happen)."""
    baselines = [row.baseline_diameter_mm for row in rows if row.baseline_diameter_mm is not None]
    if len(baselines) >= 2 and max(baselines) <= _ALL_SMALL_MM and median(baselines) < _TYPICAL_SMALL_MM:
        what = f"the baseline diameters ({min(baselines):g} to {max(baselines):g}) look like centimetres"
        yield place, what, "Set diameter_unit: cm for this cohort (or mm, if these really are millimetres)"
        return
    seen = set()
    for row in rows:
        if row.row in seen:
            continue
        seen.add(row.row)
        lesion = f", lesion {row.lesion_id}" if row.lesion_id is not None else ""
        found = _slip(row.baseline_diameter_mm, row.followup_diameter_mm)
        if found:
            fix = "Give all diameters in mm (or set diameter_unit: mm, if the number is right)"
            yield f"{place}, row {row.row}, patient {row.patient_id}{lesion}", found, fix


def _slip(baseline: float | None, followup: float | None) -> str | None:
    if baseline is not None and baseline < SMALLEST_MM:
        return f"a baseline diameter of {baseline:g} mm cannot be measured on CT and looks like centimetres"
    if baseline is None or not followup:  # a follow-up of 0 is a lesion that vanished
        return None
    if followup > _JUMP * baseline or 0.9 < 10 * followup / baseline < 1.1:
        return f"diameters of {baseline:g} mm and {followup:g} mm look like a mix of centimetres and millimetres"
    return None
