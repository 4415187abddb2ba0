"""Which measure of a mask tells best whether the class is unchanged: areas under the ROC curve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from livermets.perturbation.altered import MEASURES, SAME, Altered, Measure
from livermets.perturbation.means import METHOD, mean_of_lesions
from livermets.stats.resampling import PatientBootstrap
from livermets.stats.results import NAN

_RANKS = 1000
"""Scores are compared by this many ranks: an area is off by less than 0.001."""
WITHIN, OVERALL = COMPARED = ("within lesions", "all masks")
PREDICTOR_COLUMNS = (
    "compared", "measure", "minus", "value", "low", "high", "level", "method", "n_lesions", "n_patients", "note",
)  # fmt: skip
"""``value``: the AUC of ``measure`` (``minus`` empty), or by how much it is above that of the measure ``minus``."""


@dataclass(frozen=True, eq=False)
class _Scored:
    """Weight of the masks of each lesion by rank of one score, and by whether the class is unchanged."""

    unchanged: NDArray[np.float64]
    """(lesions, ranks)."""
    changed: NDArray[np.float64]


def predictors_table(altered: Altered, boot: PatientBootstrap) -> pd.DataFrame:
    """AUC of Dice, ASSD and |log volume ratio| for an unchanged class, and in rows with ``minus`` their differences.

    ``within lesions``: mean of the AUCs of the lesions with masks of both outcomes, each lesion once. ``all masks``:
    masks of all lesions against each other, each lesion with the weight 1. Masks that lack a measure are left out;
    those of which nothing is left count as the worst."""
    if not len(altered.masks):
        return pd.DataFrame(columns=list(PREDICTOR_COLUMNS))
    scored = {measure.name: _scored(altered, measure) for measure in MEASURES}
    rows = [*_within(altered, scored, boot), *_overall(altered, scored, boot)]
    return pd.DataFrame(rows, columns=list(PREDICTOR_COLUMNS))


def weighted_auc(unchanged: NDArray, changed: NDArray) -> NDArray[np.float64]:
    """AUC of each row from weights by rank; ties count half, NaN without both outcomes."""
    wins = (unchanged * _below(changed)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(wins / (unchanged.sum(axis=1) * changed.sum(axis=1)))


def _below(weight: NDArray) -> NDArray[np.float64]:
    """Weight at lower ranks, with half of that at the same one."""
    return np.asarray(np.cumsum(weight, axis=1) - weight / 2)


def _scored(altered: Altered, measure: Measure) -> _Scored:
    masks = altered.masks
    known = masks[[each.name for each in MEASURES]].notna().all(axis=1).to_numpy()
    score = masks[measure.name].to_numpy(float)[known] * (1 if measure.rises else -1)
    rank = stats.rankdata(score, method="dense") - 1
    if rank.max(initial=0) >= _RANKS:
        rank = np.floor((stats.rankdata(score, method="average") - 1) * _RANKS / len(score)).astype(np.intp)
    place = masks["lesion"].to_numpy()[known] * _RANKS + rank.astype(np.intp)
    weight, same = masks["weight"].to_numpy()[known], masks[SAME].to_numpy()[known]
    shape = len(altered.lesions), _RANKS
    unchanged, changed = (
        np.bincount(place, weight * part, shape[0] * _RANKS).reshape(shape).astype(float) for part in (same, 1 - same)
    )
    return _Scored(unchanged, changed)


def _within(altered: Altered, scored: dict[str, _Scored], boot: PatientBootstrap) -> Iterator[dict[str, object]]:
    areas = {name: weighted_auc(each.unchanged, each.changed) for name, each in scored.items()}
    for first, second in _rows(scored):
        values = areas[first] - areas[second] if second else areas[first]
        found = mean_of_lesions(values, altered.patient, boot, share=False)
        if not found["n_lesions"]:
            found["note"] = "no lesion has masks of an unchanged and of a changed class"
        yield {"compared": WITHIN, "measure": first, "minus": second, **found}


def _overall(altered: Altered, scored: dict[str, _Scored], boot: PatientBootstrap) -> Iterator[dict[str, object]]:
    resampled = {name: _resampled(altered, each, boot) for name, each in scored.items()}
    some = next(iter(scored.values()))
    with_both = [_patients_with(altered, part) for part in (some.unchanged, some.changed)]
    lesions = int(np.count_nonzero((some.unchanged + some.changed).sum(axis=1)))
    who = {"n_lesions": lesions, "n_patients": len(np.union1d(*with_both))}
    for first, second in _rows(scored):
        where = {"compared": OVERALL, "measure": first, "minus": second, "level": boot.level, "method": METHOD, **who}
        if not all(map(len, with_both)):
            why = "no mask changes the class" if len(with_both[0]) else "every mask changes the class"
            yield {**where, "value": NAN, "low": NAN, "high": NAN, "note": f"{why}: there is nothing to predict"}
            continue
        values = resampled[first] - resampled[second] if second else resampled[first]
        (low, high), why = boot.interval(values[1:], min(map(len, with_both)))
        yield {**where, "value": float(values[0]), "low": low, "high": high, "note": why}


def _rows(scored: dict[str, _Scored]) -> Iterator[tuple[str, str]]:
    yield from ((name, "") for name in scored)
    yield from combinations(scored, 2)


def _resampled(altered: Altered, scored: _Scored, boot: PatientBootstrap) -> NDArray[np.float64]:
    """AUC over all masks, of the patients as they are and of each resample."""
    unchanged, changed = (_by_patient(altered, part) for part in (scored.unchanged, scored.changed))
    wins = unchanged @ _below(changed).T
    weights = np.vstack([np.ones(altered.patients), boot.weights])
    with np.errstate(invalid="ignore", divide="ignore"):
        pairs = (weights @ unchanged.sum(axis=1)) * (weights @ changed.sum(axis=1))
        return np.asarray(np.einsum("bp,bp->b", weights @ wins, weights) / pairs)


def _by_patient(altered: Altered, weight: NDArray) -> NDArray[np.float64]:
    total = np.zeros((altered.patients, weight.shape[1]))
    np.add.at(total, altered.patient, weight)
    return total


def _patients_with(altered: Altered, weight: NDArray) -> NDArray[np.intp]:
    return np.unique(altered.patient[weight.sum(axis=1) > 0])
