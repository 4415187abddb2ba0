"""Clinical covariates, as the cohorts' tables have them."""

from __future__ import annotations

from collections.abc import Iterable

from livermets.cohort.cells import cell_text, columns_of, number_of, place_of
from livermets.cohort.lesion_row import LesionRow
from livermets.cohort.study import Cohort
from livermets.config.covariates import Covariates, CovariateSettings
from livermets.errors import ProblemList

Cells = dict[tuple[object, ...], dict[str, str | float]]
"""By cohort, patient, timepoint and, for those of lesions, lesion: the values of covariates by name."""


def covariate_cells(cohorts: Iterable[Cohort], covariates: Covariates) -> Cells:
    """What tables say of every scan and lesion: numbers, or words of categories.

    Raises `InputError` with every column that no table has, entry that is no number, and patient whose rows disagree.
    """
    problems, found = ProblemList(), Cells()
    cohorts = list(cohorts)
    wanted = {name: one for name, one in covariates.items() if one.derived is None}
    known = columns_of(cohorts)
    for name, one in wanted.items():
        if (column := one.column or name) not in known:
            fix = f"Their columns: {', '.join(sorted(known)) or 'none'}"
            problems.error(f"covariates.{name}", f'no table of a cohort has a column "{column}"', fix)
    for cohort in cohorts:
        for row in cohort.rows:
            for name, one in wanted.items():
                _read(cohort, row, name, one, found, problems)
    problems.raise_if_errors()
    return found


def _read(
    cohort: Cohort, row: LesionRow, name: str, covariate: CovariateSettings, found: Cells, problems: ProblemList
) -> None:
    column = covariate.column or name
    text = cell_text(cohort, row, column)
    if not text:
        return
    value = number_of(text) if covariate.kind == "number" else text
    if value is None:
        fix = "Give a number, leave it empty, or set `kind: category`"
        problems.error(place_of(cohort, row), f'"{column}" is "{text}", which is no number', fix)
        return
    scan = (cohort.name, row.patient_id, row.timepoint)
    of = found.setdefault(scan if covariate.level == "patient" else (*scan, row.lesion_id), {})
    if of.setdefault(name, value) != value:
        what = f'"{column}" is {text} here and {of[name]} in an earlier row of the same patient'
        problems.error(place_of(cohort, row), what, "Make them equal, or set `level: lesion`")
