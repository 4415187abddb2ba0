"""The section ``perturbation``: reference masks altered as segmentations fail, to learn how good a mask must be."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from livermets.config.base import Section
from livermets.config.statistics import Probability

Kind = Literal[
    "erosion", "dilation", "border", "shift", "jitter", "resolution", "cap", "slices", "lobe", "leakage", "merging"
]
KINDS: tuple[Kind, ...] = (
    "erosion", "dilation", "border", "shift", "jitter", "resolution", "cap", "slices", "lobe", "leakage", "merging"
)  # fmt: skip


def rising(ends: tuple[float, float]) -> tuple[float, float]:
    """The ends of a range; raises `ValueError` where the first is not the lower one."""
    if ends[0] >= ends[1]:
        raise ValueError("give the lower end first, then a higher one")
    return ends


class PerturbationSettings(Section):
    """How the reference mask of every lesion is altered, and what is asked of the altered masks' classes. Nothing here
    is fitted."""

    draws: int = Field(1000, ge=0)
    """Altered masks per lesion, shared out evenly among the kinds; 0: none, and no such stage."""
    kinds: tuple[Kind, ...] = Field(KINDS, min_length=1)
    """How masks are altered. erosion, dilation: the border moved in or out evenly; border: moved by a smooth random
    field; shift: the mask displaced; jitter: every slice displaced by itself; resolution: the mask taken at coarser
    voxels and back; cap: a part beyond a random plane lost; slices: slices at one end lost, the last of them in part;
    lobe: a ball around a place of the border lost; leakage: grown into the liver from a place of the border; merging:
    grown together with the nearest other lesion (lesions that have one within the margin)."""
    dice: tuple[Probability, Probability] = (0.1, 0.97)
    """Range of Dice with the reference mask that the masks of every kind are spread over evenly, as far as the kind
    and the lesion allow."""
    margin_mm: float = Field(20.0, gt=0, le=100)
    """How far in mm beyond the lesion a mask may reach."""
    correlation_mm: tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]] = (3.0, 10.0)
    """Range of the correlation length in mm of random fields: short ones make ragged borders, long ones bulges."""
    masks_per_shape: int = Field(5, ge=1)
    """How many masks, of as many Dice, come of one random field, plane or place. Draws of a lesion are not independent
    in any case, and no interval takes them to be."""
    donors: int = Field(20, ge=0)
    """Errors of every further source of masks (network, program, reader) that each lesion is given beside these: those
    that the source made on as many lesions of other patients, of the nearest diameters. Networks are taken on patients
    that they were not trained on. 0: none; a source with fewer than 5 such lesions gives none."""
    target_agreements: tuple[Probability, ...] = Field((0.9, 0.95), min_length=1)
    """The shares of masks of an unchanged class for which the needed Dice, distance and volume ratio are asked, at the
    diameters of `statistics.target_diameters_mm`."""

    _ranges = field_validator("dice", "correlation_mm")(rising)

    @field_validator("kinds")
    @classmethod
    def _once(cls, kinds: tuple[Kind, ...]) -> tuple[Kind, ...]:
        return tuple(dict.fromkeys(kinds))
