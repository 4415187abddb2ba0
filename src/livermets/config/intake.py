"""What bringing in one scan needs to know, and what joining its lesions with the outcome needs: not the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from livermets.config.base import Section
from livermets.config.cohort_entries import PatientSelection
from livermets.config.cohorts import CohortSettings
from livermets.config.load import is_json, validate_section, values_from_option
from livermets.config.outcome import OutcomeSettings
from livermets.config.study import StudyConfig
from livermets.errors import input_error

OF_TABLES = frozenset(
    {
        "role",
        "folder",
        "table",
        "sheet",
        "decimal",
        "missing",
        "diameter_unit",
        "columns",
        "response_values",
        "centre",
        "patients",
        "select",
        "exclude",
        "lesions_without_outcome",
        "timepoints",
        "header_row",
        "ignore_rows",
        "patient_id",
        "liver_optional",
    }
)
"""Keys of a cohort that say who is in it and with which outcome. They change no image: a scan is brought in without
them. A key that is named neither here nor in `OF_IMAGES` is taken to change both."""
OF_IMAGES = frozenset(
    {
        "folder",
        "image",
        "series",
        "liver",
        "liver_optional",
        "liver_labels",
        "lesions",
        "lesion_labels",
        "masks",
        "livers",
        "resample_masks",
        "accept",
    }
)
"""Keys that say where images are and how they are read. They change no row of a table."""


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


def scan_part(cohort: CohortSettings, image: Path, liver: Path | None, lesions: str | None) -> dict[str, Any]:
    """What the images of one scan are read by, as the settings of a cohort that holds this scan alone: its files as
    they were found (nothing in them is filled in again), and how they are read."""
    kept = cohort.model_dump(mode="json", exclude=set(OF_TABLES))
    files = {"image": str(image), "liver": None if liver is None else str(liver), "lesions": lesions}
    phantom: dict[str, Any] | None = None if cohort.phantom is None else {}  # how it was drawn is in the image
    return kept | files | {"masks": {}, "livers": {}, "phantom": phantom, "role": "predict", "patients": ["one"]}


def mask_part(cohort: CohortSettings, image: Path, liver: Path | None, lesions: str | None) -> dict[str, Any]:
    """What the masks of a further source of one scan are read by, in the same form, of settings that read them
    (`CohortSettings.read_as`): no series is chosen, as the CT is brought in already."""
    return scan_part(cohort, image, liver, lesions) | {"series": {}}


def outcome_part(cohort: CohortSettings, table: Path | None, with_centre: bool) -> dict[str, Any]:
    """What the outcome of a cohort's lesions is read by, with the table as it was found; paths of images are left out,
    and so are reasons, which are no outcome."""
    kept = cohort.model_dump(mode="json", exclude=set(OF_IMAGES))
    unused = {*OF_IMAGES, "scan_date"}  # which decides no outcome
    kept["columns"] = {ours: theirs for ours, theirs in kept["columns"].items() if ours not in unused}
    kept["exclude"] = [{**entry, "reason": "left out"} for entry in kept["exclude"]]
    kept |= {"image": "{patient}", "lesions": "{patient}", "phantom": None if cohort.phantom is None else {}}
    kept["table"] = None if table is None or cohort.phantom is not None else str(table)
    return kept if with_centre else kept | {"centre": None}


def intake_settings(study: StudyConfig, cohort: str, option: str) -> IntakeSettings:
    """One cohort of a study."""
    if cohort not in study.cohorts:
        raise input_error(option, f'there is no cohort "{cohort}"', f"Cohorts: {', '.join(study.cohorts)}")
    return IntakeSettings(cohort=study.cohorts[cohort], outcome=study.outcome, seed=study.seed)


def settings_of_scan(option: str) -> CohortSettings | None:
    """A verb's ``--settings``, where it is the JSON of `scan_part`; None: it is a configuration file."""
    return validate_section(CohortSettings, values_from_option(option), "--settings") if is_json(option) else None
