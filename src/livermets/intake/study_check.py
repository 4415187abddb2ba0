"""The whole study looked at before anything is computed: every problem of every scan, in one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, fields

import numpy as np
import pandas as pd

from livermets.cohort.disclosure import public_problems
from livermets.cohort.scan import Scan
from livermets.cohort.study import Cohort, Study
from livermets.config.cohort_entries import Exclusion
from livermets.errors import ProblemList
from livermets.intake.checks import problems_of
from livermets.intake.further_masks import further_masks
from livermets.intake.on_disk import check_left_over
from livermets.intake.repeated_people import Repeat, SeenLivers
from livermets.intake.scan_data import ScanData

PROBLEM_COLUMNS = ("severity", "where", "what", "fix")


@dataclass(frozen=True)
class ScanSummary:
    """One row of scans.csv; empty where a scan could not be read. Lengths in mm, volumes in ml, intensities in HU."""

    cohort: str
    role: str
    patient_id: str
    timepoint: str
    centre: str = ""
    excluded: str = ""
    source: str = ""
    orientation: str = ""
    size_x: int | None = None
    size_y: int | None = None
    size_z: int | None = None
    spacing_x_mm: float | None = None
    spacing_y_mm: float | None = None
    spacing_z_mm: float | None = None
    hu_min: float | None = None
    hu_max: float | None = None
    liver_ml: float | None = None
    liver_mean_hu: float | None = None
    n_lesions: int | None = None
    longest_diameter_min_mm: float | None = None
    longest_diameter_max_mm: float | None = None
    lesion_voxels: int | None = None
    mask_sources: str = ""
    image_sha256: str = ""
    n_errors: int = 0
    n_warnings: int = 0


@dataclass(frozen=True)
class StudyCheck:
    """What `check` found."""

    problems: ProblemList
    scans: list[ScanSummary]
    study: Study = field(default_factory=lambda: Study(()))
    repeats: list[Repeat] = field(default_factory=list)
    """Pairs of scans that are probably of one person under two names."""

    def problem_table(self) -> pd.DataFrame:
        """One row per problem, without the paths that the screen shows: errors first, then what is said of a whole
        cohort, sorted by place."""
        public = public_problems(self.problems, self.study)
        ordered = sorted(public, key=lambda found: (found.severity, ", patient " in found.where, found))
        rows = [(problem.severity, problem.where, problem.what, problem.fix) for problem in ordered]
        return pd.DataFrame(rows, columns=list(PROBLEM_COLUMNS))

    def scan_table(self) -> pd.DataFrame:
        """One row per scan, excluded ones with their reason."""
        names = [column.name for column in fields(ScanSummary)]
        table = pd.DataFrame([asdict(scan) for scan in self.scans], columns=names)
        whole = ["size_x", "size_y", "size_z", "n_lesions", "lesion_voxels"]
        return table.astype(dict.fromkeys(whole, "Int64"))


def check_study(
    study: Study,
    progress: Callable[[Iterable[Scan]], Iterable[Scan]] = iter,
    look: Callable[[Scan, ScanData], None] | None = None,
) -> StudyCheck:
    """Reads and checks every scan that is there to be read, one at a time so that memory stays flat; ``look`` sees each
    one that reads well. What tables show already is not repeated (see `livermets.workflow.readiness`)."""
    problems = ProblemList()
    summaries = []
    drawn: dict[tuple[str, str], list[int]] = {}
    livers = SeenLivers()
    seen: dict[str, ProblemList] = {cohort.name: ProblemList() for cohort in study.cohorts}
    for scan in progress([scan for cohort in study.cohorts if cohort.written for scan in cohort.scans()]):
        cohort = study.cohort(scan.cohort)
        data, lesions, found = problems_of(scan, cohort)
        further = further_masks(scan, cohort, data)
        found.extend(further.problems)
        for source, number in further.lesions.items():
            drawn.setdefault((scan.cohort, source), []).append(number)
        seen[scan.cohort].extend(found)
        problems.extend(found)
        summaries.append(_summary(scan, cohort, data, lesions, found))
        if data is not None and cohort.settings.phantom is None:
            livers.add(scan, data)
        if data is not None and look is not None:
            look(scan, data)
    _check_images_once(summaries, problems)
    repeats = livers.check(problems)
    _check_drawn(drawn, problems)
    check_left_over(study, problems)
    for cohort in study.cohorts:
        _check_accepted(cohort, seen[cohort.name], problems)
        summaries += _excluded(cohort)
    return StudyCheck(problems, summaries, study, repeats)


def _check_drawn(drawn: dict[tuple[str, str], list[int]], problems: ProblemList) -> None:
    """A source of which every mask is empty is rather one whose labels are not those that it is read by."""
    for (cohort, source), lesions in drawn.items():
        if len(lesions) > 1 and not any(lesions):
            where, what = f"cohort {cohort}, masks.{source}", f"none of its {len(lesions)} masks holds a lesion"
            problems.warning(where, what, "Are these the right files and `labels`?")


def _check_accepted(cohort: Cohort, seen: ProblemList, problems: ProblemList) -> None:
    """One line per accepted finding, before those of its scans; also where no scan needs it, if all could be read."""
    for finding, reason in cohort.settings.accept.items():
        where = f"cohort {cohort.name}, accept.{finding}"
        said = [problem.where.split(", ")[:3] for problem in seen.warnings if problem.finding == finding]
        scans = len(set(map(tuple, said)))
        if scans:
            problems.warning(where, f"accepted for {scans} of {len(cohort.scans())} scans", f"Reason: {reason}")
        elif cohort.scans() and not seen.errors:
            problems.warning(where, "no scan needs it", "Remove the entry")


def _summary(
    scan: Scan, cohort: Cohort, data: ScanData | None, lesions: pd.DataFrame | None, found: ProblemList
) -> ScanSummary:
    start = ScanSummary(scan.cohort, str(scan.roles), scan.patient_id, scan.timepoint, scan.centre)
    sources = [*([cohort.conventions.reference] if scan.has_lesions else []), *scan.further_sources]
    values = {
        **asdict(start),
        "mask_sources": "; ".join(sources),
        "n_errors": len(found.errors),
        "n_warnings": len(found.warnings),
    }
    if data is not None and lesions is not None:
        x, y, z = data.ct.grid.size_xyz
        x_mm, y_mm, z_mm = (round(step, 6) for step in data.ct.grid.spacing_xyz_mm)
        values |= {
            "source": data.kind,
            "orientation": data.ct.stored_orientation,
            "image_sha256": data.digest,
            "size_x": x,
            "size_y": y,
            "size_z": z,
            "spacing_x_mm": x_mm,
            "spacing_y_mm": y_mm,
            "spacing_z_mm": z_mm,
            "hu_min": float(data.ct.array.min()),
            "hu_max": float(data.ct.array.max()),
        }
        if data.liver is not None:
            values["liver_ml"] = round(float(np.count_nonzero(data.liver)) * data.ct.grid.voxel_ml, 1)
            values["liver_mean_hu"] = round(float(data.ct.array[data.liver].mean()), 1)
        if data.lesions is not None:
            diameters = lesions["longest_diameter_mm"]
            values |= {
                "n_lesions": len(lesions),
                "lesion_voxels": int(np.count_nonzero(data.lesions)),
                "longest_diameter_min_mm": round(float(diameters.min()), 2),
                "longest_diameter_max_mm": round(float(diameters.max()), 2),
            }
    return ScanSummary(**values)


def _excluded(cohort: Cohort) -> list[ScanSummary]:
    """Patients and scans left out, so that the flow diagram can count them."""
    return [
        ScanSummary(cohort.name, _roles(cohort, entry), entry.patient, entry.timepoint or "", excluded=entry.reason)
        for entry in cohort.settings.exclude
        if entry.lesion is None
    ]


def _roles(cohort: Cohort, excluded: Exclusion) -> str:
    """What an excluded scan would have been for; of a patient who is left out whole, what the cohort is for."""
    return cohort.roles_in_words if excluded.timepoint is None else str(cohort.roles(excluded.timepoint))


def _check_images_once(scans: list[ScanSummary], problems: ProblemList) -> None:
    first: dict[str, ScanSummary] = {}
    for scan in scans:
        if not scan.image_sha256:
            continue
        known = first.setdefault(scan.image_sha256, scan)
        one_person_twice = known.cohort != scan.cohort and known.patient_id == scan.patient_id  # said of the tables
        if known is not scan and not one_person_twice:
            where = f"cohort {scan.cohort}, patient {scan.patient_id}, {scan.timepoint}"
            other = f"cohort {known.cohort}, patient {known.patient_id}, {known.timepoint}"
            fix = "One image belongs to one scan; across cohorts this would leak training data into validation"
            problems.error(where, f"this CT is voxel for voxel that of {other}", fix)
