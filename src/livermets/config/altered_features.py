"""What the verb ``altered-features`` uses of a configuration."""

from __future__ import annotations

from livermets.config.base import Section
from livermets.config.radiomics import RadiomicsSettings
from livermets.config.selection import SelectionSettings


class AlteredFeaturesStudy(Section):
    """The features of windows, and by which masks they are to be stable."""

    radiomics: RadiomicsSettings = RadiomicsSettings()
    """Windows and features."""
    selection: SelectionSettings = SelectionSettings()
    """Of which ``stable_features`` is used."""
