"""Cohorts and studies from the configuration and its tables.

Only tables are checked here, because the workflow (and each of its cluster jobs) does this at every start; images are
checked by `livermets check`. Nothing heavy is imported: neither images nor networks are needed to plan a study."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from livermets.cohort.conventions import USUAL, Conventions
from livermets.cohort.lesion_row import LesionRow
from livermets.cohort.rows import in_use, listed_rows, phantom_as_files, table_rows, without_excluded
from livermets.cohort.scan import Patient, Scan
from livermets.cohort.scan_dates import check_scan_dates
from livermets.cohort.study import Cohort, Study
from livermets.cohort.synthetic import patient_ids
from livermets.config.cohort_entries import FIRST_READER, with_labels
from livermets.config.cohorts import CohortSettings
from livermets.config.outcome import OutcomeSettings
from livermets.config.paths import TemplateError, fill, is_absent, located
from livermets.config.roles import UNUSED
from livermets.config.study import StudyConfig
from livermets.errors import ProblemList, input_error


def found_study(config: StudyConfig, base: Path = Path(), phantoms_written: bool | None = False) -> Study:
    """The cohorts of a configuration, as `found_cohorts` finds them."""
    return found_cohorts(config.cohorts, config.outcome, config.seed, base, phantoms_written, conventions_of(config))


def conventions_of(config: StudyConfig) -> Conventions:
    """What a configuration says of all its cohorts at once."""
    return Conventions(tuple(config.response_timepoints), config.concordance.reference)


def load_cohorts(
    cohorts: dict[str, CohortSettings],
    outcome: OutcomeSettings,
    seed: int,
    base: Path = Path(),
    phantoms_written: bool | None = False,
    conventions: Conventions = USUAL,
) -> Study:
    """Like `found_cohorts`; raises `InputError` with all errors at once."""
    study = found_cohorts(cohorts, outcome, seed, base, phantoms_written, conventions)
    study.problems.raise_if_errors()
    return study


def found_cohorts(
    cohorts: dict[str, CohortSettings],
    outcome: OutcomeSettings,
    seed: int,
    base: Path = Path(),
    phantoms_written: bool | None = False,
    conventions: Conventions = USUAL,
) -> Study:
    """All cohorts with everything that can be known from their tables; what is wrong with them stands in `problems`.

    Synthetic cohorts are planned from their settings; with `phantoms_written` their outcome tables are read (None: of
    those that are there)."""
    problems = ProblemList()
    loaded = []
    for name, settings in cohorts.items():
        loaded.append(_load_cohort(name, settings, outcome, seed, base, phantoms_written, conventions))
        problems.extend(loaded[-1].problems)
    _check_patients_once(loaded, problems)
    return Study(tuple(loaded), problems)


def _load_cohort(
    name: str,
    settings: CohortSettings,
    outcome: OutcomeSettings,
    seed: int,
    base: Path,
    phantoms_written: bool | None,
    conventions: Conventions,
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
            rows = table_rows(name, settings, table_path, outcome, seed, problems, conventions)
        else:
            rows = listed_rows(name, settings, planned or settings.patients or [], problems)
    if not rows and not problems.errors:
        problems.error(f"cohort {name}", "no patient belongs to it", "Check `table`, `patients` and `select`")
    kept = in_use(name, settings, without_excluded(name, settings, rows, problems), conventions, problems)
    check_scan_dates(name, settings, kept, problems)
    patients = _patients(name, settings, kept, base, problems, conventions)
    n_selected = len({row.patient_id for row in rows})
    return Cohort(name, settings, patients, tuple(kept), n_selected, problems, table_path, written, False, conventions)


def _table_path(name: str, settings: CohortSettings, base: Path) -> Path | None:
    try:
        return None if settings.table is None else located(settings.table, settings.folder, base)
    except TemplateError as error:
        raise input_error(f"cohort {name}, table", str(error)) from error


def _patients(
    name: str,
    settings: CohortSettings,
    rows: list[LesionRow],
    base: Path,
    problems: ProblemList,
    conventions: Conventions,
) -> tuple[Patient, ...]:
    scans: dict[str, dict[str, Scan]] = {}
    for row in rows:
        points = scans.setdefault(row.patient_id, {})
        try:
            scan = _scan(name, settings, row, base, conventions)
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


def _scan(name: str, settings: CohortSettings, row: LesionRow, base: Path, conventions: Conventions) -> Scan:
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
    if liver is not None and settings.liver_optional and settings.phantom is None and not os.path.lexists(liver):
        liver = None  # a link that leads nowhere is a mask that was not fetched, and stays one
    masks = {source: fill(file.path, values, settings.folder, base) for source, file in settings.mask_files.items()}
    if FIRST_READER not in masks and (listed := path_of(None, "lesions")):
        masks[FIRST_READER] = listed
    roles = conventions.roles(settings, row.timepoint) or UNUSED
    lesions = masks.pop(conventions.reference, None)
    if lesions is None and roles.needs_reference:
        raise TemplateError(_no_reference(settings, conventions.reference))

    def there(paths: dict[str, str]) -> Iterator[tuple[str, str]]:
        return ((source, path) for source, path in paths.items() if settings.phantom is not None or not is_absent(path))

    files = with_labels(settings.livers)
    livers = {source: fill(file.path, values, settings.folder, base) for source, file in files.items()}
    return Scan(
        cohort=name,
        patient_id=row.patient_id,
        timepoint=row.timepoint,
        image_path=Path(image),
        liver_path=Path(liver) if liver else None,
        lesion_pattern=lesions,
        centre=row.centre,
        roles=roles,
        other_masks=tuple(there(masks)),
        other_livers=tuple((source, Path(path)) for source, path in there(livers)),
    )


def _no_reference(settings: CohortSettings, reference: str) -> str:
    if reference == FIRST_READER:
        return f"no path of the lesion mask in column {settings.columns.get('lesions', 'lesions')}"
    return f"no path of the masks of {reference}, the reference (concordance.reference)"


def _check_patients_once(cohorts: list[Cohort], problems: ProblemList) -> None:
    first: dict[str, str] = {}
    for cohort in cohorts:
        for patient in cohort.patients:
            other = first.setdefault(patient.patient_id, cohort.name)
            if other != cohort.name:
                where = f"patient {patient.patient_id}"
                what = f"is in two cohorts, {other} and {cohort.name}"
                problems.error(where, what, "A patient belongs to one cohort; use `select` or `exclude`")
