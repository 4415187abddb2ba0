"""Which scans a network was trained on, so that no figure of such a scan is read as one of a new patient."""

from __future__ import annotations

import pandas as pd

from livermets.report import formatting as fmt
from livermets.report.document import Note
from livermets.report.study import StudyResults

_SEEN = "seen in training"


def seen_scans(study: StudyResults, cohort: str, timepoint: str = "all") -> pd.Series:
    """0 or 1 per scan of a cohort (at a timepoint): whether the network that drew its mask had seen the patient; empty
    where no scan table says."""
    scans = study.scan_metrics
    if not {"cohort", "timepoint", "seen_in_training"} <= set(scans):
        return pd.Series(dtype=float)
    here = scans["cohort"].eq(cohort) & (scans["timepoint"].eq(timepoint) | (timepoint == "all"))
    return scans.loc[here, "seen_in_training"].dropna()


def cohort_words(study: StudyResults, cohort: str, timepoint: str = "all") -> str:
    """The cohort's name, and that its scans were seen in training if they were."""
    seen = seen_scans(study, cohort, timepoint)
    if not seen.any():
        return str(cohort)
    if seen.all():
        return f"{cohort} ({_SEEN})"
    return f"{cohort} ({fmt.count_of(int(seen.sum()), len(seen))} scans {_SEEN})"


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
    """Which cohorts show how well the network learnt, and not how well it does in others."""
    counts = {name: seen_scans(study, name) for name in study.cohorts}
    seen = [
        f"{name} ({fmt.count_of(int(scans.sum()), len(scans))} scans)" for name, scans in counts.items() if scans.any()
    ]
    if not seen:
        return []
    text = (
        f"The network was trained on patients of {fmt.listed(seen)}, or its training was monitored on them. Their "
        f"rows, marked “{_SEEN}”, show how well it learnt them and not how well it does in other patients."
    )
    return [Note(text, "caution")]
