"""When the scans of a patient were made, as far as a cohort's table says it: only for their order, and the days between
them. No date goes further than this module."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable

from livermets.cohort.lesion_row import LesionRow
from livermets.cohort.scan import Scan
from livermets.cohort.study import Cohort
from livermets.config.cohorts import CohortSettings
from livermets.errors import ProblemList

BASELINE = "baseline"
_NOT_AVAILABLE = {"", "na", "n/a", "nan", "null", "none", "#n/a"}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{8}")
_MOST_DAYS = 36525
_FIX = "Give it as 2024-01-31, as 20240131, or as days since any day that is the patient's own; or leave it empty"


def check_scan_dates(name: str, settings: CohortSettings, rows: Iterable[LesionRow], problems: ProblemList) -> None:
    """Every entry that is no date, every scan whose rows disagree, and patients with dates and numbers of days."""
    known: dict[tuple[str, str], tuple[float, int]] = {}
    as_dates: dict[str, bool] = {}
    for row in rows:
        text, where = _entry(settings, row), f"cohort {name}, table row {row.row}, patient {row.patient_id}"
        if not text:
            continue
        day = _day(text)
        if day is None:
            problems.error(where, f'scan_date "{text}" is no date', _FIX)
            continue
        first, at = known.setdefault((row.patient_id, row.timepoint), (day, row.row))
        if first != day:
            what = f"scan_date differs from that of the same scan ({row.timepoint}) in row {at}"
            problems.error(where, what, "A scan has one date; make them equal")
        elif as_dates.setdefault(row.patient_id, is_date := bool(_DATE.fullmatch(text))) != is_date:
            what = f'scan_date "{text}" and that of another scan are a date and a number of days'
            problems.error(where, what, "Give all scans of a patient in the same way")


def days_since_first(cohort: Cohort, patient_id: str) -> dict[str, float]:
    """Days since a patient's first scan, by timepoint; empty unless the table has a date of every scan, and no two
    alike: of a table without timepoints, a date stands for all of them."""
    points = {scan.timepoint for scan in cohort.scans() if scan.patient_id == patient_id}
    found = {
        row.timepoint: day
        for row in cohort.rows
        if row.patient_id == patient_id and (day := _day(_entry(cohort.settings, row))) is not None
    }
    if found.keys() != points or len(set(found.values())) < len(found):
        return {}
    return {point: day - min(found.values()) for point, day in found.items()}


def in_time(cohort: Cohort, patient_id: str) -> list[Scan]:
    """The scans of a patient in the order of time: by the table's dates; where these are not known, as `timepoints`
    names them, then the baseline, then the others by name, numbers in names as numbers."""
    scans = [scan for scan in cohort.scans() if scan.patient_id == patient_id]
    if days := days_since_first(cohort, patient_id):
        return sorted(scans, key=lambda scan: days[scan.timepoint])
    named = cohort.settings.listed_timepoints
    place = {point: rank for rank, point in enumerate(named)}

    def key(scan: Scan) -> tuple[int, bool, list[tuple[bool, int, str]]]:
        point = scan.timepoint
        return place.get(point, len(place)), point != BASELINE, _natural(point)

    return sorted(scans, key=key)


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """TP2 comes before TP10."""
    parts = re.findall(r"\d+|\D+", name.casefold())
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]


def _entry(settings: CohortSettings, row: LesionRow) -> str:
    text = row.cells.get(settings.columns.get("scan_date", "scan_date"), "").strip()
    codes = {f"{code:g}" if isinstance(code, float) else code.casefold() for code in settings.missing}
    return "" if text.casefold() in codes | _NOT_AVAILABLE else text


def _day(text: str) -> float | None:
    """A date as a number of days; None where it is none."""
    if _DATE.fullmatch(text):
        try:
            return float(datetime.date.fromisoformat(text).toordinal())
        except ValueError:
            return None
    if not re.fullmatch(r"-?\d{1,6}(\.\d+)?", text):
        return None
    return float(text) if abs(float(text)) <= _MOST_DAYS else None
