"""The configuration that a results folder is reported with: the study's own, a part of it, or none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from livermets.config.applied import study_config
from livermets.config.cohort_entries import Name
from livermets.config.cohorts import CohortSettings
from livermets.config.load import is_json, values_from_option
from livermets.config.study import StudyConfig


class ReportedConfig(StudyConfig):
    """A configuration that may lack its cohorts: a lesion table alone can be reported too. What it does not give has
    the default of a study, but `gives` tells the two apart."""

    cohorts: dict[Name, CohortSettings] = {}
    """The cohorts by name; none where the results came without the configuration that made them."""

    def gives(self, section: str) -> bool:
        """Whether this is known of the study: a whole configuration gives everything, defaults included."""
        return bool(self.cohorts) or section in self.model_fields_set

    def values(self) -> dict[str, Any]:
        """What is known of the study, as plain values."""
        return self.model_dump(mode="json", exclude_unset=not self.cohorts)


def reported_config(values: Mapping[str, Any], source: Path | None = None) -> ReportedConfig:
    """Plain values (of the YAML file ``source``) as the configuration of a report; raises `InputError`."""
    return study_config(ReportedConfig, values, "config", source)


def config_from_option(option: str) -> ReportedConfig:
    """A verb's ``--settings``: JSON of the configuration, or the path of its file."""
    return reported_config(values_from_option(option), None if is_json(option) else Path(option))
