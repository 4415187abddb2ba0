"""From masks to lesions: each lesion's share of an outcome in cells of a measure, every kind of alteration alike."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from livermets.perturbation.altered import SAME, Altered, Measure

DICE_STEP = 0.01
"""Width of the cells of Dice that curves are made of."""
_CELLS = 100
"""Cells of the other measures, with about as many masks in each."""


@dataclass(frozen=True, eq=False)
class LesionCurves:
    """Each lesion's share of masks of an unchanged class along a measure, from the worst masks to the best."""

    measure: Measure
    position: NDArray[np.float64]
    """(cells,): value of the measure in the middle of each cell."""
    agreement: NDArray[np.float64]
    """(lesions, cells): NaN where a lesion has no mask."""


def cell_of(values: NDArray, cuts: Sequence[float] | NDArray) -> NDArray[np.intp]:
    """Index of the (low, high] cell of each value; the first one begins at the lowest value. -1: not finite."""
    return np.where(np.isfinite(values), np.searchsorted(cuts, values, side="left"), -1)


def kind_means(altered: Altered, outcome: str, cell: NDArray[np.intp], cells: int) -> NDArray[np.float64]:
    """(lesions, kinds, cells): mean of an outcome over the masks of each kind in each cell; NaN without a mask."""
    shape = len(altered.lesions), len(altered.kinds), cells
    inside = cell >= 0
    masks = altered.masks
    place = np.ravel_multi_index(
        (masks["lesion"].to_numpy()[inside], masks["kind"].to_numpy()[inside], cell[inside]), shape
    )
    total = np.bincount(place, masks[outcome].to_numpy()[inside], int(np.prod(shape)))
    with np.errstate(invalid="ignore"):
        return np.asarray(total / np.bincount(place, minlength=int(np.prod(shape)))).reshape(shape)


def over_kinds(means: NDArray) -> NDArray[np.float64]:
    """(lesions, cells): the mean over the kinds that a lesion has in a cell, each with the same weight."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy's, where a lesion has no mask in a cell
        return np.asarray(np.nanmean(means, axis=1))


def lesion_curves(altered: Altered, measure: Measure) -> LesionCurves:
    """The curves of every lesion along a measure; masks of which nothing is left count with Dice 0 and have no place
    along the other measures."""
    values = altered.masks[measure.name].to_numpy(float)
    cuts, position = _cells(values, measure)
    agreement = over_kinds(kind_means(altered, SAME, cell_of(values, cuts), len(position)))
    order = slice(None) if measure.rises else slice(None, None, -1)
    return LesionCurves(measure, position[order], agreement[:, order])


def rising(agreement: NDArray, weight: NDArray) -> NDArray[np.float64]:
    """The nearest curve that never falls (weighted least squares), where there is a weight; NaN elsewhere."""
    known = (weight > 0) & np.isfinite(agreement)
    curve = np.full(len(agreement), np.nan)
    if known.any():
        curve[known] = isotonic_regression(agreement[known], weights=weight[known]).x
    return curve


def _cells(values: NDArray, measure: Measure) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Inner cuts and the middle of each cell."""
    if measure.rises:
        edges = np.linspace(0, 1, round(1 / DICE_STEP) + 1, dtype=np.float64)
        return edges[1:-1], np.asarray((edges[1:] + edges[:-1]) / 2, np.float64)
    finite = values[np.isfinite(values)]
    if not len(finite):
        return np.empty(0), np.empty(0)
    cuts = np.unique(np.quantile(finite, np.linspace(0, 1, _CELLS + 1)[1:-1]))
    cuts = cuts[cuts < finite.max()]
    filled = np.bincount(cell_of(finite, cuts), minlength=len(cuts) + 1) > 0
    cuts = cuts[filled[:-1]]
    cell, ordered = cell_of(finite, cuts), np.sort(finite)
    ends = np.cumsum(np.bincount(cell, minlength=len(cuts) + 1))[:-1]
    return cuts, np.array([np.median(part) for part in np.split(ordered, ends)])
