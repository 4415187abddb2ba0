"""Patients who train at one timepoint and validate at another: what is said of them is not said of new patients."""

from __future__ import annotations

import pandas as pd

from livermets.config.roles import Task
from livermets.report import formatting as fmt
from livermets.report.study import StudyResults

_TRAINED: dict[Task, str] = {"segmentation": "the networks were", "response": "the model was"}


def in_both_words(study: StudyResults) -> list[str]:
    """A sentence per cohort and task in which patients are on both sides, by timepoint."""
    return [text for name in study.cohorts for task in _TRAINED if (text := _words(study, name, task))]


def _words(study: StudyResults, name: str, task: Task) -> str:
    scans = _scans(study, name)
    roles = [study.roles(name, timepoint).of(task) for timepoint in scans["timepoint"]]
    trained, tested = (scans[[role == wanted for role in roles]] for wanted in ("train", "validation"))
    both = set(trained["patient_id"]) & set(tested["patient_id"])
    if not both:
        return ""
    patients = tested["patient_id"].nunique()
    again = tested[tested["patient_id"].isin(both)]
    later = fmt.listed(sorted(again["timepoint"].unique()))
    earlier = fmt.listed(sorted(trained.loc[trained["patient_id"].isin(both), "timepoint"].unique()))
    return (
        f"Cohort {name}, {task}: {fmt.count_of(len(both), patients)} patients are validated at {later} after "
        f"{_TRAINED[task]} trained on their {earlier}. They are not new patients, and their figures may not hold in "
        "others."
    )


def _scans(study: StudyResults, name: str) -> pd.DataFrame:
    """Patient and timepoint of every scan of a cohort that the results know."""
    keys = ["cohort", "patient_id", "timepoint"]
    tables = [table[keys].astype(str) for table in (study.scans, study.lesions) if set(keys) <= set(table)]
    known = pd.concat(tables).drop_duplicates()
    return known[known["cohort"].eq(name)]
