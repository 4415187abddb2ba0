"""What a reader must know before the numbers, as sentences computed from the data."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from livermets.concordance.strata import TOO_FEW
from livermets.config.statistics import StatisticsSettings
from livermets.masks.detected import UNDETECTED, detection_dice_of, is_detected, rule_in_words
from livermets.masks.lesion_table import NOT_STATED

FEW_PATIENTS = 20


def general_notes(table: pd.DataFrame) -> list[str]:
    """Size of the table (the lesions that the headline is about), what is left out of the comparison, and what cannot
    be computed therefore. Without any lesion `headline_notes` says it all."""
    if table.empty:
        return []
    compared = table[table["compared"]]
    known = compared[compared["response"].notna()]
    patients = table["patient"].nunique()
    return [
        f"{counted(len(table), 'lesion')} of {counted(patients, 'patient')} in the table",
        *_left_out_notes(len(table), len(compared), len(known)),
        *_patient_notes(patients),
        *_timepoint_notes(table),
        *_missing_class_notes(compared, known),
        *_detection_notes(table),
    ]


def headline_notes(everything: pd.DataFrame, named: Sequence[str]) -> list[str]:
    """Which lesions the headline is about, and what is left out of it; ``named``: the timepoints or roles by which they
    were chosen."""
    others, about = everything[~everything["headline"]], ", ".join(named)
    if others.empty:
        return []
    found = ", ".join(dict.fromkeys(others["timepoint"].astype(str))) if "timepoint" in others else NOT_STATED
    return [
        *([] if everything["headline"].any() else [f"no lesion at {about}: nothing of a prediction can be said"]),
        f"the figures are about {about}; "
        f"{counted(len(others), 'lesion')} at {found} stand in agreement_by_timepoint.csv only: "
        "a follow-up image is part of the outcome, so its classes predict nothing",
    ]


def stratum_notes(strata: pd.DataFrame, settings: StatisticsSettings) -> list[str]:
    """How many strata are too thin for a statement."""
    few = int((strata["statement"] == TOO_FEW).sum())
    if not few:
        return []
    limit = settings.minimum_stratum_n
    return [f"{few} of {len(strata)} strata hold fewer than {limit} compared lesions: {TOO_FEW}"]


def counted(number: int, noun: str) -> str:
    """``1 lesion``, ``2 lesions``."""
    return f"{number} {noun}{'s' * (number != 1)}"


def _left_out_notes(lesions: int, compared: int, known: int) -> list[str]:
    notes = []
    if compared < lesions:
        notes.append(
            f"{lesions - compared} of {lesions} lesions have no class with at least one mask: "
            "not compared, but counted as not keeping their class where all lesions are asked about; "
            "accounting.csv says why"
        )
    unknown = compared - known
    if unknown:
        verb, them = ("has", "it") if unknown == 1 else ("have", "them")
        notes.append(f"{counted(unknown, 'compared lesion')} {verb} no known outcome: diagnostics leave {them} out")
    return notes


def _missing_class_notes(compared: pd.DataFrame, known: pd.DataFrame) -> list[str]:
    """What cannot be computed because no lesion is of one kind."""
    notes = [] if len(compared) else ["no lesion is classified with both masks: agreement cannot be computed"]
    for value, side, measure in ((1, "R+", "sensitivity"), (0, "R-", "specificity")):
        if not (known["response"] == value).any():
            notes.append(f"no compared lesion is {side}: {measure} and everything built on it cannot be computed")
    return notes


def _detection_notes(table: pd.DataFrame) -> list[str]:
    """Lesions whose automatic mask is too small to count as found."""
    touched = int((is_detected(table["dice"], 0.0) & table["automatic_fate"].eq(UNDETECTED)).sum())
    if not touched:
        return []
    rule, they_have = rule_in_words(detection_dice_of(table)), "it has" if touched == 1 else "they have"
    return [
        f"{counted(touched, 'lesion')} touched by the automatic mask but not detected ({rule}): "
        f"{they_have} no class from it"
    ]


def _timepoint_notes(table: pd.DataFrame) -> list[str]:
    """Lesions seen at several timepoints are several rows, which a reader of "lesions" may not expect."""
    if "timepoint" not in table or table["timepoint"].nunique() < 2:
        return []
    lesions = table.drop_duplicates(["patient", "lesion_id"])
    if len(lesions) == len(table):
        return []
    timepoints, once = table["timepoint"].nunique(), counted(len(lesions), "lesion")
    how_many = f"{timepoints} timepoints; {once} if an id is the same lesion at each"
    return [f"lesions are counted once per timepoint ({how_many}): see the results by timepoint"]


def _patient_notes(patients: int) -> list[str]:
    if patients == 1:
        return ["one patient only: nothing can be said about others, so clustered intervals are missing"]
    if patients < FEW_PATIENTS:
        return [
            f"with {patients} patients every interval is wide and itself uncertain; "
            "intervals that treat lesions as independent (clopper-pearson, mercaldo-logit, delong, fleiss-1969) "
            "may be too narrow, and a clustered one can come out narrower by chance: the wider of the two is quoted"
        ]
    return []
