"""Intraclass correlation: do two ratings of the same targets give the same values?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from livermets.config.statistics import IccKind
from livermets.stats.resampling import PatientBootstrap, per_patient_sum

REFERENCE = "Shrout and Fleiss, Psychol Bull 1979;86:420; McGraw and Wong, Psychol Methods 1996;1:30"
_NOTHING = 1e-14
"""Below this share of the variance a mean square is rounding."""


@dataclass(frozen=True)
class Icc:
    """Intraclass correlation of single ratings: 1 = the raters always give the same value, 0 = unrelated values.

    ICC(2,1) asks for equal values, ICC(3,1) allows each rater a constant shift."""

    value: float
    low: float
    high: float
    kind: str
    level: float
    n: int


def icc(ratings: NDArray, kind: IccKind = "ICC(2,1)", level: float = 0.95) -> Icc:
    """ICC of (targets, raters) without missing values, with Shrout and Fleiss's F interval (targets independent).

    NaN if the targets do not differ. Needs two targets and two raters."""
    n, k = ratings.shape
    row, column, error = _mean_squares(ratings)
    if row + error <= _NOTHING * np.var(ratings):
        return Icc(np.nan, np.nan, np.nan, kind, level, n)
    value = float(_icc_from(row, column, error, n, k, kind))
    if error <= _NOTHING * row:
        return Icc(value, np.nan, np.nan, kind, level, n)
    with np.errstate(invalid="ignore", divide="ignore"):
        low, high = _f_interval(row, column, error, n, k, value, kind, level)
    return Icc(value, float(low), float(high), kind, level, n)


def _mean_squares(ratings: NDArray) -> tuple[float, float, float]:
    """Mean squares between targets, between raters, and residual."""
    n, k = ratings.shape
    grand = ratings.mean()
    row = k * np.sum((ratings.mean(axis=1) - grand) ** 2)
    column = n * np.sum((ratings.mean(axis=0) - grand) ** 2)
    residual = ratings - ratings.mean(axis=1, keepdims=True) - ratings.mean(axis=0) + grand
    return row / (n - 1), column / (k - 1), np.sum(residual**2) / ((n - 1) * (k - 1))


def _icc_from(row, column, error, n, k: int, kind: IccKind):  # type: ignore[no-untyped-def]
    """Works on numbers and on arrays of resamples."""
    shift = k * (column - error) / n if kind == "ICC(2,1)" else 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        return (row - error) / (row + (k - 1) * error + shift)


def _f_interval(
    row: float, column: float, error: float, n: int, k: int, value: float, kind: IccKind, level: float
) -> tuple[float, float]:
    tail = 0.5 + level / 2
    if kind == "ICC(3,1)":
        inner = (n - 1) * (k - 1)
        low = row / error / stats.f.ppf(tail, n - 1, inner)
        high = row / error * stats.f.ppf(tail, inner, n - 1)
        return (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)
    rater = column / error
    part = n * (1 + (k - 1) * value) - k * value
    freedom = (k - 1) * (n - 1) * (k * value * rater + part) ** 2 / ((n - 1) * (k * value * rater) ** 2 + part**2)
    f_low, f_high = stats.f.ppf(tail, n - 1, freedom), stats.f.ppf(tail, freedom, n - 1)
    spread = k * column + (k * n - k - n) * error
    low = n * (row - f_low * error) / (f_low * spread + n * row)
    high = n * (f_high * row - error) / (spread + n * f_high * row)
    return low, high


def bootstrap_icc(pair: NDArray, patient: NDArray, boot: PatientBootstrap, kind: IccKind) -> NDArray:
    """ICC in every resample of patients, from each patient's sums (only they are needed for two raters)."""
    x, y = ((pair - pair.mean()) / pair.std()).T  # the ICC does not change; sums of squares lose no digits
    patients = boot.weights.shape[1]
    sums = [per_patient_sum(part, patient, patients) for part in (np.ones(len(x)), x, y, x * x, y * y, x * y)]
    n, sx, sy, sxx, syy, sxy = (boot.weights @ part for part in sums)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = sxx + syy - (sx + sy) ** 2 / (2 * n)
        row = (sxx + syy + 2 * sxy) / 2 - (sx + sy) ** 2 / (2 * n)
        column = (sx - sy) ** 2 / (2 * n)
        return _icc_from(row / (n - 1), column, (total - row - column) / (n - 1), n, 2, kind)
