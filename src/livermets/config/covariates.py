"""The section ``covariates``: what a clinic knows of a lesion or its patient beside the image."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from livermets.config.base import Section
from livermets.config.cohort_entries import Header, Name

_FROM_TABLES = {"column": None, "kind": "number", "level": "patient"}
"""Keys that only a covariate of a table has, with their defaults."""


class CovariateSettings(Section):
    """One covariate of the training lesions, from the cohorts' tables or from the reference masks."""

    column: Header | None = None
    """Column of the cohorts' tables; empty: one of the covariate's own name."""
    kind: Literal["number", "category"] = "number"
    """number: as it stands; category (RAS, regimen): every word that occurs is a yes or no of its own."""
    level: Literal["patient", "lesion"] = "patient"
    """patient: one value per patient and timepoint, which may stand in any of its rows (merged cells); lesion: a value
    in every row."""
    derived: Literal["lesion_count", "longest_diameter_mm"] | None = None
    """Instead of a column, what the reference mask says: how many lesions the scan has, or the lesion's longest axial
    diameter."""

    @model_validator(mode="after")
    def _one_origin(self) -> CovariateSettings:
        said = [key for key, usual in _FROM_TABLES.items() if getattr(self, key) != usual]
        if self.derived is not None and said:
            raise ValueError(f"`derived` takes it from the mask; leave out {', '.join(said)}")
        return self


Covariates = dict[Name, CovariateSettings]
