"""What a study holds, in one sentence: lesions and patients by what they are for."""

from __future__ import annotations

import pandas as pd

from livermets.config.roles import Role
from livermets.overlap.tables import BASELINE, EVERY_TIMEPOINT
from livermets.report import formatting as fmt
from livermets.report.parts import parts_of
from livermets.report.seen import is_crossed
from livermets.report.study import StudyResults

_ROLES: tuple[tuple[Role, str], ...] = (
    ("train", "training"),
    ("validation", "validation"),
    ("predict", "prediction"),
)


def what_it_holds(study: StudyResults) -> str:
    """``The study holds 2 cohorts (training: 24 lesions of 8 patients at baseline; …).``"""
    counted = _of_classes(study) if parts_of(study).classes else _of_masks(study)
    parts = [f"{words}: {counts}" for words, counts in counted if counts]
    return f"The study holds {fmt.plural(len(study.cohorts), 'cohort')} ({'; '.join(parts)})." if parts else ""


def segmentation_rows(study: StudyResults, table: pd.DataFrame, role: Role) -> pd.DataFrame:
    """The rows of scans or lesions with a role in segmentation."""
    keys = zip(table["cohort"].astype(str), table["timepoint"].astype(str), strict=True)
    return table[[study.roles(*key).segmentation == role for key in keys]]


def judged_rows(study: StudyResults) -> pd.DataFrame:
    """The overlap of the headline's masks with the reference at every cohort and timepoint that validates them; in a
    study without any, at those that were cross-validated."""
    overlap = study.masks("overlap")
    if overlap.empty:
        return overlap
    each = overlap[overlap["size"].eq("all") & overlap["timepoint"].ne(EVERY_TIMEPOINT)]
    validation = segmentation_rows(study, each, "validation")
    return validation if len(validation) else _cross_validated(study, each)


def judged_by_folds(study: StudyResults) -> bool:
    """Whether the headline of the masks is of cross-validated scans, because no cohort validates them."""
    rows = judged_rows(study)
    return bool(len(rows)) and segmentation_rows(study, rows, "validation").empty


def _cross_validated(study: StudyResults, rows: pd.DataFrame) -> pd.DataFrame:
    places = zip(rows["cohort"].astype(str), rows["timepoint"].astype(str), strict=True)
    marks = [is_crossed(study, *place) for place in places]
    return rows[[bool(len(scans) and scans.all()) for scans in marks]]


def _of_masks(study: StudyResults) -> list[tuple[str, str]]:
    found = []
    for role, words in (*_ROLES[:2], ("predict", "networks applied")):
        lesions = segmentation_rows(study, study.lesions, role)
        points = fmt.listed(sorted({str(point) for point in lesions["timepoint"]}, key=lambda p: (p != BASELINE, p)))
        found.append((words, f"{_lesions(lesions)} at {points}" if len(lesions) else ""))
    return found


def _of_classes(study: StudyResults) -> list[tuple[str, str]]:
    told: set[str] = set()
    found = []
    for role, words in _ROLES:
        names = study.of_role(role)
        counted, cohorts = study.lesions_of(role), study.cohort_lesions(*(set(names) - told))
        others = cohorts.drop(study.predicted(cohorts).index)
        others = others[study.response_roles(others) != "none"]
        told |= set(names)
        text = f"{_lesions(counted)} at {fmt.listed(study.timepoints_of(role), 'or')}"
        if len(others):
            text += f" and {fmt.plural(len(others), 'lesion')} at other timepoints"
        found.append((words, text if len(counted) or len(others) else ""))
    unused = study.lesions[study.response_roles(study.lesions) == "none"]
    return [*found, ("masks only", _lesions(unused) if len(unused) else "")]


def _lesions(lesions: pd.DataFrame) -> str:
    return f"{fmt.plural(len(lesions), 'lesion')} of {fmt.plural(lesions['patient'].nunique(), 'patient')}"
