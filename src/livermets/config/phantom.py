"""The synthetic cohort."""

from __future__ import annotations

from pydantic import Field

from livermets.config.base import Section


class PhantomSettings(Section):
    """A synthetic cohort with known truth; it proves nothing clinical."""

    patients: int = Field(8, ge=1)
    """Number of patients."""
    effect: float = Field(1.0, ge=0)
    """How strongly inner texture depends on the response class; 0: not at all."""
    seed: int | None = None
    """Seed of this cohort; empty: spawned from the study's seed and the cohort's name."""
    grid: int = Field(128, ge=96, le=512)
    """In-plane size of the stored volumes in pixels; the body is scaled to it."""
