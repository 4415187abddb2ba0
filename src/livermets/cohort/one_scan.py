"""One scan by its names, for the job that brings it in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from livermets.cohort.load import conventions_of, load_cohorts
from livermets.cohort.scan import Patient, Scan
from livermets.cohort.study import Cohort
from livermets.config.applied import study_from_option
from livermets.config.cohorts import CohortSettings
from livermets.config.intake import intake_settings, settings_of_scan
from livermets.errors import input_error


def named_scan(option: str, cohort: str, patient: str, timepoint: str) -> tuple[Scan, Cohort, bool]:
    """The scan, its cohort, and whether its outcome is known: from a configuration file it is, from the JSON of
    `scan_part` nothing but the images is."""
    alone = settings_of_scan(option)
    if alone is not None:
        return *_alone(alone, cohort, patient, timepoint), False
    config = study_from_option(option)
    chosen = intake_settings(config, cohort, option)
    cohorts, conventions = {cohort: chosen.only(patient)}, conventions_of(config)
    study = load_cohorts(cohorts, chosen.outcome, chosen.seed, phantoms_written=True, conventions=conventions)
    return study.scan(cohort, patient, timepoint), study.cohort(cohort), True


def named_mask(option: str, cohort: str, patient: str, timepoint: str, source: str) -> tuple[Scan, Cohort]:
    """The scan with the mask of a source beside the reference in its place: from a configuration file, or from the JSON
    of `mask_part`. Raises `InputError` where the source has none of this scan."""
    scan, its_cohort, from_file = named_scan(option, cohort, patient, timepoint)
    if not from_file:
        return replace(scan, drawn_by=source), its_cohort
    if source not in scan.further_sources:
        known = ", ".join(scan.further_sources) or "none"
        raise input_error(scan.label, f"there is no mask by {source}", f"Sources beside the reference: {known}")
    return scan.of_source(source), its_cohort


def _alone(settings: CohortSettings, cohort: str, patient: str, timepoint: str) -> tuple[Scan, Cohort]:
    liver = None if settings.liver is None else Path(settings.liver)
    scan = Scan(cohort, patient, timepoint, Path(settings.image or ""), liver, settings.lesions)
    return scan, Cohort(cohort, settings, (Patient(patient, "", (scan,)),), images_only=True)
