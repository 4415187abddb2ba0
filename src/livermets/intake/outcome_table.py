"""Lesions as the intake measured them, joined with the outcome table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from livermets.cohort.covariates import covariate_cells
from livermets.cohort.load import conventions_of, load_cohorts
from livermets.cohort.study import Study
from livermets.config.applied import study_from_option
from livermets.errors import ProblemList, input_error
from livermets.intake.covariates import with_covariates
from livermets.intake.lesions import COLUMNS, MEASURED, check_ids, with_outcome


def outcome_table(scans: Sequence[Path], option: str) -> pd.DataFrame:
    """One row per lesion of the masks of some scans, in their order, with the covariates that are asked for; raises
    `InputError` with every lesion that the table has and the mask has not, or the reverse."""
    config = study_from_option(option)
    facts = {path: _facts(path) for path in scans}
    named = {one["cohort"] for one in facts.values()}
    cohorts = {name: settings for name, settings in config.cohorts.items() if name in named}
    conventions = conventions_of(config)
    study = load_cohorts(cohorts, config.outcome, config.seed, phantoms_written=True, conventions=conventions)
    problems = ProblemList()
    tables = [_of_scan(path, one, study, problems) for path, one in facts.items()]
    problems.raise_if_errors()
    filled = [table for table in tables if len(table)]
    lesions = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(COLUMNS))
    if not config.covariates:
        return lesions
    return with_covariates(lesions, covariate_cells(study.cohorts, config.covariates), config.covariates)


def _facts(path: Path) -> dict[str, Any]:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        return {name: facts[name] for name in ("cohort", "patient_id", "timepoint", "lesions")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise input_error(path, "these are no facts of a scan", "Run `livermets intake` again") from error


def _of_scan(path: Path, facts: dict[str, Any], study: Study, problems: ProblemList) -> pd.DataFrame:
    cohort = study.cohort(facts["cohort"])
    scan = study.scan(cohort.name, facts["patient_id"], facts["timepoint"])
    scan = replace(scan, lesion_pattern=str(path.with_name("lesions.nii.gz")))
    if facts["lesions"] is None:
        return pd.DataFrame(columns=list(COLUMNS))
    sizes = pd.DataFrame(facts["lesions"], columns=list(MEASURED))
    check_ids(scan, cohort, set(sizes["lesion_id"]), problems)
    return with_outcome(scan, cohort, sizes)
