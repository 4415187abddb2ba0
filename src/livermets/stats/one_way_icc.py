"""Intraclass correlation of unequally many ratings whose raters are nobody in particular: many variables at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

REFERENCE = (
    "McGraw and Wong, Psychol Methods 1996;1:30 (ICC(1)); Donner, Int Stat Rev 1986;54:67 (unequal numbers of ratings)"
)
_NOTHING = 1e-14
"""Below this share of the variance a mean square is rounding."""


@dataclass(frozen=True, eq=False)
class RatingSums:
    """All that the analysis of variance needs of the ratings of each target: ``number`` (targets), and ``mean`` and
    ``within``, the sum of squares about it (targets, variables). Every variable is centred and scaled first, which no
    ICC depends on, so that no digits are lost."""

    number: NDArray[np.float64]
    mean: NDArray[np.float64]
    within: NDArray[np.float64]

    @classmethod
    def of(cls, ratings: NDArray, target: NDArray[np.intp]) -> RatingSums:
        """``ratings`` (ratings, variables) of the targets with these codes, 0 to the number of targets less 1, each
        with at least one rating."""
        spread = ratings.std(axis=0)
        scaled = (ratings - ratings.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
        number = np.bincount(target).astype(np.float64)
        mean = _summed(scaled, target, len(number)) / number[:, None]
        return cls(number, mean, _summed((scaled - mean[target]) ** 2, target, len(number)))


def one_way_icc(sums: RatingSums, weights: NDArray | None = None) -> NDArray[np.float64]:
    """ICC(1), McGraw and Wong's case 1, of every variable: the absolute agreement of single ratings, 1 = all ratings
    of a target are the same, 0 or less = they are no more alike than those of different targets.

    The model has no column for raters: the third rating of one target and of another have nothing in common. So
    targets may have unequally many ratings (Donner 1986: the mean number n0 of the analysis of variance), and whatever
    one rater adds to all targets counts as disagreement, as it does in ICC(A,1). ``weights`` (resamples, targets): how
    often each target counts; then one row per resample. NaN where neither targets nor ratings differ."""
    weight = np.ones((1, len(sums.number))) if weights is None else weights
    number = sums.number[:, None]
    targets, ratings, squares = (weight @ part for part in (np.ones_like(number), number, number**2))
    first, second = weight @ (number * sums.mean), weight @ (number * sums.mean**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        between = np.maximum(second - first**2 / ratings, 0) / (targets - 1)
        within = (weight @ sums.within) / (ratings - targets)
        mean_number = (ratings - squares / ratings) / (targets - 1)
        value = (between - within) / (between + (mean_number - 1) * within)
    value = np.where(between + within > _NOTHING, value, np.nan)
    return value[0] if weights is None else value


def _summed(values: NDArray, target: NDArray[np.intp], targets: int) -> NDArray[np.float64]:
    total = np.zeros((targets, values.shape[1]))
    np.add.at(total, target, values)
    return total
