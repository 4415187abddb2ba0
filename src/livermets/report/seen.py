"""Which scans a network was trained on, so that no figure of such a scan is read as one of a new patient; and which
were drawn by the network of a fold, that never saw the patient."""

from __future__ import annotations

import pandas as pd

from livermets.report import formatting as fmt
from livermets.report.document import Note
from livermets.report.study import StudyResults

_SEEN = "seen in training"
_CROSSED = "cross-validated"


def seen_scans(study: StudyResults, cohort: str, timepoint: str = "all") -> pd.Series:
    """0 or 1 per scan of a cohort (at a timepoint): whether the network that drew its mask had seen the patient; empty
    where no scan table says."""
    scans = study.scan_metrics
    if not {"cohort", "timepoint", "seen_in_training"} <= set(scans):
        return pd.Series(dtype=float)
    here = scans["cohort"].eq(cohort) & (scans["timepoint"].eq(timepoint) | (timepoint == "all"))
    return scans.loc[here, "seen_in_training"].dropna()


def crossed_scans(study: StudyResults) -> pd.DataFrame:
    """The scans that were cross-validated: drawn by the network of a fold that never saw the patient."""
    scans = study.scan_metrics
    if not {"cohort", "timepoint", "seen_in_training", "fold"} <= set(scans):
        return pd.DataFrame(columns=["cohort", "patient_id", "timepoint", "fold"])
    return scans[scans["fold"].notna() & scans["seen_in_training"].eq(0)]


def is_crossed(study: StudyResults, cohort: str, timepoint: str = "all") -> pd.Series:
    """0 or 1 per scan of a cohort (at a timepoint): whether it was cross-validated."""
    scans = seen_scans(study, cohort, timepoint)
    return pd.Series(scans.index.isin(crossed_scans(study).index).astype(int), scans.index)


def crossed_words(study: StudyResults) -> str:
    """``cross-validated, 5 folds by patient``; empty where no scan was."""
    scans = crossed_scans(study)
    if scans.empty:
        return ""
    folds, patients = scans["fold"].nunique(), len(scans[["cohort", "patient_id"]].drop_duplicates())
    one_each = ", one patient each" if folds == patients else " by patient"
    return f"{_CROSSED}, {fmt.plural(folds, 'fold')}{one_each}"


def cohort_words(study: StudyResults, cohort: str, timepoint: str = "all") -> str:
    """The cohort's name, and that its scans were cross-validated, or seen in training, if they were."""
    said = []
    for marked, words in (
        (is_crossed(study, cohort, timepoint), _CROSSED),
        (seen_scans(study, cohort, timepoint), _SEEN),
    ):
        if len(marked) and marked.all():
            said.append(words)
        elif marked.any():
            said.append(f"{fmt.count_of(int(marked.sum()), len(marked))} scans {words}")
    return f"{cohort} ({', '.join(said)})" if said else str(cohort)


def programs_note(study: StudyResults) -> list[Note]:
    """The external programs of which nobody says whether they were trained on patients of the study."""
    unknown = [name for name, program in study.config.programs.items() if program.trained_on is None]
    if not unknown:
        return []
    text = (
        f"External programs: {fmt.listed(unknown)}. The study does not say which of its patients they were trained on. "
        "Of such patients, figures show how well a program learnt them and not how well it does in others."
    )
    return [Note(text, "caution")]


def seen_note(study: StudyResults) -> list[Note]:
    """Which cohorts show how well the network learnt, and not how well it does in others; and which do, since they were
    cross-validated."""
    counts = {name: seen_scans(study, name) for name in study.cohorts}
    seen = [
        f"{name} ({fmt.count_of(int(scans.sum()), len(scans))} scans)" for name, scans in counts.items() if scans.any()
    ]
    notes = _crossed_note(study)
    if seen:
        text = (
            f"The network was trained on patients of {fmt.listed(seen)}, or its training was monitored on them. Their "
            f"rows, marked “{_SEEN}”, show how well it learnt them and not how well it does in other patients."
        )
        notes.append(Note(text, "caution"))
    return notes


def _crossed_note(study: StudyResults) -> list[Note]:
    words = crossed_words(study)
    if not words:
        return []
    counts = {name: is_crossed(study, name) for name in study.cohorts}
    crossed = [
        f"{name} ({fmt.count_of(int(scans.sum()), len(scans))} scans)" for name, scans in counts.items() if scans.any()
    ]
    text = (
        f"Masks of {fmt.listed(crossed)} were {words}: each scan was drawn by the network of its patient’s fold, which "
        f"was trained, by the same recipe, on the patients of the others. Rows marked “{_CROSSED}” are of these "
        "networks, and say how well the recipe does in patients of whom it saw nothing; the network of all training "
        "patients drew none of these scans."
    )
    return [Note(text, "info")]
