"""Who is in the study, and what became of every lesion."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from livermets.reporting import formatting as fmt
from livermets.reporting.flow import flow_svg
from livermets.reporting.lesions import Flow, lesion_flow
from livermets.reporting.model import Block, Column, Figure, Gallery, Note, Paragraph, Section, Table
from livermets.reporting.results import StudyResults
from livermets.reporting.tables import csv_download, frame_table

ROLES = {"train": "training", "validation": "validation", "predict": "prediction, no outcome known"}


def cohort_flows(study: StudyResults) -> dict[str, Flow]:
    """The flow of every cohort that has lesions."""
    flows = {}
    for name in study.cohorts:
        lesions = study.cohort_lesions(name)
        if len(lesions):
            flows[name] = lesion_flow(lesions, _false_positives(study, name))
    return flows


def cohorts_section(study: StudyResults) -> Section:
    """Flow diagrams, the table that adds up, patients' characteristics, and what the check found."""
    flows = cohort_flows(study)
    blocks: list[Block] = [
        Paragraph(
            "Every lesion of the lesion table is followed to the comparison of its two classes. A lesion whose mask "
            "is too "
            "small to hold one whole ROI, or that the network did not find, has no class from that mask; it stays in "
            "the "
            "count that says so."
        )
    ]
    blocks.append(_flow_gallery(study, flows))
    blocks.append(_flow_table(study, flows))
    if len(study.excluded):
        caption = (
            f"Patients, scans and lesions left out by the configuration, and why ({_left_out(study.excluded)}); they "
            "are in no other count."
        )
        blocks.append(frame_table("excluded", study.excluded, caption))
    blocks += [Note(without_lesions(study, name)) for name in study.cohorts if name not in flows]
    return Section(
        "cohorts", "Cohorts and flow of lesions", blocks, [_characteristics(study), _scans(study), _check(study)]
    )


def _flow_gallery(study: StudyResults, flows: dict[str, Flow]) -> Gallery:
    figures = []
    for name, flow in flows.items():
        role = ROLES.get(study.cohorts[name].role, study.cohorts[name].role)
        synthetic = ", synthetic" if study.cohorts[name].synthetic else ""
        title = f"Cohort {name} ({role}{synthetic})"
        figures.append(
            Figure(
                f"flow-{name}",
                title,
                f"Flow of lesions in cohort {name}",
                svg=flow_svg(flow, f"flow-{name}", title, exclusion_reasons(study, name)),
            )
        )
    caption = "Flow of patients, scans and lesions, by cohort. The numbers are those of the table below."
    return Gallery("flow", caption, figures)


def without_lesions(study: StudyResults, name: str) -> str:
    """What is known of a cohort without a manual lesion: how many scans were read, and what the network found there."""
    tables = (study.scans, study.scan_metrics)
    scans = max([int(table["cohort"].eq(name).sum()) for table in tables if "cohort" in table], default=0)
    if not scans:
        return f"No scan and no lesion of cohort {name} is in the results: nothing is reported for it."
    found = int(study.findings["cohort"].eq(name).sum()) if len(study.findings) else 0
    said = f"the network found {fmt.plural(found, 'lesion')}" if found else "the network found no lesion"
    return f"Cohort {name}: {fmt.plural(scans, 'scan')} without a manually drawn lesion; {said} there."


def exclusion_reasons(study: StudyResults, cohort: str) -> list[str]:
    """What was left out of a cohort before anything was computed, a line per reason."""
    if study.excluded.empty:
        return []
    rows = study.excluded[study.excluded["cohort"] == cohort]
    return [f"{_left_out(part)}: {reason}" for reason, part in rows.groupby("reason", dropna=False)]


def _left_out(rows: pd.DataFrame) -> str:
    lesions = int(rows["lesion_id"].notna().sum())
    scans = int((rows["lesion_id"].isna() & rows["timepoint"].astype(bool)).sum())
    counts = ((len(rows) - lesions - scans, "patient"), (scans, "scan"), (lesions, "lesion"))
    return ", ".join(fmt.plural(n, word) for n, word in counts if n)


_COUNTS = {"below_20_mm": fmt.integer}
_NAMES = {"below_20_mm": "< 20\u00a0mm", "diameter_mm": "Longest diameter (mm)"}
_FLOW_ROWS = (
    ("patients", "Patients", ""), ("scans", "Scans", ""), ("lesions", "Lesions", "total"),
    ("responders", "R+", "part"), ("non_responders", "R−", "part"), ("outcome_unknown", "outcome not known", "part"),
    ("manual_classified", "Manual mask: classified", ""), ("manual_no_roi", "Manual mask: no ROI", ""),
    ("manual_few_rois", "Manual mask: fewer ROIs than asked for", "optional"),
    ("manual_no_class", "Manual mask: no class given", "optional"),
    ("automatic_classified", "Automatic mask: classified", ""),
    ("automatic_not_detected", "Automatic mask: not detected", ""),
    ("automatic_no_roi", "Automatic mask: detected, no ROI", ""),
    ("automatic_few_rois", "Automatic mask: detected, fewer ROIs than asked for", "optional"),
    ("automatic_no_class", "Automatic mask: no class given", "optional"), ("both", "Classified with both masks", ""),
    ("agree", "same class", "part"), ("differ", "other class", "part"),
    ("only_manual", "Classified with the manual mask only", ""),
    ("only_automatic", "Classified with the automatic mask only", ""), ("neither", "Classified with neither", ""),
    ("false_positives", "Automatic components that cover no lesion (false positives)", ""),
)  # fmt: skip


