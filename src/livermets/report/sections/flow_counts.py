"""What became of the lesions of every cohort, in counts: the numbers of the flow diagrams as one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Literal, NamedTuple

import pandas as pd

from livermets.report import formatting as fmt
from livermets.report.detection import rule_sentence
from livermets.report.document import Table
from livermets.report.lesions import Flow, lesion_flow
from livermets.report.parts import Parts, parts_of
from livermets.report.sections.flow_groups import FlowGroup
from livermets.report.study import StudyResults
from livermets.report.tables import Shown, shown_table


class _Count(NamedTuple):
    """A row of the flow in counts; a part is a part of the row above it, a rare one is shown only where it occurs.
    ``of``: where lesions get a class, where another mask is compared, where both."""

    field: str
    words: str
    kind: Literal["", "part", "rare"] = ""
    of: tuple[Literal["classes", "masks", "masks alone"], ...] = ()


_FLOW_ROWS = (
    _Count("patients", "Patients"),
    _Count("scans", "Scans"),
    _Count("lesions", "Lesions"),
    _Count("responders", "R+", "part", ("classes",)),
    _Count("non_responders", "R−", "part", ("classes",)),
    _Count("outcome_unknown", "outcome not known", "part", ("classes",)),
    _Count("fitted", "The model is fitted on (outcome known, at least one ROI)", "rare", ("classes",)),
    _Count("manual_classified", "Manual mask: classified", "", ("classes",)),
    _Count("manual_no_roi", "Manual mask: no class, no ROI", "", ("classes",)),
    _Count("manual_few_rois", "Manual mask: no class, fewer ROIs than asked for", "rare", ("classes",)),
    _Count("manual_no_class", "Manual mask: no class given", "rare", ("classes",)),
    _Count("automatic_classified", "Automatic mask: classified", "", ("classes", "masks")),
    _Count("automatic_not_detected", "Automatic mask: no class, not detected", "", ("classes", "masks")),
    _Count("automatic_no_roi", "Automatic mask: no class, no ROI", "", ("classes", "masks")),
    _Count("automatic_few_rois", "Automatic mask: no class, fewer ROIs than asked for", "rare", ("classes", "masks")),
    _Count("automatic_no_class", "Automatic mask: no class given", "rare", ("classes", "masks")),
    _Count("agree", "Both masks: same class", "", ("classes", "masks")),
    _Count("differ", "Both masks: other class", "", ("classes", "masks")),
    _Count("no_class", "No class with at least one mask", "", ("classes", "masks")),
    _Count("only_manual", "class with the manual mask only", "part", ("classes", "masks")),
    _Count("only_automatic", "class with the automatic mask only", "part", ("classes", "masks")),
    _Count("neither", "class with neither", "part", ("classes", "masks")),
    _Count("automatic_detected", "Detected", "", ("masks",)),
    _Count("automatic_not_detected", "Not detected", "", ("masks alone",)),
    _Count("false_positives", "Automatic components that cover no lesion (false positives)", "", ("masks",)),
)


def flow_table(study: StudyResults, groups: Sequence[FlowGroup]) -> Table:
    """One row per count, one column per group, and one for the validation lesions together where there are several
    groups of them."""
    parts = parts_of(study)
    has = {"classes": parts.classes, "masks": parts.masks, "masks alone": parts.masks and not parts.classes}
    flows = {group.label: group.flow for group in groups}
    validation = [group.flow for group in groups if group.role == "validation" and parts.classes]
    columns = dict(flows)
    if len(validation) > 1:
        pooled = study.lesions_of("validation")
        columns["validation, pooled"] = lesion_flow(pooled, sum(flow.false_positives for flow in validation))
    rows = [
        row
        for row in _FLOW_ROWS
        if all(has[name] for name in row.of)
        and (row.kind != "rare" or any(_counted(flow, row) for flow in columns.values()))
    ]
    frame = pd.DataFrame([{"cohort": name, **asdict(flow)} for name, flow in columns.items()])
    lesions = fmt.plural(sum(flow.lesions for flow in flows.values()), "lesion")
    cohorts = fmt.plural(len({group.cohort for group in groups}), "cohort")
    caption = f"What became of the {lesions} of {cohorts}, in counts."
    shown = [
        Shown("Count", lambda row: f"\u2003{row.words}" if row.kind == "part" else row.words),
        *(_flow_column(name, flow) for name, flow in columns.items()),
    ]
    return shown_table("flow-counts", caption, shown, rows, data=frame, note=_note(study, parts))


def _note(study: StudyResults, parts: Parts) -> str:
    """What adds up within a column."""
    rule = rule_sentence(study.lesions, parts.classes) if parts.masks else ""
    if not parts.classes:
        return f"False positives are no lesions. {rule}"
    if not parts.masks:
        return "Within a column, the rows of the manual mask add up to the number of lesions."
    return (
        "Within a column, the manual rows, the automatic rows, and same, other and no class each add up to the number "
        f"of lesions; false positives are no lesions. {rule}"
    )


def _flow_column(name: str, flow: Flow) -> Shown:
    return Shown(name, lambda row: fmt.integer(_counted(flow, row)), numeric=True)


def _counted(flow: Flow, row: _Count) -> int:
    return int(getattr(flow, row.field))
