"""The continuous answer: how far does the share of R+ ROIs move when the automatic mask replaces the reader's?"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from livermets.concordance.strata import dice_stratum, with_size
from livermets.config.statistics import StatisticsSettings
from livermets.masks.identity import LESION_KEY
from livermets.masks.lesion_table import patient_numbers
from livermets.stats.resampling import PatientBootstrap, per_patient_sum
from livermets.stats.results import NAN, Estimate

LIMITS_Z = float(stats.norm.ppf(0.975))
"""Limits of agreement hold 95 % of lesions, whatever the level of the intervals."""
TIE = 1e-9
"""Limits that differ by less do so by rounding."""
REFERENCE = "Bland and Altman, Stat Methods Med Res 1999;8:135, sections 3 and 5.3"
DIFFERENCE_COLUMNS = (
    *LESION_KEY, "response", "longest_diameter_mm", "size", "dice", "n_roi_manual", "n_roi_automatic", "share_manual",
    "share_automatic", "mean_share", "difference", "absolute_difference", "agree", "patient",
)  # fmt: skip
WITHOUT_ONE_COLUMNS = (*LESION_KEY, "n_roi_manual", "n_roi_automatic", "share_manual", "share_automatic", "difference")
LIMITS = ("bias", "lower_limit", "upper_limit")
ALL_SIZES = "any size"


def share_differences(lesions: pd.DataFrame, settings: StatisticsSettings) -> pd.DataFrame:
    """One row per detected lesion with a share from both masks: ``difference`` is automatic minus manual."""
    if not {"share_manual", "share_automatic"} <= set(lesions):
        return pd.DataFrame(columns=list(DIFFERENCE_COLUMNS))
    both = lesions["share_manual"].notna() & lesions["share_automatic"].notna()
    used = with_size(lesions[both & (lesions["automatic_fate"] != "undetected")], settings)
    difference = used["share_automatic"] - used["share_manual"]
    used = used.assign(
        mean_share=(used["share_automatic"] + used["share_manual"]) / 2, difference=difference,
        absolute_difference=difference.abs(),
    )  # fmt: skip
    return used[[column for column in DIFFERENCE_COLUMNS if column in used]].reset_index(drop=True)


def share_agreement(differences: pd.DataFrame, boot: PatientBootstrap) -> list[Estimate]:
    """Bias (mean difference), 95 % limits of agreement, and the mean absolute difference.

    The limits allow for several lesions per patient: bias +- 1.96 x root of the variance between patients plus that
    within them (one-way analysis of variance of the differences). Shares lie between 0 and 1, so differences are small
    where both shares are near an end and can be large only in the middle: symmetric limits of constant width are too
    wide at the ends and too narrow in the middle. Intervals: lesions independent, and by patient (bootstrap; of the
    limits, Zou's)."""
    d, patient = differences["difference"].to_numpy(float), differences["patient"].to_numpy(np.intp)
    if len(d) < 3 or np.ptp(d) == 0:
        return []
    sums = _sums(d, patient, boot.weights.shape[1])
    whole, resampled = _limits(np.ones((1, len(sums[0]))), *sums), _limits(boot.weights, *sums)
    n, sd, student = len(d), float(d.std(ddof=1)), _t(boot.level, len(d))
    reach = {
        "bias": student * sd / math.sqrt(n),
        **dict.fromkeys(("lower_limit", "upper_limit"), student * sd * math.sqrt(1 / n + LIMITS_Z**2 / (2 * (n - 1)))),
    }
    estimates = []
    for measure, value in whole.items():
        centre = float(value[0])
        if measure in reach:
            low, high = centre - reach[measure], centre + reach[measure]
            estimates.append(_estimate(measure, centre, (low, high), "", "bland-altman-1999", n, patient, boot))
        interval, why = boot.interval(resampled[measure], len(np.unique(patient)))
        method = "cluster-bootstrap"
        if measure.endswith("limit") and np.isfinite(interval).all():
            of_bias, _ = boot.interval(resampled["bias"], len(np.unique(patient)))
            interval, method = _mover(centre, float(whole["bias"][0]), of_bias, sums, boot.level), "cluster-mover"
        estimates.append(_estimate(measure, centre, interval, why, method, n, patient, boot))
    absolute = per_patient_sum(np.abs(d), patient, boot.weights.shape[1])
    interval, why = boot.ratio(absolute, sums[0])
    mean = float(np.abs(d).mean())
    estimates.append(_estimate("mean_absolute_difference", mean, interval, why, "cluster-bootstrap", n, patient, boot))
    inside = int(((d >= whole["lower_limit"][0]) & (d <= whole["upper_limit"][0])).sum())
    counted = _estimate("within_limits", inside / n, (NAN, NAN), "a count", "count", n, patient, boot)
    return [*estimates, Estimate(**{**vars(counted), "k": inside, "n": n})]


def limits_without_one(differences: pd.DataFrame) -> pd.DataFrame:
    """The lesion without which the limits of agreement lie farthest from where they are (the first of equals), and bias
    and limits without it: leaves out every lesion of `share_differences` in turn.

    No row where fewer than three lesions of two patients would be left, or where no lesion moves a limit."""
    d, patient = differences["difference"].to_numpy(float), patient_numbers(differences)
    shown = [column for column in WITHOUT_ONE_COLUMNS if column in differences]
    none = pd.DataFrame(columns=[*shown, *LIMITS])
    if not len(d) or np.ptp(d) == 0:
        return none

    def fitted(kept: NDArray[np.bool_]) -> dict[str, float]:
        sums = _sums(d[kept], patient[kept], int(patient.max()) + 1)
        return {measure: float(value[0]) for measure, value in _limits(np.ones((1, len(sums[0]))), *sums).items()}

    best, farthest = none, 0.0
    whole = fitted(np.ones(len(d), bool))
    for index in range(len(d)):
        kept = np.arange(len(d)) != index
        if kept.sum() < 3 or len(np.unique(patient[kept])) < 2:
            continue
        without = fitted(kept)
        moved = max(abs(without[end] - whole[end]) for end in ("lower_limit", "upper_limit"))
        if moved > farthest + TIE:
            row = differences.iloc[[index]][shown].reset_index(drop=True)
            best, farthest = row.assign(**{measure: without[measure] for measure in LIMITS}), moved
    return best


def _sums(d: NDArray, patient: NDArray[np.intp], patients: int) -> tuple[NDArray, NDArray, NDArray]:
    return tuple(per_patient_sum(part, patient, patients) for part in (np.ones(len(d)), d, d * d))  # type: ignore[return-value]


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
        "bias": mean, "lower_limit": mean - reach, "upper_limit": mean + reach,
        "sd_between_patients": np.sqrt(variance), "sd_within_patients": np.sqrt(within),
    }  # fmt: skip


