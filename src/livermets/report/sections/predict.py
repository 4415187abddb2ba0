"""Cohorts without a known outcome: shares and classes, and a plain statement of what cannot be said."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from livermets.masks.identity import SIDES
from livermets.report import formatting as fmt
from livermets.report.detection import rule_sentence
from livermets.report.document import Block, Note, Paragraph, Section, Table
from livermets.report.results import StudyResults
from livermets.report.sections.cohorts import without_lesions
from livermets.report.tables import Shown, csv_download, frame_table, rows_in, shown_table


def predict_section(study: StudyResults) -> Section | None:
    """One part per prediction cohort; nothing when the study has none."""
    names = study.of_role("predict")
    if not names:
        return None
    blocks: list[Block] = [
        Note(
            "The outcome of these lesions is not known. No sensitivity, specificity or AUC is computed for them, and "
            "whether a class below is right cannot be told from this report.",
            "info",
        )
    ]
    return Section("prediction", "Cohorts without a known outcome", blocks, [_cohort(study, name) for name in names])


def _cohort(study: StudyResults, name: str) -> Section:
    identifier = f"prediction-{name}"
    drawn, components = study.cohort_lesions(name), study.findings[study.findings["cohort"] == name]
    lesions, found = study.predicted(drawn), study.predicted(components)
    if drawn.empty and components.empty:
        return Section(identifier, f"Cohort {name}", [Note(without_lesions(study, name), "info")])
    blocks: list[Block] = []
    if study.trained_on_synthetic:
        text = (
            "The networks and the model were trained on synthetic images only. What they say about this cohort is "
            "reported as it is; it proves nothing clinical."
        )
        blocks.append(Note(text, "caution"))
    if apart := _apart(study, len(drawn) - len(lesions), len(components) - len(found)):
        blocks.append(Note(apart, "info"))
    if len(lesions):
        blocks.append(
            Paragraph(_counts(lesions, fmt.listed(study.response_timepoints, "or"), _false_positives(study, name)))
        )
        blocks.append(_table(lesions, identifier))
    if len(found):
        columns = [
            "patient_id",
            "timepoint",
            "lesion_id",
            "volume_automatic_ml",
            "n_roi_automatic",
            "share_automatic",
            "predicted_automatic",
        ]
        caption = (
            f"{fmt.plural(len(found), 'finding')} of the network in scans without a manual mask: whether they are "
            "lesions is not known."
        )
        blocks.append(frame_table(f"{identifier}-findings", found, caption, columns=columns))
    return Section(identifier, f"Cohort {name}", blocks, badge="synthetic" if study.cohorts[name].synthetic else "")


def _apart(study: StudyResults, lesions: int, components: int) -> str:
    """What was seen only at timepoints that nothing is predicted from."""
    counted = [fmt.plural(n, noun) for n, noun in ((lesions, "lesion"), (components, "finding")) if n]
    if not counted:
        return ""
    points = fmt.listed(study.response_timepoints, "or")
    return f"Not shown: {fmt.listed(counted)} at other timepoints than {points}, whose classes are no predictions."


def _false_positives(study: StudyResults, name: str) -> int | None:
    scans = study.scan_metrics
    if {"cohort", "timepoint", "false_positives"} <= set(scans.columns):
        return int(study.predicted(scans[scans["cohort"] == name])["false_positives"].sum())
    return None


def _counts(lesions: pd.DataFrame, points: str, false_positives: int | None) -> str:
    n, patients = len(lesions), lesions["patient"].nunique()
    sentences = [f"{fmt.plural(n, 'lesion')} of {fmt.plural(patients, 'patient')} at {points}."]
    for source in SIDES:
        called = lesions[f"predicted_{source}"].dropna()
        plus = int(called.eq(1).sum())
        sentences.append(
            f"With the {source} mask {fmt.count_of(len(called), n)} could be classified: {fmt.integer(plus)} R+ and "
            f"{fmt.integer(len(called) - plus)} R−."
        )
    compared = lesions[lesions["compared"]]
    if len(compared):
        same = int(compared["agree"].sum())
        sentences.append(
            f"Both masks gave the same class to {fmt.plural(same, 'lesion')}, another to "
            f"{fmt.integer(len(compared) - same)}; {fmt.integer(n - len(compared))} have no class with at least one "
            "mask."
        )
    if false_positives is not None:
        sentences.append(
            f"The automatic masks hold {fmt.plural(false_positives, 'component')} that cover no manual lesion (false "
            "positives)."
        )
    return " ".join(sentences)


def _table(lesions: pd.DataFrame, identifier: str) -> Table:
    caption = (
        f"Share of R+ ROIs and class of {fmt.plural(len(lesions), 'lesion')} with each mask; outcome not known. "
        f"{rule_sentence(lesions)}"
    )
    note = f"The first {_MOST_LESIONS} lesions; the download has all." if len(lesions) > _MOST_LESIONS else ""
    shown = rows_in(lesions.head(_MOST_LESIONS))
    table = shown_table(f"{identifier}-lesions", caption, _LESION_COLUMNS, shown, note=note)
    return replace(table, download=csv_download(identifier, lesions))


def _remark(row: pd.Series) -> str:
    remarks = []
    if row["manual_fate"] != "classified":
        remarks.append(f"manual mask: {row['manual_fate']}")
    if row["automatic_fate"] != "classified":
        words = {"undetected": "not detected"}
        remarks.append(f"automatic mask: {words.get(row['automatic_fate'], row['automatic_fate'])}")
    return "; ".join(remarks)


_MOST_LESIONS = 100
_LESION_COLUMNS = (
    Shown("Patient", lambda row: str(row["patient_id"])),
    Shown("Timepoint", lambda row: str(row["timepoint"])),
    Shown("Lesion", lambda row: str(row["lesion_id"]), numeric=True),
    Shown("Longest diameter (mm)", lambda row: fmt.number(row["longest_diameter_mm"], 1), numeric=True),
    Shown("Dice", lambda row: fmt.number(row["dice"]), numeric=True),
    Shown("Share R+, manual", lambda row: fmt.number(row["share_manual"]), numeric=True),
    Shown("Class, manual", lambda row: fmt.response_class(row["predicted_manual"])),
    Shown("Share R+, automatic", lambda row: fmt.number(row["share_automatic"]), numeric=True),
    Shown("Class, automatic", lambda row: fmt.response_class(row["predicted_automatic"])),
    Shown("Remark", _remark),
)
