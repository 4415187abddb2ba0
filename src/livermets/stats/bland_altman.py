"""Bland and Altman's bias and limits of agreement, with several lesions per patient."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from livermets.stats.proportions import Interval
from livermets.stats.resampling import PatientBootstrap, per_patient_sum
from livermets.stats.results import Estimate

LIMITS_Z = float(stats.norm.ppf(0.975))
"""Limits of agreement hold 95 % of lesions, whatever the level of the intervals."""
TIE = 1e-9
"""Limits that differ by less do so by rounding."""
REFERENCE = "Bland and Altman, Stat Methods Med Res 1999;8:135, sections 3 and 5.3"
_ENDS = ("lower_limit", "upper_limit")
_Sums = tuple[NDArray, NDArray, NDArray]
"""Per patient: lesions, sum of the differences, sum of their squares."""


def agreement_limits(d: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap) -> list[Estimate]:
    """Bias (mean difference), 95 % limits of agreement, and the mean absolute difference; nothing of fewer than three
    differences, or if all are equal.

    The limits allow for several lesions per patient: bias +- 1.96 x root of the variance between patients plus that
    within them (one-way analysis of variance of the differences). Intervals: lesions independent, and by patient
    (bootstrap; of the limits, Zou's)."""
    if len(d) < 3 or np.ptp(d) == 0:
        return []
    patients, n = len(np.unique(patient)), len(d)
    sums = _sums(d, patient, boot.weights.shape[1])
    whole, resampled = _limits(np.ones((1, len(sums[0]))), *sums), _limits(boot.weights, *sums)
    bias = float(whole["bias"][0])
    common = Estimate("", bias, level=boot.level, n_lesions=n, n_patients=patients, reference=REFERENCE)
    reach = _reach_if_independent(d, boot.level)
    of_bias, _ = boot.interval(resampled["bias"], patients)
    estimates = []
    for measure, value in whole.items():
        one = replace(common, measure=measure, value=float(value[0]))
        if measure in reach:
            low, high = one.value - reach[measure], one.value + reach[measure]
            estimates.append(replace(one, low=low, high=high, method="bland-altman-1999"))
        (low, high), why = boot.interval(resampled[measure], patients)
        if measure in _ENDS and np.isfinite((low, high)).all():
            low, high = _mover(one.value, bias, of_bias, sums, boot.level)
            estimates.append(replace(one, low=low, high=high, method="cluster-mover", reference="", note=why))
        else:
            estimates.append(replace(one, low=low, high=high, method="cluster-bootstrap", note=why))
    return [*estimates, _mean_absolute(d, patient, sums[0], common, boot), _within(d, whole, common)]


@dataclass(frozen=True)
class Influential:
    """The difference without which the limits of agreement lie farthest from where they are, and what is left then."""

    index: int
    bias: float
    lower_limit: float
    upper_limit: float


def limits_without_each(d: NDArray, patient: NDArray[np.intp]) -> Influential | None:
    """Leaves out every difference in turn: the one that moves a limit farthest, the first of equals. None where fewer
    than three lesions of two patients would be left, or where no lesion moves a limit."""
    if not len(d) or np.ptp(d) == 0:
        return None
    patients = int(patient.max()) + 1

    def fitted(kept: NDArray[np.bool_]) -> dict[str, float]:
        sums = _sums(d[kept], patient[kept], patients)
        return {measure: float(value[0]) for measure, value in _limits(np.ones((1, patients)), *sums).items()}

    everything, best, farthest = np.ones(len(d), bool), None, 0.0
    whole = fitted(everything)
    for index in range(len(d)):
        kept = everything.copy()
        kept[index] = False
        if kept.sum() < 3 or len(np.unique(patient[kept])) < 2:
            continue
        without = fitted(kept)
        moved = max(abs(without[end] - whole[end]) for end in _ENDS)
        if moved > farthest + TIE:
            best = Influential(index, without["bias"], *(without[end] for end in _ENDS))
            farthest = moved
    return best


def _sums(d: NDArray, patient: NDArray[np.intp], patients: int) -> _Sums:
    count, total, square = (per_patient_sum(part, patient, patients) for part in (np.ones(len(d)), d, d * d))
    return count, total, square


def _limits(weights: NDArray, count: NDArray, total: NDArray, square: NDArray) -> dict[str, NDArray]:
    """Bias, standard deviations and limits for every row of weights of patients, from each patient's sums. A patient
    drawn twice is two patients."""
    has = count > 0
    w, n, s, q = weights[:, has], count[has], total[has], square[has]
    lesions, patients = w @ n, w.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (w @ s) / lesions
        between = (w @ (s**2 / n) - lesions * mean**2) / (patients - 1)
        within = (w @ (q - s**2 / n)) / (lesions - patients)
        typical = (lesions - (w @ n**2) / lesions) / (patients - 1)
        within = np.where(lesions > patients, within, 0.0)  # one lesion each: all variance is between patients
        variance = np.maximum((between - within) / typical, 0.0)
        reach = LIMITS_Z * np.sqrt(variance + within)
    return {
        "bias": mean,
        "lower_limit": mean - reach,
        "upper_limit": mean + reach,
        "sd_between_patients": np.sqrt(variance),
        "sd_within_patients": np.sqrt(within),
    }


def _reach_if_independent(d: NDArray, level: float) -> dict[str, float]:
    """Half the width of the intervals that take lesions as independent."""
    n, sd = len(d), float(d.std(ddof=1))
    student = float(stats.t.ppf(0.5 + level / 2, n - 1))
    of_limit = student * sd * math.sqrt(1 / n + LIMITS_Z**2 / (2 * (n - 1)))
    return {"bias": student * sd / math.sqrt(n), **dict.fromkeys(_ENDS, of_limit)}


def _mean_absolute(
    d: NDArray, patient: NDArray[np.intp], count: NDArray, common: Estimate, boot: PatientBootstrap
) -> Estimate:
    absolute = per_patient_sum(np.abs(d), patient, boot.weights.shape[1])
    (low, high), why = boot.ratio(absolute, count)
    return replace(
        common,
        measure="mean_absolute_difference",
        value=float(np.abs(d).mean()),
        low=low,
        high=high,
        method="cluster-bootstrap",
        reference="",
        note=why,
    )


def _within(d: NDArray, whole: dict[str, NDArray], common: Estimate) -> Estimate:
    """How many differences lie within the limits."""
    inside, n = int(((d >= whole["lower_limit"][0]) & (d <= whole["upper_limit"][0])).sum()), len(d)
    return replace(common, measure="within_limits", value=inside / n, method="count", k=inside, n=n, note="a count")


def _mover(limit: float, bias: float, of_bias: Interval, sums: _Sums, level: float) -> Interval:
    """Interval of a limit of agreement from that of the bias and that of the total variance (method of variance
    estimates recovery). Zou, Stat Methods Med Res 2013;22:630; resampling patients is too narrow for few of them."""
    reach, (low, high) = abs(limit - bias), _variance_factors(sums, level)
    shorter, longer = reach * (1 - math.sqrt(low)), reach * (math.sqrt(high) - 1)
    below, above = bias - of_bias[0], of_bias[1] - bias
    inward, outward = (shorter, longer) if limit > bias else (longer, shorter)
    return limit - math.hypot(below, inward), limit + math.hypot(above, outward)


def _variance_factors(sums: _Sums, level: float) -> Interval:
    """Ends of the interval of the total variance as factors of it: variance of the patients' means plus (1 - 1/h) times
    that within patients, h the harmonic mean of lesions per patient (Burdick and Graybill)."""
    count, total, square = (part[sums[0] > 0] for part in sums)
    patients, lesions = len(count), count.sum()
    parts = [(float(np.var(total / count, ddof=1)), patients - 1)]
    if lesions > patients:
        within = float((square - total**2 / count).sum() / (lesions - patients))
        parts.append((float(1 - np.mean(1 / count)) * within, int(lesions - patients)))
    whole = sum(value for value, _ in parts)
    tail = (1 - level) / 2
    down = math.hypot(*(value * (1 - f / stats.chi2.ppf(1 - tail, f)) for value, f in parts))
    up = math.hypot(*(value * (f / stats.chi2.ppf(tail, f) - 1) for value, f in parts))
    return max(1 - down / whole, 0.0), 1 + up / whole
