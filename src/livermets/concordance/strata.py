"""Agreement by overlap and size: which lesions need the radiologist's mask?"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.statistics import StatisticsSettings
from livermets.masks.lesion_table import dice_of, fate_counts
from livermets.masks.sizes import size_cut_mm, sizes
from livermets.stats.proportions import clopper_pearson, share_by_patient
from livermets.stats.resampling import per_patient_sum
from livermets.stats.results import NAN, wider

TOO_FEW = "too few to say"
_BOUNDS = ("dice_low", "dice_high", "diameter_low_mm", "diameter_high_mm")
_ENDS = (("low", "high"), ("clustered_low", "clustered_high"))


def dice_stratum(dice: NDArray, cuts: Sequence[float]) -> NDArray[np.intp]:
    """Index of the (low, high] interval of each Dice; the first interval includes 0."""
    return np.searchsorted(cuts, dice, side="left")


def diameter_stratum(diameter_mm: NDArray, cuts_mm: Sequence[float]) -> NDArray[np.intp]:
    """Index of the [low, high) interval of each longest diameter."""
    return np.searchsorted(cuts_mm, diameter_mm, side="right")


def strata_table(lesions: pd.DataFrame, settings: StatisticsSettings) -> pd.DataFrame:
    """One row per Dice x diameter stratum, empty ones too, with the three fates of its lesions: ``agree`` (same class),
    ``other``, ``no_class``; ``n`` counts the lesions classified with both masks, ``n_lesions`` all of them (``n`` +
    ``no_class``). A last row with empty bounds holds lesions without Dice or diameter, if there are any, so that the
    rows add up to all lesions."""
    dice_edges, diameter_edges = _edges(settings)
    row, column, placed = _placed(lesions, settings)
    rows = [
        _stratum(lesions[placed & (row == i) & (column == j)], (*dice_edges[i], *diameter_edges[j]), settings)
        for i, j in itertools.product(range(len(dice_edges)), range(len(diameter_edges)))
    ]
    if not placed.all():
        rows.append(_stratum(lesions[~placed], (NAN, NAN, NAN, NAN), settings))
    return _typed(rows)


def strata_margins(lesions: pd.DataFrame, settings: StatisticsSettings) -> pd.DataFrame:
    """The same, by Dice alone, by diameter alone, below the last diameter cut, overall, which holds every lesion, and
    without Dice or diameter (``unplaced``), if there are any."""
    dice_edges, diameter_edges = _edges(settings)
    row, column, placed = _placed(lesions, settings)
    everything = (*_span(dice_edges), *_span(diameter_edges))
    rows = [_stratum(lesions, everything, settings, "overall")]
    for i, edges in enumerate(dice_edges):
        rows.append(_stratum(lesions[placed & (row == i)], (*edges, *everything[2:]), settings, "dice"))
    for j, edges in enumerate(diameter_edges):
        rows.append(_stratum(lesions[placed & (column == j)], (*everything[:2], *edges), settings, "diameter"))
    last = len(diameter_edges) - 1
    if last > 1:
        small = (*everything[:2], 0.0, diameter_edges[last][0])
        rows.append(_stratum(lesions[placed & (column < last)], small, settings, "small"))
    if not placed.all():
        rows.append(_stratum(lesions[~placed], (NAN, NAN, NAN, NAN), settings, "unplaced"))
    return _typed(rows)


def with_size(lesions: pd.DataFrame, settings: StatisticsSettings) -> pd.DataFrame:
    """The lesions with ``size``: below or from the last diameter cut; none without a diameter or a cut."""
    cut_mm = size_cut_mm(settings)
    return lesions if cut_mm is None else lesions.assign(size=sizes(lesions["longest_diameter_mm"], [cut_mm]))


def quoted_interval(stratum: Mapping[Any, Any] | pd.Series) -> tuple[float, float]:
    """The interval to quote of one stratum, by the rule of `stats.results.wider`."""
    ends = [(float(stratum[low]), float(stratum[high])) for low, high in _ENDS]
    return wider(*ends)


def _edges(settings: StatisticsSettings) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    dice = [0.0, *settings.dice_cuts, 1.0]
    diameter = [0.0, *settings.diameter_cuts_mm, math.inf]
    return list(itertools.pairwise(dice)), list(itertools.pairwise(diameter))


def _span(edges: list[tuple[float, float]]) -> tuple[float, float]:
    return edges[0][0], edges[-1][1]


def _placed(lesions: pd.DataFrame, settings: StatisticsSettings) -> tuple[NDArray, NDArray, NDArray[np.bool_]]:
    dice, diameter = dice_of(lesions).to_numpy(float), lesions["longest_diameter_mm"].to_numpy(float)
    placed = ~np.isnan(dice) & ~np.isnan(diameter)
    row = dice_stratum(np.where(placed, dice, 0), settings.dice_cuts)
    return row, diameter_stratum(np.where(placed, diameter, 1), settings.diameter_cuts_mm), placed


def _stratum(
    lesions: pd.DataFrame, bounds: tuple[float, float, float, float], settings: StatisticsSettings, margin: str = ""
) -> dict[str, object]:
    compared, (agree, other, no_class) = lesions[lesions["compared"]], fate_counts(lesions)
    n = agree + other
    low, high = clopper_pearson(agree, n, settings.level)
    patient = compared["patient"].to_numpy(np.intp)
    patients = int(patient.max()) + 1 if n else 0
    counts = per_patient_sum(compared["agree"], patient, patients), per_patient_sum(np.ones(n), patient, patients)
    clustered, _ = share_by_patient(*counts, settings.level)
    return {
        "margin": margin,
        **dict(zip(_BOUNDS, bounds, strict=True)),
        "n": n,
        "agree": agree,
        "value": agree / n if n else NAN,
        "low": low,
        "high": high,
        "method": "clopper-pearson",
        "clustered_low": clustered[0],
        "clustered_high": clustered[1],
        "level": settings.level,
        "n_lesions": len(lesions),
        "n_patients": int(np.count_nonzero(counts[1])),
        "statement": TOO_FEW if n < settings.minimum_stratum_n else "",
        "other": other,
        "no_class": no_class,
    }


def _typed(rows: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    return frame.drop(columns="margin") if not frame["margin"].any() else frame
