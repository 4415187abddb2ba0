"""The summary of a study of masks alone: how many lesions the other mask finds, and how well it outlines them."""

from __future__ import annotations

import pandas as pd

from livermets.overlap.tables import EVERY_TIMEPOINT
from livermets.report import formatting as fmt
from livermets.report.detection import rule
from livermets.report.document import Block, Bullets, Note, Paragraph
from livermets.report.rows import rows_of
from livermets.report.sections.two_roles import in_both_words
from livermets.report.seen import crossed_words
from livermets.report.study import StudyResults
from livermets.report.study_counts import judged_by_folds, judged_rows, what_it_holds
from livermets.stats.results import shown_interval


def masks_summary(study: StudyResults) -> list[Block]:
    """The answer cohort by cohort, then what other networks do on the same lesions, then the limits."""
    found = _found(study)
    if not found:
        why = "No validation cohort has both masks: how good the automatic masks are cannot be said."
        return [Paragraph(what_it_holds(study)), Note(why)]
    question = (
        f"How well does the automatic mask find and outline the lesions that the reader drew? {_by(study)}, "
        f"where detected means {rule(study.lesions)}, and a lesion without overlap counts with Dice 0:"
    )
    return [
        Paragraph(question),
        Bullets([*in_both_words(study), *found, *_pairs(study)]),
        Paragraph(f"{what_it_holds(study)} {_limits(study)}"),
    ]


def _by(study: StudyResults) -> str:
    if not judged_by_folds(study):
        return "By validation cohort"
    words = crossed_words(study)
    return f"{words[:1].upper()}{words[1:]}, by cohort"


def _found(study: StudyResults) -> list[str]:
    rows = judged_rows(study)
    return [_sentence(study, row) for _, row in rows.iterrows() if row["n_lesions"]]


def _sentence(study: StudyResults, row: pd.Series) -> str:
    detection, false = study.masks("detection"), study.masks("false_positives")
    rows = _at(detection, row)
    shown = shown_interval(rows[rows["size"].eq("all") & rows["study_rule"].eq(1)]) if len(rows) else None
    found = fmt.share(row["n_detected"], row["n_lesions"])
    ends = "" if shown is None else fmt.interval(shown["low"], shown["high"], as_percent=True, digits=0)
    level = f", {fmt.percent(shown['level'], 0)} interval {ends}" if shown is not None and ends else ""
    per_scan = _at(false, row)
    also = f"; {fmt.number(per_scan['per_scan'].iloc[0])} false positives per scan" if len(per_scan) else ""
    spread = fmt.median_quartiles(row["dice_median"], row["dice_q1"], row["dice_q3"])
    return (
        f"{row['cohort']}, {row['timepoint']}: {found} lesions of {fmt.plural(row['n_patients'], 'patient')} "
        f"detected{level}; median Dice of all lesions (quartiles) {spread}{also}."
    )


def _at(table: pd.DataFrame, row: pd.Series) -> pd.DataFrame:
    """The rows of the same cohort at the same timepoint."""
    if table.empty:
        return table
    return table[table["cohort"].eq(row["cohort"]) & table["timepoint"].eq(row["timepoint"])]


def _pairs(study: StudyResults) -> list[str]:
    """What further sources change on the same lesions."""
    pairs = study.overlap.get("pairs", pd.DataFrame())
    if not {"first", "second", "measure", "size", "timepoint"} <= set(pairs):
        return []
    sentences = []
    for (first, second), part in pairs[pairs["size"] == "all"].groupby(["first", "second"], sort=False, dropna=False):
        row = shown_interval(rows_of(part[part["timepoint"] == part["timepoint"].iloc[0]], "dice_difference"))
        if row is None or fmt.is_missing(row["low"]):
            continue
        told = "does not tell them apart" if row["low"] <= 0 <= row["high"] else "tells them apart"
        ends = fmt.estimate(row["value"], row["low"], row["high"])
        lesions = f"{fmt.plural(row['n_lesions'], 'lesion')} of {fmt.plural(row['n_patients'], 'patient')}"
        lesions += ", counted once at each timepoint" if row.get("timepoint") == EVERY_TIMEPOINT else ""
        sentences.append(f"Mean Dice of “{first}” minus “{second}” on the same {lesions}: {ends}, which {told}.")
    return sentences


def _limits(study: StudyResults) -> str:
    said = []
    if study.trained_on_synthetic:
        said.append(f"{study.trained_on_synthetic} trained on synthetic images.")
    if study.synthetic:
        said.append("Synthetic cohorts test the computation; they prove nothing clinical.")
    return " ".join(said)
