"""What the verb ``altered-features`` uses of a configuration."""

from __future__ import annotations

from livermets.config.base import Section
from livermets.config.load import is_json, validate_section, values_from_option
from livermets.config.radiomics import RadiomicsSettings
from livermets.config.selection import SelectionSettings


class AlteredFeaturesStudy(Section):
    """The features of windows, and by which masks they are to be stable."""

    radiomics: RadiomicsSettings = RadiomicsSettings()
    """Windows and features."""
    selection: SelectionSettings = SelectionSettings()
    """Of which ``stable_features`` is used."""


def altered_features_study(option: str) -> AlteredFeaturesStudy:
    """The sections from a verb's ``--settings``: JSON of them, or a configuration file."""
    values = values_from_option(option)
    if not is_json(option):
        values = {key: values[key] for key in AlteredFeaturesStudy.model_fields if values.get(key)}
    return validate_section(AlteredFeaturesStudy, values, "")
