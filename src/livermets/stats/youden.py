"""The threshold that best separates responders on the training lesions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from livermets.errors import input_error
from livermets.randomness import generator
from livermets.stats.resampling import PatientBootstrap, per_patient_sum

RULE = (
    "R+ if the score is at least the threshold; candidates lie halfway between neighbouring scores; "
    "among equal Youden indices the one with sensitivity and specificity closest, then the lowest"
)
_CHUNK = 200


@dataclass(frozen=True)
class YoudenThreshold:
    """The score from which a lesion is called R+, chosen for the largest sensitivity + specificity - 1."""

    threshold: float
    low: float
    high: float
    """Patient-bootstrap interval of the threshold (NaN when it cannot be computed)."""
    level: float
    sensitivity: float
    specificity: float
    youden: float
    """Sensitivity + specificity - 1 at the threshold, on the lesions it was chosen from (optimistic)."""
    ties: int
    """Candidates that reach the same Youden index, the chosen one included."""
    n_lesions: int
    n_patients: int
    rule: str = RULE
    note: str = ""


def youden_threshold(
    score: ArrayLike,
    response: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    level: float = 0.95,
    replicates: int = 1000,
    seed: int = 0,
) -> YoudenThreshold:
    """The Youden threshold of ``score`` for ``response`` (1 = R+), with an interval from resampling ``groups``
    (patients; without them every lesion counts as its own).

    If every score is the same, that score is the threshold (every lesion is R+, Youden 0) and ``note`` says so. Raises
    `InputError` for one class only and for missing scores. Youden, Cancer 1950;3:32."""
    values, outcome = np.asarray(score, float), np.asarray(response, float)
    patient = _codes(np.arange(len(values)) if groups is None else np.asarray(groups))
    _check(values, outcome)
    patients = int(patient.max()) + 1
    distinct, place = np.unique(values, return_inverse=True)
    if len(distinct) == 1:
        note = "every lesion has the same score"
        one = float(distinct[0])
        return YoudenThreshold(one, np.nan, np.nan, level, 1.0, 0.0, 0.0, 1, len(values), patients, note=note)
    candidates = _halfway(distinct[:-1], distinct[1:])
    calls = values[:, None] >= candidates
    hit, spared = _per_patient(calls, outcome == 1, patient), _per_patient(~calls, outcome == 0, patient)
    positives = per_patient_sum(outcome == 1, patient, patients)
    negatives = per_patient_sum(outcome == 0, patient, patients)
    sensitivity, specificity = hit.sum(0) / positives.sum(), spared.sum(0) / negatives.sum()
    best = int(_best(sensitivity[None], specificity[None])[0])
    index = sensitivity + specificity - 1
    boot = PatientBootstrap.draw(patients, replicates, level, generator(seed, "youden threshold"))
    holders = np.zeros((patients, len(distinct)))
    np.add.at(holders, (patient, place), 1)
    resampled = _resampled(boot.weights, hit, spared, positives, negatives, distinct, holders)
    (low, high), why = boot.interval(resampled, patients)
    return YoudenThreshold(
        threshold=float(candidates[best]),
        low=low,
        high=high,
        level=level,
        sensitivity=float(sensitivity[best]),
        specificity=float(specificity[best]),
        youden=float(index[best]),
        ties=int(np.isclose(index, index[best]).sum()),
        n_lesions=len(values),
        n_patients=patients,
        note=why,
    )


def _check(score: NDArray, response: NDArray) -> None:
    where = "Youden threshold"
    if not np.isfinite(score).all():
        raise input_error(where, "a lesion has no score", "Leave lesions without a score out beforehand")
    if not np.isin(response, [0, 1]).all():
        raise input_error(where, "the outcome must be 0 or 1", "Leave lesions without outcome out beforehand")
    if len(np.unique(response)) < 2:
        what = "all lesions have the same outcome, so no threshold separates R+ from R-"
        raise input_error(where, what, "Train on lesions of both classes")


def _codes(groups: NDArray) -> NDArray[np.intp]:
    return np.unique(groups, return_inverse=True)[1].astype(np.intp)


def _per_patient(calls: NDArray[np.bool_], among: NDArray[np.bool_], patient: NDArray[np.intp]) -> NDArray:
    counts = np.zeros((int(patient.max()) + 1, calls.shape[1]))
    np.add.at(counts, patient, calls & among[:, None])
    return counts


def _best(sensitivity: NDArray, specificity: NDArray) -> NDArray[np.intp]:
    """Column of the best candidate per row; NaN rows give column 0."""
    index = sensitivity + specificity
    tied = np.isclose(index, np.nanmax(index, axis=1, keepdims=True), rtol=0, atol=1e-9)
    imbalance = np.where(tied, np.round(np.abs(sensitivity - specificity), 9), np.inf)
    return np.argmin(imbalance, axis=1)


def _halfway(lower: NDArray, upper: NDArray) -> NDArray:
    """Cut points between neighbouring scores."""
    middle = (lower + upper) / 2
    # Rounding can put the midpoint of two adjacent floats onto the lower one, which would then be called R+.
    return np.where(middle <= lower, upper, middle)


def _resampled(
    weights: NDArray,
    hit: NDArray,
    spared: NDArray,
    positives: NDArray,
    negatives: NDArray,
    distinct: NDArray,
    holders: NDArray,
) -> NDArray:
    """The threshold of every resample, found among its own scores (``holders``: how often each patient has each)."""
    thresholds = np.full(len(weights), np.nan)
    for start in range(0, len(weights), _CHUNK):  # bounds the memory of replicates x candidates
        part = weights[start : start + _CHUNK]
        m, n = part @ positives, part @ negatives
        usable = (m > 0) & (n > 0)
        part, m, n = part[usable], m[usable], n[usable]
        if len(part):
            rates = (part @ hit) / m[:, None], (part @ spared) / n[:, None]
            thresholds[start : start + _CHUNK][usable] = _best_cuts(*rates, distinct, part @ holders > 0)
    return thresholds


def _best_cuts(sensitivity: NDArray, specificity: NDArray, distinct: NDArray, present: NDArray[np.bool_]) -> NDArray:
    """Of every resample the best cut point, halfway between neighbours among the scores that are present in it."""
    lower, upper = _neighbours(present)
    between = (lower >= 0) & (upper < len(distinct))
    best = _best(np.where(between, sensitivity, -np.inf), specificity)
    row = np.arange(len(present))
    below, above = distinct[np.maximum(lower[row, best], 0)], distinct[np.minimum(upper[row, best], len(distinct) - 1)]
    only = distinct[present.argmax(axis=1)]
    return np.where(between.any(axis=1), _halfway(below, above), only)  # one score throughout is the threshold


def _neighbours(present: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For the cut above each score but the last: the nearest present score at or below it (-1: none), and the nearest
    above it (the number of scores: none)."""
    scores = present.shape[1]
    number = np.arange(scores)
    lower = np.maximum.accumulate(np.where(present, number, -1), axis=1)[:, :-1]
    upper = np.minimum.accumulate(np.where(present, number, scores)[:, ::-1], axis=1)[:, ::-1][:, 1:]
    return lower, upper
