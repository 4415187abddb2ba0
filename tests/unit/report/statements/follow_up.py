"""Lesions over time."""

from __future__ import annotations

import pandas as pd
from tests.unit.report.statements.registry import Files, Statement, Values

_LESIONS, _SCANS = "<cohort>/follow_up/<patient>/lesions.csv", "<cohort>/follow_up/<patient>/scans.csv"


def _tables(files: Files) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the reference in both tables, of all patients."""
    lesions, scans = (files.every(f"*/follow_up/*/{name}.csv") for name in ("lesions", "scans"))
    reference = files.config.get("concordance", {}).get("reference", "manual")
    return lesions[lesions["mask_source"] == reference], scans[scans["mask_source"] == reference]


def _counts(files: Files, **_: str) -> Values:
    lesions, scans = _tables(files)
    who = lesions["cohort"] + "/" + lesions["patient_id"].astype(str)
    return {
        "patients": who.nunique(),
        "scans": len(scans),
        "lesions": scans["n_lesions"].sum(),
        "tracks": (who + "/" + lesions["track"].astype(str)).nunique(),
    }


def _livers(files: Files, **_: str) -> Values:
    _, scans = _tables(files)
    return {"low": scans["liver_dice"].min(), "high": scans["liver_dice"].max()}


def _direction(files: Files, other: str, **_: str) -> Values:
    scans = files.every("*/follow_up/*/scans.csv")
    said = scans.loc[scans["mask_source"] == other, "same_direction"].dropna()
    return {"k": said.sum(), "n": len(said)}


def _of_patient(files: Files, cohort: str, patient: str, **_: str) -> Values:
    lesions = files.csv(f"{cohort}/follow_up/{patient}/lesions.csv")
    return {"k": lesions["track"].nunique(), "n": lesions["timepoint"].nunique()}


_PATIENT = "{cohort:w}, patient {patient:w}: "
STATEMENTS = (
    Statement(
        "follow-up/paragraph/",
        "{patients} patient… with lesion masks at several timepoints: {scans} scan…, in which {lesions} lesion… make "
        "{tracks} track",
        _SCANS, "n_lesions; track of lesions.csv", _counts,
    ),
    Statement("follow-up/paragraph/", "with a Dice of {low} to {high}", _SCANS, "liver_dice", _livers),
    Statement(
        "follow-up/paragraph/", "{other:w} changes in the same direction as {reference:w} in {k} of {n}", _SCANS,
        "same_direction", _direction,
    ),
    Statement(
        "follow-up/caption/follow-up-*", _PATIENT + "volume over time of {k} lesion… at {n} timepoint", _LESIONS,
        "track, timepoint", _of_patient,
    ),
    Statement(
        "follow-up/caption/follow-up-*", _PATIENT + "volume, longest diameter", _LESIONS,
        "volume_ml, longest_diameter_mm, status", lambda files, **_: {},
    ),
    Statement(
        "follow-up/caption/follow-up-*", _PATIENT + "the largest lesions (at most {most})", "results/README.md",
        "follow_up", lambda files, **_: {"most": 5},
    ),
    Statement(
        "follow-up/note/", "Figures of the first {most} patients", "results/README.md", "follow_up",
        lambda files, **_: {"most": 20}, rare=True,
    ),
)  # fmt: skip
