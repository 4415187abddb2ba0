"""Cohorts without a known outcome: shares and classes, and a plain statement of what cannot be said."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from livermets.config.roles import KNOWN
from livermets.masks.identity import SIDES
from livermets.report import formatting as fmt
from livermets.report.detection import rule_sentence
from livermets.report.document import Block, Note, Paragraph, Section, Table
from livermets.report.parts import parts_of
from livermets.report.sections.cohorts import without_lesions
from livermets.report.study import StudyResults
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
    drawn = drawn[~study.response_roles(drawn).isin(KNOWN)]
    lesions, found = study.lesions_of("predict", name), study.predicted(components)
    if drawn.empty and components.empty:
        return Section(identifier, f"Cohort {name}", [Note(without_lesions(study, name), "info")])
    blocks: list[Block] = []
    if study.trained_on_synthetic:
        text = (
            f"{study.trained_on_synthetic} trained on synthetic images. What is said here of this cohort is reported "
            "as it is; it proves nothing clinical."
        )
        blocks.append(Note(text, "caution"))
    if apart := _apart(study, len(drawn) - len(lesions), len(components) - len(found)):
        blocks.append(Note(apart, "info"))
    if len(lesions):
        blocks.append(Paragraph(_counts(study, lesions, _false_positives(study, name))))
        blocks.append(_table(study, lesions, identifier))
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
        applied = scans[scans["cohort"] == name]
        applied = study.predicted(applied[study.response_roles(applied) == "predict"])
        return int(applied["false_positives"].sum())
    return None


def _counts(study: StudyResults, lesions: pd.DataFrame, false_positives: int | None) -> str:
    n, patients = len(lesions), lesions["patient"].nunique()
    points = fmt.listed(study.response_timepoints, "or")
    sentences = [f"{fmt.plural(n, 'lesion')} of {fmt.plural(patients, 'patient')} at {points}."]
    for source in SIDES if parts_of(study).masks else SIDES[:1]:
        called = lesions[f"predicted_{source}"].dropna()
        plus = int(called.eq(1).sum())
        sentences.append(
            f"With the {source} mask {fmt.count_of(len(called), n)} could be classified: {fmt.integer(plus)} R+ and "
            f"{fmt.integer(len(called) - plus)} R−."
        )
    compared = lesions[lesions["compared"]]
    if len(compared) and parts_of(study).masks:
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


def _table(study: StudyResults, lesions: pd.DataFrame, identifier: str) -> Table:
    masks = parts_of(study).masks
    caption = (
        f"Share of R+ ROIs and class of {fmt.plural(len(lesions), 'lesion')} with "
        f"{'each' if masks else 'the manual'} mask; outcome not known."
        f"{f' {rule_sentence(lesions)}' if masks else ''}"
    )
    columns = list(_LESION_COLUMNS)
    if not masks:
        columns = [column for column in columns if column.label not in _OF_PAIRS]
        columns.append(Shown("Remark", _manual_remark))
    note = f"The first {_MOST_LESIONS} lesions; the download has all." if len(lesions) > _MOST_LESIONS else ""
    shown = rows_in(lesions.head(_MOST_LESIONS))
    table = shown_table(f"{identifier}-lesions", caption, columns, shown, note=note)
    return replace(table, download=csv_download(identifier, lesions))


def _remark(row: pd.Series) -> str:
    """Why a mask gives no class."""
    remarks = [text for text in [_manual_remark(row)] if text]
    if row["automatic_fate"] != "classified":
        words = {"undetected": "not detected"}
        remarks.append(f"automatic mask: {words.get(row['automatic_fate'], row['automatic_fate'])}")
    return "; ".join(remarks)


def _manual_remark(row: pd.Series) -> str:
    return "" if row["manual_fate"] == "classified" else f"manual mask: {row['manual_fate']}"


_MOST_LESIONS = 100
_OF_PAIRS = ("Dice", "Share R+, automatic", "Class, automatic", "Remark")
"""Columns that need another mask than the reference's."""
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
