"""What Giannini 2020 says of sizes and Dice, held against the altered masks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.masks.sizes import EVERY_SIZE, SMALL_BELOW_MM, size_labels
from livermets.perturbation.altered import Altered
from livermets.perturbation.by_dice import agreement_in_range
from livermets.perturbation.means import COLUMNS as _MEAN
from livermets.perturbation.means import mean_of_lesions
from livermets.stats.resampling import PatientBootstrap

HOLDS, FAILS, CANNOT_TELL = VERDICTS = ("holds", "does not hold", "cannot tell")
RULE = (
    "holds where the interval of agreement lies at or above the target (below it, where masks are said not to "
    "suffice), does not hold where it lies on the other side, else cannot tell; a claim of several parts holds if all "
    "do, and does not hold if one does not; agreement in a range is that of all altered masks in it together"
)
"""How a verdict is made."""
_NEXT = 0.1
"""How much of a range, in Dice, counts as next to its limit."""
SMALL, BIG = size_labels((SMALL_BELOW_MM,))


@dataclass(frozen=True)
class Part:
    """One range of which a claim says whether the class is unchanged."""

    size: str
    """A class by the cut of 20 mm, or "all": at any size, so of every class of size that the study has."""
    above: float
    """The masks with a Dice in (above, up to]."""
    up_to: float
    suffices: bool = True
    """Whether such masks are said to suffice, or not to."""


CLAIMS: dict[str, tuple[Part, ...]] = {
    "lesions of 20 mm and more are insensitive to the mask above Dice 0.2": (Part(BIG, 0.2, 1.0),),
    "lesions below 20 mm need a Dice of 0.5 and more": (Part(SMALL, 0.5, 1.0), Part(SMALL, 0.0, 0.5, suffices=False)),
    "above Dice 0.8 the mask has no effect at any size": (Part(EVERY_SIZE, 0.8, 1.0),),
}
"""What Giannini et al., MeMeA 2020, conclude."""
CLAIM_COLUMNS = (
    "claim", "size", "dice_low", "dice_high", "suffices", *_MEAN, "value_at_limit", "low_at_limit",
    "high_at_limit", "target_agreement", "part_verdict", "verdict", "rule",
)  # fmt: skip
"""``value``: agreement, as the mean over lesions, of the masks with a Dice in (dice_low, dice_high]; ``suffices``:
whether the claim says that such masks suffice; ``*_at_limit``: agreement in the 0.1 of Dice next to the limit, which
the whole range may hide (no verdict goes by it); ``part_verdict``, ``verdict``: of the row, and of the whole claim."""


def claims_table(
    altered: Altered, targets: Sequence[float], diameter_cuts_mm: tuple[float, ...], boot: PatientBootstrap
) -> pd.DataFrame:
    """A row per claim, range and target: agreement in the range, with its interval, and the verdicts by `RULE`."""
    if not len(altered.masks):
        return pd.DataFrame(columns=list(CLAIM_COLUMNS))
    at_20, by_size = altered.size_groups((SMALL_BELOW_MM,)), altered.size_groups(diameter_cuts_mm)
    rows: list[dict[str, object]] = []
    for claim, parts in CLAIMS.items():
        found = []
        for part in parts:
            groups = by_size if part.size == EVERY_SIZE else {part.size: at_20[part.size]}
            found += [_evidence(altered, size, part, inside, boot) for size, inside in groups.items()]
        rows += [row for target in targets for row in _judged(claim, found, target)]
    return pd.DataFrame(rows, columns=list(CLAIM_COLUMNS))


def verdict(low: float, high: float, target: float, suffices: bool) -> str:
    """What an interval of agreement says of a target (`RULE`)."""
    if math.isnan(low) or math.isnan(high):
        return CANNOT_TELL
    if low >= target:
        return HOLDS if suffices else FAILS
    if high < target:
        return FAILS if suffices else HOLDS
    return CANNOT_TELL


def together(verdicts: Sequence[str]) -> str:
    """The verdict of a claim from those of its parts."""
    if FAILS in verdicts:
        return FAILS
    return HOLDS if verdicts and set(verdicts) == {HOLDS} else CANNOT_TELL


def _evidence(
    altered: Altered, size: str, part: Part, inside: NDArray[np.bool_], boot: PatientBootstrap
) -> dict[str, object]:
    values = agreement_in_range(altered, part.above, part.up_to)[inside]
    nearest = (part.above, part.above + _NEXT) if part.suffices else (part.up_to - _NEXT, part.up_to)
    at_limit = mean_of_lesions(agreement_in_range(altered, *nearest)[inside], altered.patient[inside], boot)
    where = {"size": size, "dice_low": part.above, "dice_high": part.up_to, "suffices": part.suffices}
    beside = {f"{name}_at_limit": at_limit[name] for name in ("value", "low", "high")}
    return {**where, **mean_of_lesions(values, altered.patient[inside], boot), **beside}


def _judged(claim: str, evidence: Sequence[dict[str, object]], target: float) -> list[dict[str, object]]:
    each = [verdict(float(str(row["low"])), float(str(row["high"])), target, bool(row["suffices"])) for row in evidence]
    said = {"claim": claim, "target_agreement": target, "verdict": together(each), "rule": RULE}
    return [{**row, **said, "part_verdict": part} for row, part in zip(evidence, each, strict=True)]
