"""The section ``retraining``: the response model fitted again, to learn how much of a change of class is the mask's."""

from __future__ import annotations

from pydantic import Field

from livermets.config.base import Section


class RetrainingSettings(Section):
    """How often the whole fit (search, network, threshold) is repeated, without its audit. Each refit classifies the
    lesions of patients that the model was not fitted on, with every mask. A refit costs one search: with the default
    search, 84 lesions of 60 to 260 ROIs and 93 features about a minute of one core, so that 20 and 20 take 40 minutes
    of one, or 5 to 6 of the eight that the workflow gives."""

    seeds: int = Field(20, ge=0)
    """Refits on the same patients with other seeds (other folds, networks and searches); 0: none."""
    bootstraps: int = Field(20, ge=0)
    """Refits, with other seeds too, on as many patients drawn with replacement; a patient drawn twice counts twice, and
    all of his copies are in one fold. 0: none; both 0: no such stage."""
