"""Is the network as good after therapy has begun? Validation by timepoint, as in Defeudis 2022, tested by patient."""

from __future__ import annotations

import pandas as pd

from livermets.report import formatting as fmt
from livermets.report.detection import rule
from livermets.report.document import Block, Column, Note, Section, Table
from livermets.report.rows import rows_of
from livermets.report.sections.estimates import level_text
from livermets.report.study import StudyResults
from livermets.report.tables import csv_download, kept_together

EVERY_TIMEPOINT_SENTENCE = (
    "Where timepoints stand together (all), a lesion counts once at each; what takes lesions as independent is not "
    "given."
)
_TESTS = ("dice_difference_p", "dice_unpaired_p", "detection_difference_p", "detection_chi_squared_p")


def timepoints_section(study: StudyResults) -> list[Section]:
    """Baseline against later timepoints in the patients that the network never saw, and patients whose baseline it was
    trained on against others; nothing with one timepoint."""
    if study.lesions["timepoint"].nunique() < 2:
        return []
    if study.sources.primary in study.sources.given:
        return _of_given(study)
    blocks: list[Block] = []
    unseen, seen = (study.masks(f"timepoints_{which}") for which in ("unseen", "seen"))
    if len(unseen):
        caption = (
            "Lesions of patients that the network never saw in training: one timepoint minus another, in the cohorts "
            "that were scanned at both."
        )
        blocks.append(differences_table("timepoints", unseen, caption, rule(study.lesions)))
    else:
        blocks.append(Note("Timepoints are not compared: the network saw all patients who were scanned at several."))
    if len(seen):
        caption = (
            "Lesions of patients whose scan at another timepoint the network was trained on, minus those of others."
        )
        blocks.append(differences_table("timepoints-seen", seen, caption, rule(study.lesions)))
    elif study.of_role("train", "segmentation"):
        text = (
            "Whether a network does better at a later scan of a patient whose earlier one it was trained on cannot "
            "be said: that takes patients whose other timepoint it was trained on and new ones, judged at the same."
        )
        blocks.append(Note(text))
    return [Section("segmentation-timepoints", "By timepoint", blocks)]


def _of_given(study: StudyResults) -> list[Section]:
    """Timepoints by masks that no network has drawn, for which nobody was seen in training."""
    unseen = study.masks("timepoints_unseen")
    if unseen.empty:
        return []
    caption = "Lesions at one timepoint minus another, in the cohorts that were scanned at both."
    table = differences_table("timepoints", unseen, caption, rule(study.lesions))
    return [Section("segmentation-timepoints", "By timepoint", [table])]


def differences_table(identifier: str, frame: pd.DataFrame, caption: str, detected: str) -> Table:
    """Two groups of lesions (`overlap.timepoints`), their differences in Dice and detection, tests of both kinds."""
    keys = [key for key in ("network", "cohort", "timepoint", "first", "second", "size") if key in frame]
    rows = []
    for where, part in frame.groupby(keys, sort=False, dropna=False):
        r = part.iloc[0]
        rows.append(
            [
                *(str(name) for name in where[:-3]),
                f"{where[-3]} minus {where[-2]}",
                kept_together(where[-1]),
                f"{fmt.integer(r['n_first'])}, {fmt.integer(r['n_second'])}",
                f"{fmt.integer(r['patients_first'])}, {fmt.integer(r['patients_second'])} "
                f"({fmt.integer(r['patients_both'])} in both)",
                _difference(part, "dice"),
                ", ".join(fmt.share(r[f"k_{which}"], r[f"n_{which}"]) for which in ("first", "second")),
                _difference(part, "detection"),
                *(fmt.p_value(rows_of(part, measure).iloc[0]["value"]) for measure in _TESTS),
            ]
        )
    head = [Column(key.capitalize()) for key in keys[:-3]] + [Column("Groups"), Column("Size")]
    head += [
        Column(words, True)
        for words in (
            "Lesions",
            "Patients",
            "Dice",
            "Detected",
            "Detected, points",
            "p of Dice, by patient",
            "p of Dice, unpaired",
            "p of detection, by patient",
            "p of detection, chi-squared",
        )
    ]
    said = (
        f"{caption} Detected: {detected}. Differences with {level_text(frame)} by bootstrap of patients; a patient in "
        "both groups is paired with himself or herself. The tests by patient are the ones for these data. The unpaired "
        "ones (Welch’s t, chi-squared) take every lesion as one of another patient; they are published practice and "
        "stand here to be compared with papers. p-values are not corrected for their number."
    )
    unknown = frame["value"].isna() | (frame["measure"].str.endswith("_difference") & frame["low"].isna())
    reasons = [str(note) for note in frame.loc[unknown, "note"].dropna().unique() if note]
    note = f"Where a number or an interval is missing: {'; '.join(reasons)}." if reasons else ""
    return Table(identifier, said, head, rows, csv_download(identifier, frame), note)


def _difference(part: pd.DataFrame, name: str) -> str:
    row = rows_of(part, f"{name}_difference").iloc[0]
    words = fmt.estimate if name == "dice" else fmt.points
    return words(row["value"], row["low"], row["high"])