def _mover(
    limit: float, bias: float, of_bias: tuple[float, float], sums: tuple[NDArray, NDArray, NDArray], level: float
) -> tuple[float, float]:
    """Interval of a limit of agreement from that of the bias and that of the total variance (method of variance
    estimates recovery). Zou, Stat Methods Med Res 2013;22:630; resampling patients is too narrow for few of them."""
    reach, (low, high) = abs(limit - bias), _variance_factors(sums, level)
    shorter, longer = reach * (1 - math.sqrt(low)), reach * (math.sqrt(high) - 1)
    below, above = bias - of_bias[0], of_bias[1] - bias
    inward, outward = (shorter, longer) if limit > bias else (longer, shorter)
    return limit - math.hypot(below, inward), limit + math.hypot(above, outward)


def _variance_factors(sums: tuple[NDArray, NDArray, NDArray], level: float) -> tuple[float, float]:
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


def _t(level: float, n: int) -> float:
    return float(stats.t.ppf(0.5 + level / 2, n - 1))


def _estimate(
    measure: str,
    value: float,
    interval: tuple[float, float],
    why: str,
    method: str,
    n: int,
    patient: NDArray,
    boot: PatientBootstrap,
) -> Estimate:
    return Estimate(
        measure, value, *interval, boot.level, method, n_lesions=n, n_patients=len(np.unique(patient)), note=why,
        reference="" if method == "cluster-mover" or measure == "mean_absolute_difference" else REFERENCE,
    )  # fmt: skip


def share_by_dice(differences: pd.DataFrame, settings: StatisticsSettings) -> pd.DataFrame:
    """Median, quartiles and largest absolute difference by Dice stratum, of lesions of any size and by size; strata
    as in `strata`, those without lesions included."""
    edges = [0.0, *settings.dice_cuts, 1.0]
    placed = differences[differences["dice"].notna()]
    stratum = dice_stratum(placed["dice"].to_numpy(float), settings.dice_cuts)
    sizes = [ALL_SIZES, *sorted(placed["size"].dropna().unique())] if "size" in placed else [ALL_SIZES]
    rows = []
    for size in sizes:
        of_size = np.ones(len(placed), bool) if size == ALL_SIZES else (placed["size"] == size).to_numpy()
        for index, (low, high) in enumerate(itertools.pairwise(edges)):
            part = placed[(stratum == index) & of_size]
            values = part["absolute_difference"].to_numpy(float)
            quartiles = np.quantile(values, [0.25, 0.5, 0.75]) if len(values) else [NAN] * 3
            largest = float(values.max()) if len(values) else NAN
            rows.append((size, low, high, len(part), part["patient"].nunique(), *quartiles, largest))
    columns = ["size", "dice_low", "dice_high", "n_lesions", "n_patients", "q1", "median", "q3", "largest"]
    return pd.DataFrame(rows, columns=columns)
