"""Cohorts and the study that they make, as objects: who is in it, with which scans and which outcome rows."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from livermets.cohort.conventions import USUAL, Conventions
from livermets.cohort.lesion_row import LesionRow
from livermets.cohort.scan import Patient, Scan
from livermets.config.cohorts import CohortSettings
from livermets.config.roles import UNUSED, Role, Roles, Task
from livermets.errors import Problem, ProblemList, input_error


@dataclass(frozen=True)
class Cohort:
    """A set of patients, and what their scans are for."""

    name: str
    settings: CohortSettings
    patients: tuple[Patient, ...] = ()
    rows: tuple[LesionRow, ...] = ()
    """Outcome rows of the patients that are not excluded."""
    n_patients_selected: int = 0
    """Patients of the table that belong to this cohort, before exclusions."""
    problems: ProblemList = field(default_factory=ProblemList, compare=False)
    """What is wrong or odd in the table and its paths."""
    table_path: Path | None = None
    """The outcome table, wherever `folder` and environment variables put it."""
    written: bool = True
    """False: a synthetic cohort that is only planned; its outcome and its images are not looked at."""
    images_only: bool = False
    """Nothing of its table is known, only where the images of a scan are."""
    conventions: Conventions = USUAL

    def roles(self, timepoint: str) -> Roles:
        """What the scans of a timepoint are for."""
        return self.conventions.roles(self.settings, timepoint) or UNUSED

    @property
    def roles_in_words(self) -> str:
        """``train``, or the roles timepoint by timepoint where they differ."""
        said = {point: str(self.roles(point)) for point in sorted({scan.timepoint for scan in self.scans()})}
        alike = len(set(said.values())) == 1
        return next(iter(said.values())) if alike else "; ".join(f"{point}: {words}" for point, words in said.items())

    def reading(self, scan: Scan) -> CohortSettings:
        """What the masks of a scan are read by: the reference's, or those of the source that drew them."""
        if self.images_only:
            return self.settings  # made for these masks
        reference = self.conventions.reference
        return self.settings.read_as(scan.drawn_by or reference, reference)

    def scans(self) -> list[Scan]:
        """All scans, sorted by patient and timepoint."""
        return list(self.scans_by_name.values())

    @cached_property
    def scans_by_name(self) -> dict[tuple[str, str], Scan]:
        """The same by patient and timepoint: a workflow asks for each scan many times."""
        scans = sorted(scan for patient in self.patients for scan in patient.scans)
        return {(scan.patient_id, scan.timepoint): scan for scan in scans}

    @cached_property
    def _rows_by_scan(self) -> dict[tuple[str, str], list[LesionRow]]:
        found: dict[tuple[str, str], list[LesionRow]] = {}
        for row in self.rows:
            found.setdefault((row.patient_id, row.timepoint), []).append(row)
        return found

    def rows_of(self, patient_id: str, timepoint: str) -> list[LesionRow]:
        """The rows of one scan."""
        return self._rows_by_scan.get((patient_id, timepoint), [])

    def lesion_rows(self, patient_id: str, timepoint: str) -> list[LesionRow]:
        """The outcome rows of one scan that name a lesion."""
        return [row for row in self.rows_of(patient_id, timepoint) if row.lesion_id is not None]

    def excluded_lesions(self, patient_id: str, timepoint: str) -> dict[int, str]:
        """Lesions of one scan whose outcome is left out, and why."""
        return {
            exclusion.lesion: exclusion.reason
            for exclusion in self.settings.exclude
            if exclusion.lesion is not None
            and exclusion.patient == patient_id
            and exclusion.timepoint in (None, timepoint)
        }


@dataclass(frozen=True)
class Study:
    """All cohorts of one configuration."""

    cohorts: tuple[Cohort, ...]
    problems: ProblemList = field(default_factory=ProblemList, compare=False)
    """What is wrong or odd in the tables of all cohorts."""

    @property
    def warnings(self) -> list[Problem]:
        return self.problems.warnings

    def cohort(self, name: str) -> Cohort:
        """The cohort of this name."""
        for cohort in self.cohorts:
            if cohort.name == name:
                return cohort
        known = [cohort.name for cohort in self.cohorts]
        near = difflib.get_close_matches(name, known, n=1)
        raise input_error(
            "cohorts", f'there is no cohort "{name}"', f"Did you mean {near[0]}?" if near else f"Cohorts: {known}"
        )

    def scans(self, task: Task | None = None, *roles: Role) -> list[Scan]:
        """The scans of all cohorts (or those with one of these roles in a task), in the order of the configuration,
        sorted inside."""
        every = [scan for cohort in self.cohorts for scan in cohort.scans()]
        return [scan for scan in every if task is None or scan.roles.of(task) in roles]

    def scan(self, cohort: str, patient: str, timepoint: str) -> Scan:
        """One scan by its names."""
        found = self.cohort(cohort).scans_by_name.get((patient, timepoint))
        if found is not None:
            return found
        raise input_error(f"cohort {cohort}, patient {patient}", f'there is no scan "{timepoint}"', "Check the table")
