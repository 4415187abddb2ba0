"""The synthetic cohort."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from livermets.config.base import Allowed, Section
from livermets.config.cohort_entries import Fraction, Name


class PhantomReader(Section):
    """A further reader of a synthetic cohort: how the lesions that it draws differ from the true ones."""

    shift_mm: float = Field(0.0, ge=0, le=50)
    """How far each lesion is drawn from its place, in mm, in a random direction in the slice; less than half a pixel
    changes nothing."""
    scale: float = Field(1.0, ge=0.2, le=3)
    """How large each lesion is drawn: 0.9 draws it a tenth shorter in every direction."""
    missed: Fraction = 0.0
    """Share of the lesions that are not drawn."""


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
    readers: dict[Name, PhantomReader] = {}
    """Further readers by name, each a mask source: {reader2: {shift_mm: 1, scale: 0.95, missed: 0.1}}. What they draw
    changes nothing else of the cohort."""
