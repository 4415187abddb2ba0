"""How often the class is unchanged, by Dice, size and kind of alteration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.perturbation.altered import EVERY_KIND, OUTCOMES, SAME, Altered
from livermets.perturbation.curves import cell_of, kind_means, over_kinds
from livermets.perturbation.means import COLUMNS as _MEAN
from livermets.perturbation.means import mean_of_lesions
from livermets.stats.resampling import PatientBootstrap

FINE_CUTS = tuple(round(0.05 * step, 2) for step in range(1, 20))
"""Cuts of Dice for curves."""
BY_DICE_COLUMNS = ("size", "kind", "dice_low", "dice_high", "measure", *_MEAN, "n_masks")
"""``value``: the share with the outcome ``measure`` (same, other, no_class) of masks in (dice_low, dice_high]."""


def agreement_by_dice(
    altered: Altered,
    dice_cuts: Sequence[float],
    diameter_cuts_mm: tuple[float, ...],
    boot: PatientBootstrap,
    outcomes: Sequence[str] = OUTCOMES,
) -> pd.DataFrame:
    """Per size, kind ("all": every kind alike) and (low, high] band of Dice: the share of masks with each outcome, as
    the mean over lesions. The three outcomes of a band add up to 1; cells without a lesion are left out."""
    edges = [0.0, *dice_cuts, 1.0]
    cell = cell_of(altered.masks["dice"].to_numpy(float), dice_cuts)
    n_masks = _mask_counts(altered, cell, len(edges) - 1)
    rows: list[dict[str, object]] = []
    for outcome in outcomes:
        for kind, values, masks in _by_kind(kind_means(altered, outcome, cell, len(edges) - 1), n_masks, altered.kinds):
            for size, inside in altered.size_groups(diameter_cuts_mm).items():
                for band in np.flatnonzero(masks[inside].sum(axis=0)):
                    where = {"size": size, "kind": kind, "dice_low": edges[band], "dice_high": edges[band + 1]}
                    found = mean_of_lesions(values[inside, band], altered.patient[inside], boot)
                    count = int(masks[inside, band].sum())
                    rows.append({**where, "measure": outcome, **found, "n_masks": count})
    return pd.DataFrame(rows, columns=list(BY_DICE_COLUMNS))


def agreement_in_range(altered: Altered, above: float, up_to: float) -> NDArray[np.float64]:
    """Each lesion's share of masks of an unchanged class among those with a Dice in (above, up to]; 0 belongs to a
    range from 0. NaN without such a mask."""
    dice = altered.masks["dice"].to_numpy(float)
    lower = above if above > 0 else -np.inf
    inside = (dice > lower) & (dice <= up_to)
    return over_kinds(kind_means(altered, SAME, np.where(inside, 0, -1), 1))[:, 0]


def _mask_counts(altered: Altered, cell: NDArray[np.intp], cells: int) -> NDArray[np.intp]:
    shape = len(altered.lesions), len(altered.kinds), cells
    inside = cell >= 0
    lesion, kind = (altered.masks[name].to_numpy()[inside] for name in ("lesion", "kind"))
    place = np.ravel_multi_index((lesion, kind, cell[inside]), shape)
    return np.bincount(place, minlength=int(np.prod(shape))).reshape(shape)


def _by_kind(
    means: NDArray, n_masks: NDArray, kinds: Sequence[str]
) -> Iterator[tuple[str, NDArray[np.float64], NDArray[np.intp]]]:
    yield EVERY_KIND, over_kinds(means), n_masks.sum(axis=1)
    for code, kind in enumerate(kinds):
        yield kind, means[:, code], n_masks[:, code]
