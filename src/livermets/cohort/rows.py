"""The rows of one cohort: from its table, its list of patients or its synthetic plan; selected, exclusions applied."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from livermets.cohort.conventions import Conventions
from livermets.cohort.lesion_row import LesionRow
from livermets.cohort.lesion_rows import ID_PATTERN, TableReader
from livermets.cohort.selection import selected_rows
from livermets.cohort.synthetic import TIMEPOINT
from livermets.config.cohorts import CohortSettings
from livermets.config.outcome import OutcomeSettings
from livermets.errors import InputError, ProblemList
from livermets.io.rows import read_rows

PHANTOM_FOLDER = "results/{cohort}/phantom"


def phantom_as_files(name: str, settings: CohortSettings) -> CohortSettings:
    """The settings by which a synthetic cohort is read like any other, once it is written."""
    folder = PHANTOM_FOLDER.format(cohort=name)
    scan = "{patient}/{timepoint}"
    readers = [] if settings.phantom is None else settings.phantom.readers
    return settings.model_copy(
        update={
            "folder": None,
            "table": f"{folder}/outcome.csv",
            "image": f"{folder}/{scan}/ct.nii.gz",
            "liver": f"{folder}/{scan}/liver.nii.gz",
            "lesions": f"{folder}/{scan}/lesions.nii.gz",
            "masks": {**settings.masks, **{name: f"{folder}/{scan}/lesions_{name}.nii.gz" for name in readers}},
            "timepoints": settings.timepoints if isinstance(settings.timepoints, dict) else [TIMEPOINT],
        }
    )


def table_rows(
    name: str,
    settings: CohortSettings,
    path: Path,
    outcome: OutcomeSettings,
    seed: int,
    problems: ProblemList,
    conventions: Conventions,
) -> list[LesionRow]:
    """The selected rows of the cohort's table; what is wrong with them goes to `problems`."""
    try:
        table = read_rows(path, settings.sheet, settings.header_row)
    except InputError as error:
        for problem in error.problems:
            fix = problem.fix
            if settings.phantom is not None and not path.exists():
                fix = f"Write the synthetic cohort first: livermets phantom {path.parent} (the workflow does it)"
            problems.error(f"cohort {name}, {problem.where}", problem.what, fix)
        return []
    reader = TableReader(name, settings, outcome, table, conventions)
    rows = reader.read(selected_rows(reader, seed, problems))
    problems.extend(reader.problems)
    return rows


def listed_rows(name: str, settings: CohortSettings, ids: Iterable[str], problems: ProblemList) -> list[LesionRow]:
    """One row per patient and timepoint of a cohort without a table."""
    rows: list[LesionRow] = []
    seen: set[str] = set()
    for patient in ids:
        if not ID_PATTERN.fullmatch(patient) or not patient.strip("."):
            problems.error(
                f"cohort {name}, patients", f'"{patient}" cannot be a patient id', "Use letters, digits, . _ -"
            )
        elif patient in seen:
            problems.error(f"cohort {name}, patients", f"{patient} is listed twice", "Keep one")
        else:
            rows += [LesionRow(patient, point, centre=settings.centre or "") for point in settings.listed_timepoints]
        seen.add(patient)
    return rows


def in_use(
    name: str, settings: CohortSettings, rows: list[LesionRow], conventions: Conventions, problems: ProblemList
) -> list[LesionRow]:
    """The rows whose scans some task uses; a timepoint of which nothing is said is a problem."""
    roles = {point: conventions.roles(settings, point) for point in dict.fromkeys(row.timepoint for row in rows)}
    for point in [point for point, said in roles.items() if said is None]:
        fix = f"Name it there; none leaves it out: {{{point}: none}}"
        problems.error(f"cohort {name}, timepoints", f"nothing is said of timepoint {point}, which has scans", fix)
    used = [row for row in rows if (said := roles[row.timepoint]) is not None and said.is_used]
    if rows and not used and not problems.errors:
        what = f"no task uses any of its scans, which are of {', '.join(sorted(roles))}"
        problems.error(f"cohort {name}, timepoints", what, "Correct the names, or remove the cohort")
    return used


def without_excluded(
    name: str, settings: CohortSettings, rows: list[LesionRow], problems: ProblemList
) -> list[LesionRow]:
    """The rows without excluded patients and scans; excluded lesions keep their row (see `Cohort.excluded_lesions`)."""
    kept = list(rows)
    for exclusion in settings.exclude:
        hit = [
            row
            for row in rows
            if row.patient_id == exclusion.patient
            and exclusion.timepoint in (None, row.timepoint)
            and (exclusion.lesion is None or row.lesion_id in (None, exclusion.lesion))
        ]
        if not hit and not problems.errors:
            said = f"{exclusion.patient} {exclusion.timepoint or ''} {exclusion.lesion or ''}".strip()
            problems.error(f"cohort {name}, exclude", f"{said} is not in this cohort", "Correct or remove the entry")
        if exclusion.lesion is None:
            kept = [row for row in kept if row not in hit]
    if rows and not kept:
        problems.error(f"cohort {name}", "every patient is excluded", "Keep at least one")
    return kept
