"""The groups of lesions that are followed through the study: by cohort, and by timepoint where that changes roles."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from livermets.config.roles import Role
from livermets.report import formatting as fmt
from livermets.report.lesions import Flow, lesion_flow
from livermets.report.parts import parts_of
from livermets.report.study import StudyResults

HEADLINE: tuple[Role, ...] = ("train", "validation", "predict")
_WORDS = {
    "train": "training",
    "validation": "validation",
    "predict": "prediction, no outcome known",
    "none": "not used",
}


@dataclass(frozen=True)
class FlowGroup:
    """Lesions of one cohort with one role in the response model; ``counts`` is false for those at other timepoints,
    whose classes count nowhere as predictions."""

    label: str
    cohort: str
    timepoints: tuple[str, ...]
    role: str
    flow: Flow
    counts: bool = True


def flow_groups(study: StudyResults) -> list[FlowGroup]:
    """Every lesion in one group, except those that no class is asked for in a study whose other lesions get one."""
    classes = parts_of(study).classes
    return [group for name in study.cohorts for group in (_of_classes if classes else _of_masks)(study, name)]


def _of_masks(study: StudyResults, name: str) -> list[FlowGroup]:
    """In a study of masks alone, cohorts by timepoint."""
    lesions, falsely = study.cohort_lesions(name), _false_positives(study, name)
    by_timepoint = [(str(t), part) for t, part in lesions.groupby("timepoint", sort=False, dropna=False)]
    return [
        FlowGroup(
            name if len(by_timepoint) == 1 else f"{name}, {timepoint}",
            name,
            (timepoint,),
            study.roles(name, timepoint).segmentation,
            lesion_flow(part, int(falsely.eq(timepoint).sum())),
        )
        for timepoint, part in by_timepoint
    ]


def _of_classes(study: StudyResults, name: str) -> list[FlowGroup]:
    lesions, falsely = study.cohort_lesions(name), _false_positives(study, name)
    main, roles = study.predicted(lesions), study.response_roles(lesions)
    parts = {role: part for role in HEADLINE if len(part := main[roles[main.index] == role])}
    groups = []
    for role, part in parts.items():
        points = [str(point) for point in part["timepoint"].unique()]
        label = name if len(parts) == 1 else f"{name}, {fmt.listed(points)}"
        where = points if len(parts) > 1 else [*points, *study.response_timepoints]
        flow = lesion_flow(part, falsely.isin(where).sum(), _fitted(study, name) if role == "train" else 0)
        groups.append(FlowGroup(label, name, tuple(points), role, flow))
    other = lesions.drop(main.index)
    for timepoint, part in other[roles[other.index] != "none"].groupby("timepoint", sort=False, dropna=False):
        flow = lesion_flow(part, int(falsely.eq(timepoint).sum()))
        groups.append(FlowGroup(f"{name}, {timepoint}", name, (str(timepoint),), "", flow, counts=False))
    return groups


def without_class(study: StudyResults) -> pd.DataFrame:
    """The lesions that no class is asked for, though others get one: they train or test masks only."""
    lesions = study.lesions
    asked = study.response_roles(lesions) != "none"
    return lesions[~asked] if parts_of(study).classes else lesions.iloc[:0]


def role_words(study: StudyResults, group: FlowGroup) -> str:
    """What a group is for: ``training``; ``validation; segmentation: training`` where the tasks differ."""
    parts = parts_of(study)
    roles = study.roles(group.cohort, group.timepoints[0])
    if not parts.classes:
        return _SEGMENTATION[roles.segmentation]
    said = _WORDS.get(group.role, group.role)
    other = parts.networks and roles.segmentation not in (group.role, "none")
    return f"{said}; segmentation: {_SEGMENTATION[roles.segmentation]}" if other else said


_SEGMENTATION = {"train": "training", "validation": "validation", "predict": "networks applied", "none": "not used"}


def _fitted(study: StudyResults, name: str) -> int:
    fitted = study.model.get("training_lesions", pd.DataFrame())
    return int(fitted["cohort"].eq(name).sum()) if "cohort" in fitted else 0


def _false_positives(study: StudyResults, name: str) -> pd.Series:
    """The timepoint of each false positive of a cohort."""
    found, scans = study.false_positives, study.scan_metrics
    if len(found):
        return found.loc[found["cohort"].eq(name), "timepoint"]
    if not {"cohort", "timepoint", "false_positives"} <= set(scans.columns):
        return pd.Series(dtype=object)
    own = scans[scans["cohort"].eq(name)]
    return own["timepoint"].repeat(own["false_positives"].fillna(0).astype(int).tolist())
