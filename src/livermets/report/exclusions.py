"""What a configuration leaves out of a study, and why: patients, scans and lesions in one table."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from livermets.config.cohort_entries import Exclusion
from livermets.masks.identity import SCAN_KEY
from livermets.report.configuration import ReportedConfig


def exclusions(config: ReportedConfig, scans: pd.DataFrame) -> pd.DataFrame:
    """One row per patient, per scan and per lesion of the scans at hand that is left out, with the reason."""
    return pd.DataFrame([*_patients_and_scans(config), *_lesions(config, scans)])


def _patients_and_scans(config: ReportedConfig) -> Iterator[dict[str, object]]:
    for name, cohort in config.cohorts.items():
        for entry in cohort.exclude:
            if entry.lesion is None:
                yield {
                    "cohort": name,
                    "patient_id": entry.patient,
                    "timepoint": entry.timepoint or "",
                    "lesion_id": None,
                    "reason": entry.reason,
                }


def _lesions(config: ReportedConfig, scans: pd.DataFrame) -> Iterator[dict[str, object]]:
    """The lesions of the scans at hand that the configuration leaves out."""
    named = scans.filter(SCAN_KEY)
    for cohort, patient, timepoint in named.astype(str).itertuples(index=False, name=None):
        entries = config.cohorts[cohort].exclude if cohort in config.cohorts else []
        for entry in entries:
            if _is_of_scan(entry, patient, timepoint):
                yield {
                    "cohort": cohort,
                    "patient_id": patient,
                    "timepoint": timepoint,
                    "lesion_id": str(entry.lesion),
                    "reason": entry.reason,
                }


def _is_of_scan(entry: Exclusion, patient: str, timepoint: str) -> bool:
    """Whether an entry leaves out a lesion of this scan; one that names no timepoint does at all of them."""
    return entry.lesion is not None and entry.patient == patient and entry.timepoint in (None, timepoint)
