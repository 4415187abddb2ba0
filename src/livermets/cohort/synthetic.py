"""Patient ids of a synthetic cohort, known before anything is written (the workflow plans its jobs with them)."""

from __future__ import annotations

TIMEPOINT = "baseline"


def patient_ids(patients: int, prefix: str = "P") -> list[str]:
    """The ids of a synthetic cohort of that many patients: P001, P002, ..."""
    return [patient_id(number, prefix) for number in range(1, patients + 1)]


def patient_id(number: int, prefix: str = "P") -> str:
    """The id of the patient with this number, counted from 1."""
    return f"{prefix}{number:03d}"
