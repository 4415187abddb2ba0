"""What the intake of one scan needs to know: its cohort and the outcome rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from livermets.config.base import Section
from livermets.config.cohorts import CohortSettings, PatientSelection
from livermets.config.duplicates import parsed_json
from livermets.config.load import read_yaml, validate_section
from livermets.config.outcome import OutcomeSettings
from livermets.config.study import StudyConfig
from livermets.errors import input_error


class IntakeSettings(Section):
    """The part of a configuration that the intake of one cohort uses."""

    cohort: CohortSettings
    """The cohort."""
    outcome: OutcomeSettings = OutcomeSettings()
    """What counts as a responder."""
    seed: int = 0
    """The study's seed."""

    def only(self, patient: str) -> CohortSettings:
        """The cohort reduced to one patient, so that other patients' rows are not read again."""
        changes: dict[str, object] = {"exclude": [e for e in self.cohort.exclude if e.patient == patient]}
        if self.cohort.table is not None or self.cohort.phantom is not None:
            changes["select"] = PatientSelection(patients=[patient])
        else:
            changes["patients"] = [name for name in self.cohort.patients or [] if name == patient]
        return self.cohort.model_copy(update=changes)


def intake_settings(option: str, cohort: str) -> IntakeSettings:
    """From a verb's ``--settings``: JSON of the two sections, or a configuration file."""
    if option.lstrip().startswith("{"):
        return validate_section(IntakeSettings, _from_json(option), "")
    study = study_settings(option)
    if cohort not in study.cohorts:
        raise input_error(option, f'there is no cohort "{cohort}"', f"Cohorts: {', '.join(study.cohorts)}")
    return IntakeSettings(cohort=study.cohorts[cohort], outcome=study.outcome, seed=study.seed)


def study_settings(option: str) -> StudyConfig:
    """The whole configuration from a verb's ``--settings``: its JSON, or the path of the file."""
    if option.lstrip().startswith("{"):
        return validate_section(StudyConfig, _from_json(option), "")
    return validate_section(StudyConfig, read_yaml(option), "", Path(option))


def _from_json(text: str) -> dict[str, Any]:
    try:
        return parsed_json(text, "--settings")
    except json.JSONDecodeError as error:
        raise input_error("--settings", f"this is not valid JSON ({error})") from error