def _flow_table(study: StudyResults, flows: dict[str, Flow]) -> Table:
    names = list(flows)
    validation = [flows[name] for name in study.of_role("validation") if name in flows]
    columns = dict(flows)
    if len(validation) > 1:
        pooled = study.cohort_lesions(*study.of_role("validation"))
        columns["validation, pooled"] = lesion_flow(pooled, sum(flow.false_positives for flow in validation))
    rows = [
        [f"\u2003{text}" if kind == "part" else text, *(fmt.integer(getattr(flow, field)) for flow in columns.values())]
        for field, text, kind in _FLOW_ROWS
        if kind != "optional" or any(getattr(flow, field) for flow in columns.values())
    ]
    frame = pd.DataFrame([{"cohort": name, **asdict(flow)} for name, flow in columns.items()])
    head = [Column("Count"), *(Column(name, numeric=True) for name in columns)]
    note = (
        "Within a column, the manual rows, the automatic rows, and the rows from “both” to “neither” each add up to "
        "the number of lesions; false positives are no lesions and are counted apart."
    )
    caption = f"What became of the lesions of {fmt.plural(len(names), 'cohort')}, in counts."
    return Table("flow-counts", caption, head, rows, csv_download("flow-counts", frame), note)


def _false_positives(study: StudyResults, name: str) -> int:
    if len(study.false_positives):
        return int(study.false_positives["cohort"].eq(name).sum())
    if {"cohort", "false_positives"} <= set(study.scan_metrics.columns):
        return int(study.scan_metrics.loc[study.scan_metrics["cohort"].eq(name), "false_positives"].sum())
    return 0


def _characteristics(study: StudyResults) -> Section:
    rows = []
    for name in study.cohorts:
        lesions = study.cohort_lesions(name)
        for timepoint, part in lesions.groupby("timepoint", sort=False, dropna=False):
            rows.append(_group_facts(name, str(timepoint), part))
    caption = (
        "Lesions by cohort and timepoint: patients, lesions per patient, centres, outcome and longest diameter "
        "(median, first to third quartile)."
    )
    frame = pd.DataFrame(rows)
    blocks: list[Block] = [frame_table("characteristics-table", frame, caption, formats=_COUNTS, labels=_NAMES)]
    if "centre" in study.lesions:
        by_centre = pd.DataFrame(
            [
                {**_group_facts(str(cohort), "all", part), "centre": centre}
                for (cohort, centre), part in study.lesions.groupby(["cohort", "centre"], sort=False, dropna=False)
            ]
        ).drop(columns=["timepoint", "centres"])
        order = ["cohort", "centre", *[c for c in by_centre.columns if c not in ("cohort", "centre")]]
        blocks.append(
            frame_table("centres", by_centre[order], "Lesions by cohort and centre.", formats=_COUNTS, labels=_NAMES)
        )
    else:
        blocks.append(Note("Centres are not shown because the lesion table has no column `centre`."))
    return Section("characteristics", "Characteristics", blocks)


def _group_facts(cohort: str, timepoint: str, part: pd.DataFrame) -> dict[str, object]:
    diameter = part["longest_diameter_mm"].dropna()
    per_patient = part.groupby("patient_id", dropna=False).size()
    q1, median, q3 = diameter.quantile([0.25, 0.5, 0.75]).tolist() if len(diameter) else (None, None, None)
    return {
        "cohort": cohort,
        "timepoint": timepoint,
        "patients": int(part["patient_id"].nunique()),
        "lesions": len(part),
        "lesions_per_patient": f"{fmt.number(per_patient.median(), 1)} ({per_patient.min()} to {per_patient.max()})",
        "centres": part["centre"].nunique() if "centre" in part else None,
        "R+": int(part["response"].eq(1).sum()),
        "R−": int(part["response"].eq(0).sum()),
        "diameter_mm": fmt.median_quartiles(median, q1, q3, digits=1),
        "below_20_mm": int(diameter.lt(20).sum()),
    }


def _check(study: StudyResults) -> Section:
    if study.problems.empty:
        return Section("check", "What the check found", [Paragraph("The check before the run left no remark.")])
    caption = (
        f"Remarks of the check before the run, and on livers made in it ({fmt.plural(len(study.problems), 'remark')}); "
        "errors would have stopped it."
    )
    return Section(
        "check", "What the check found", [frame_table("check-remarks", study.problems, caption, most_rows=20)]
    )


def _scans(study: StudyResults) -> Section:
    names = ("slice_spacing_mm", "row_spacing_mm", "column_spacing_mm")
    if not set(names) <= set(study.scans.columns):
        why = "The spacing of the scans is not shown because no scan.json of the intake was found."
        return Section("scans", "Scans", [Note(why)])
    rows = []
    for cohort, part in study.scans.groupby("cohort", sort=False, dropna=False):
        ranges = {name: f"{fmt.number(part[name].min())} to {fmt.number(part[name].max())}" for name in names}
        rows.append({"cohort": cohort, "scans": len(part), **ranges})
    caption = f"Spacing of {fmt.plural(len(study.scans), 'scan')} as acquired, smallest to largest."
    return Section("scans", "Scans", [frame_table("scans-table", pd.DataFrame(rows), caption)])
