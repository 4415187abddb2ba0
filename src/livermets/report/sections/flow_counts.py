"""What became of the lesions of every cohort, in counts: the numbers of the flow diagrams as one table."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal, NamedTuple

import pandas as pd

from livermets.report import formatting as fmt
from livermets.report.detection import rule_sentence
from livermets.report.document import Table
from livermets.report.lesions import Flow, lesion_flow
from livermets.report.results import StudyResults
from livermets.report.tables import Shown, shown_table


class _Count(NamedTuple):
    """A row of the flow in counts; a part is a part of the row above it, a rare one is shown only where it occurs."""

    field: str
    words: str
    kind: Literal["", "part", "rare"] = ""


_FLOW_ROWS = (
    _Count("patients", "Patients"),
    _Count("scans", "Scans"),
    _Count("lesions", "Lesions"),
    _Count("responders", "R+", "part"),
    _Count("non_responders", "R−", "part"),
    _Count("outcome_unknown", "outcome not known", "part"),
    _Count("fitted", "The model is fitted on (outcome known, at least one ROI)", "rare"),
    _Count("manual_classified", "Manual mask: classified"),
    _Count("manual_no_roi", "Manual mask: no class, no ROI"),
    _Count("manual_few_rois", "Manual mask: no class, fewer ROIs than asked for", "rare"),
    _Count("manual_no_class", "Manual mask: no class given", "rare"),
    _Count("automatic_classified", "Automatic mask: classified"),
    _Count("automatic_not_detected", "Automatic mask: no class, not detected"),
    _Count("automatic_no_roi", "Automatic mask: no class, no ROI"),
    _Count("automatic_few_rois", "Automatic mask: no class, fewer ROIs than asked for", "rare"),
    _Count("automatic_no_class", "Automatic mask: no class given", "rare"),
    _Count("agree", "Both masks: same class"),
    _Count("differ", "Both masks: other class"),
    _Count("no_class", "No class with at least one mask"),
    _Count("only_manual", "class with the manual mask only", "part"),
    _Count("only_automatic", "class with the automatic mask only", "part"),
    _Count("neither", "class with neither", "part"),
    _Count("automatic_detected", "Detected"),
    _Count("false_positives", "Automatic components that cover no lesion (false positives)"),
)


def flow_table(study: StudyResults, flows: dict[str, Flow]) -> Table:
    """One row per count, one column per cohort, and one for the validation cohorts together where they are several."""
    validation = [flows[name] for name in study.of_role("validation") if name in flows]
    groups = dict(flows)
    if len(validation) > 1:
        pooled = study.predicted(study.cohort_lesions(*study.of_role("validation")))
        groups["validation, pooled"] = lesion_flow(pooled, sum(flow.false_positives for flow in validation))
    rows = [row for row in _FLOW_ROWS if row.kind != "rare" or any(_counted(flow, row) for flow in groups.values())]
    frame = pd.DataFrame([{"cohort": name, **asdict(flow)} for name, flow in groups.items()])
    note = (
        "Within a column, the manual rows, the automatic rows, and same, other and no class each add up to the number "
        f"of lesions; false positives are no lesions. {rule_sentence(study.lesions)}"
    )
    lesions = fmt.plural(sum(flow.lesions for flow in flows.values()), "lesion")
    cohorts = fmt.plural(study.lesions["cohort"].nunique(), "cohort")
    caption = f"What became of the {lesions} of {cohorts}, in counts."
    columns = [
        Shown("Count", lambda row: f"\u2003{row.words}" if row.kind == "part" else row.words),
        *(_flow_column(name, flow) for name, flow in groups.items()),
    ]
    return shown_table("flow-counts", caption, columns, rows, data=frame, note=note)


def _flow_column(name: str, flow: Flow) -> Shown:
    return Shown(name, lambda row: fmt.integer(_counted(flow, row)), numeric=True)


def _counted(flow: Flow, row: _Count) -> int:
    return int(getattr(flow, row.field))
