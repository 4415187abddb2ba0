"""The synthetic cohort."""

from __future__ import annotations

from pydantic import Field

from livermets.config.base import Section


class PhantomSettings(Section):
    """A synthetic cohort with known truth; it proves nothing clinical."""

    patients: int = Field(8, ge=1, le=999)
    """Number of patients."""
    effect: float = Field(1.0, ge=0)
    """How strongly inner texture depends on the response class; 0: not at all, 1: as in the demo."""
    seed: int | None = Field(None, ge=0)
    """Seed of this cohort; empty: spawned from the study's seed and the cohort's name."""
    grid: int = Field(192, ge=96, le=512)
    """In-plane size of the stored volumes in pixels. Pixels stay 0.6 to 0.9 mm: a smaller grid shows a smaller body."""
    prefix: str = Field("P", pattern=r"^[A-Za-z][A-Za-z0-9]{0,7}$")
    """What patient ids begin with (P gives P001, P002, ...); two cohorts of one study need two prefixes."""
