"""Cohorts as objects: patients, scans and outcome rows from the configuration's tables.

Only tables are checked here, because the workflow (and each of its cluster jobs) does this at every start; images are
checked by `livermets check`. Nothing heavy is imported: neither images nor networks are needed to plan a study."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from livermets.cohort.lesion_row import LesionRow
from livermets.cohort.rows import listed_rows, phantom_as_files, table_rows, without_excluded
from livermets.cohort.synthetic import patient_ids
from livermets.config.cohorts import CohortSettings, Role
from livermets.config.outcome import OutcomeSettings
from livermets.config.paths import TemplateError, fill, lesion_files, located
from livermets.errors import InputError, Problem, ProblemList, input_error


@dataclass(frozen=True, order=True)
class Scan:
    """One CT volume of one patient at one timepoint, and where its files are (whether or not they exist yet)."""

    cohort: str
    patient_id: str
    timepoint: str
    image_path: Path
    liver_path: Path | None = None
    lesion_pattern: str | None = None
    """The manual mask, or (with `{lesion}` in it) the manual masks."""
    centre: str = ""

    @property
    def has_liver(self) -> bool:
        """Whether a liver mask is given."""
        return self.liver_path is not None

    @property
    def has_lesions(self) -> bool:
        """Whether manual lesion masks are given."""
        return self.lesion_pattern is not None

    @property
    def numbered_lesion_paths(self) -> list[tuple[int | None, Path]]:
        """Manual mask files with the lesion number in their name (None: the file is not for one lesion)."""
        try:
            return lesion_files(self.lesion_pattern) if self.lesion_pattern is not None else []
        except InputError as error:
            raise InputError(self.named(error.problems)) from error

    @property
    def lesion_paths(self) -> tuple[Path, ...]:
        """Manual mask files; files per lesion in the order of their numbers, only those that exist."""
        return tuple(path for _, path in self.numbered_lesion_paths)

    @property
    def input_paths(self) -> list[Path]:
        """All files and folders of this scan."""
        return [path for path in (self.image_path, self.liver_path, *self.lesion_paths) if path is not None]

    @property
    def label(self) -> str:
        """How a problem names this scan."""
        return f"cohort {self.cohort}, patient {self.patient_id}, {self.timepoint}"

    def named(self, problems: Iterable[Problem]) -> list[Problem]:
        """Problems of a file as problems of the scan it belongs to."""
        return [
            problem
            if problem.where.startswith(self.label)
            else replace(problem, where=f"{self.label}, {problem.where}")
            for problem in problems
        ]


@dataclass(frozen=True)
class Patient:
    """One patient and all scans, by timepoint."""

    patient_id: str
    centre: str
    scans: tuple[Scan, ...]


@dataclass(frozen=True)
class Cohort:
    """A set of patients with one role."""

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

    @property
    def role(self) -> Role:
        return self.settings.role

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

    def lesion_rows(self, patient_id: str, timepoint: str) -> list[LesionRow]:
        """The outcome rows of one scan that name a lesion."""
        return [row for row in self._rows_by_scan.get((patient_id, timepoint), []) if row.lesion_id is not None]

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

    def scans(self, role: Role | None = None) -> list[Scan]:
        """The scans of all cohorts (or of those with one role), in the order of the configuration, sorted inside."""
        return [scan for cohort in self.cohorts if role in (None, cohort.role) for scan in cohort.scans()]

    def scan(self, cohort: str, patient: str, timepoint: str) -> Scan:
        """One scan by its names."""
        found = self.cohort(cohort).scans_by_name.get((patient, timepoint))
        if found is not None:
            return found
        raise input_error(f"cohort {cohort}, patient {patient}", f'there is no scan "{timepoint}"', "Check the table")


def load_cohorts(
    cohorts: dict[str, CohortSettings],
    outcome: OutcomeSettings,
    seed: int,
    base: Path = Path(),
    phantoms_written: bool | None = False,
) -> Study:
    """Like `found_cohorts`; raises `InputError` with all errors at once."""
    study = found_cohorts(cohorts, outcome, seed, base, phantoms_written)
    study.problems.raise_if_errors()
    return study


def found_cohorts(
    cohorts: dict[str, CohortSettings],
    outcome: OutcomeSettings,
    seed: int,
    base: Path = Path(),
    phantoms_written: bool | None = False,
) -> Study:
    """All cohorts with everything that can be known from their tables; what is wrong with them stands in `problems`.

    Synthetic cohorts are planned from their settings; with `phantoms_written` their outcome tables are read (None: of
    those that are there)."""
    problems = ProblemList()
    loaded = []
    for name, settings in cohorts.items():
        loaded.append(_load_cohort(name, settings, outcome, seed, base, phantoms_written))
        problems.extend(loaded[-1].problems)
    _check_patients_once(loaded, problems)
    return Study(tuple(loaded), problems)


def _load_cohort(
    name: str, settings: CohortSettings, outcome: OutcomeSettings, seed: int, base: Path, phantoms_written: bool | None
) -> Cohort:
    problems = ProblemList()
    planned, table_path = None, None
    if settings.phantom is not None:
        planned = patient_ids(settings.phantom.patients, getattr(settings.phantom, "prefix", "P"))
        settings = phantom_as_files(name, settings)
    rows: list[LesionRow] = []
    written = planned is None
    with problems.collected():
        table_path = _table_path(name, settings, base)
        if planned is not None and table_path is not None:
            written = table_path.exists() if phantoms_written is None else phantoms_written
        if table_path is not None and written:
            rows = table_rows(name, settings, table_path, outcome, seed, problems)
        else:
            rows = listed_rows(name, settings, planned or settings.patients or [], problems)
    if not rows and not problems.errors:
        problems.error(f"cohort {name}", "no patient belongs to it", "Check `table`, `patients` and `select`")
    kept = without_excluded(name, settings, rows, problems)
    patients = _patients(name, settings, kept, base, problems)
    n_selected = len({row.patient_id for row in rows})
    return Cohort(name, settings, patients, tuple(kept), n_selected, problems, table_path, written)


def _table_path(name: str, settings: CohortSettings, base: Path) -> Path | None:
    try:
        return None if settings.table is None else located(settings.table, settings.folder, base)
    except TemplateError as error:
        raise input_error(f"cohort {name}, table", str(error)) from error


def _patients(
    name: str, settings: CohortSettings, rows: list[LesionRow], base: Path, problems: ProblemList
) -> tuple[Patient, ...]:
    scans: dict[str, dict[str, Scan]] = {}
    for row in rows:
        points = scans.setdefault(row.patient_id, {})
        try:
            scan = _scan(name, settings, row, base)
        except TemplateError as error:
            where = f"cohort {name}, patient {row.patient_id}"
            if not any(problem.where == where and problem.what == str(error) for problem in problems):
                problems.error(where, str(error), "Correct the path or the table")
            continue
        known = points.setdefault(row.timepoint, scan)
        if known != scan and known.centre == scan.centre:
            where = f"cohort {name}, table row {row.row}, patient {row.patient_id}"
            problems.error(where, "its paths differ from those of an earlier row of the same scan", "Make them equal")
    return tuple(
        Patient(patient, next(iter(points.values())).centre, tuple(points[point] for point in sorted(points)))
        for patient, points in sorted(scans.items())
        if points
    )


def _scan(name: str, settings: CohortSettings, row: LesionRow, base: Path) -> Scan:
    values = {**row.cells, "patient": row.patient_id, "timepoint": row.timepoint}

    columns = {str(ours): theirs for ours, theirs in settings.columns.items()}

    def path_of(template: str | None, column: str) -> str | None:
        if template is None:
            entry = row.cells.get(columns.get(column, column), "")
            template = entry or None
        return None if template is None else fill(template, values, settings.folder, base)

    image = path_of(settings.image, "image")
    if image is None:
        raise TemplateError(f"no path of the CT in column {settings.columns.get('image', 'image')}")
    liver = path_of(settings.liver, "liver")
    lesions = path_of(settings.lesions, "lesions")
    if lesions is None and settings.role != "predict":
        raise TemplateError(f"no path of the lesion mask in column {settings.columns.get('lesions', 'lesions')}")
    return Scan(name, row.patient_id, row.timepoint, Path(image), Path(liver) if liver else None, lesions, row.centre)


def _check_patients_once(cohorts: list[Cohort], problems: ProblemList) -> None:
    first: dict[str, str] = {}
    for cohort in cohorts:
        for patient in cohort.patients:
            other = first.setdefault(patient.patient_id, cohort.name)
            if other != cohort.name:
                where = f"patient {patient.patient_id}"
                what = f"is in two cohorts, {other} and {cohort.name}"
                problems.error(where, what, "A patient belongs to one cohort; use `select` or `exclude`")
