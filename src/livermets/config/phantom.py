"""The synthetic cohort."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from livermets.config.base import Allowed, Section


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
    prefix: Annotated[str, Allowed(r"[A-Za-z][A-Za-z0-9]{0,7}", "1 to 8 letters and digits, with a letter first")] = "P"
    """What patient ids begin with (P gives P001, P002, ...); two cohorts of one study need two prefixes."""
