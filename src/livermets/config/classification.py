"""How the fitted model is applied to lesions."""

from __future__ import annotations

from pydantic import Field

from livermets.config.base import Section


class ClassificationSettings(Section):
    """When a lesion gets a class. Nothing here is fitted, so a change repeats no search."""

    minimum_rois: int = Field(1, ge=1)
    """A lesion gets a class from a mask that holds at least this many ROIs (1: as published). The model and its
    threshold are fitted on all training lesions whatever this is."""
