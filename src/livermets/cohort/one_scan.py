"""One scan by its names, for the job that brings it in."""

from __future__ import annotations

from pathlib import Path

from livermets.cohort.load import load_cohorts
from livermets.cohort.scan import Patient, Scan
from livermets.cohort.study import Cohort
from livermets.config.cohorts import CohortSettings
from livermets.config.intake import intake_settings, settings_of_scan
from livermets.config.study import study_from_option


def named_scan(option: str, cohort: str, patient: str, timepoint: str) -> tuple[Scan, Cohort, bool]:
    """The scan, its cohort, and whether its outcome is known: from a configuration file it is, from the JSON of
    `scan_part` nothing but the images is."""
    alone = settings_of_scan(option)
    if alone is not None:
        return *_alone(alone, cohort, patient, timepoint), False
    chosen = intake_settings(study_from_option(option), cohort, option)
    study = load_cohorts({cohort: chosen.only(patient)}, chosen.outcome, chosen.seed, phantoms_written=True)
    return study.scan(cohort, patient, timepoint), study.cohort(cohort), True


def _alone(settings: CohortSettings, cohort: str, patient: str, timepoint: str) -> tuple[Scan, Cohort]:
    liver = None if settings.liver is None else Path(settings.liver)
    scan = Scan(cohort, patient, timepoint, Path(settings.image or ""), liver, settings.lesions)
    return scan, Cohort(cohort, settings, (Patient(patient, "", (scan,)),), images_only=True)
