"""Median, quartiles and mean of values of which several come from one patient, with intervals by patient."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livermets.stats.proportions import Interval
from livermets.stats.resampling import PatientBootstrap, per_patient_sum
from livermets.stats.results import NAN

METHOD = "cluster-bootstrap"
SPREAD_COLUMNS = (
    "n",
    "n_patients",
    "median",
    "median_low",
    "median_high",
    "q1",
    "q3",
    "mean",
    "mean_low",
    "mean_high",
    "level",
    "method",
    "note",
)
_RESAMPLES_AT_ONCE = 256
"""Resamples whose weights are held in memory together."""


def clustered_spread(values: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap) -> dict[str, object]:
    """The `SPREAD_COLUMNS` of some values (NaN: not defined, left out); patients are resampled whole. ``note`` says why
    an interval is missing."""
    defined = np.isfinite(values)
    values, patient = np.asarray(values, float)[defined], patient[defined]
    n_patients = len(np.unique(patient))
    found: dict[str, object] = dict.fromkeys(SPREAD_COLUMNS, NAN)
    found |= {"n": len(values), "n_patients": n_patients, "level": boot.level, "method": METHOD, "note": "no value"}
    if not len(values):
        return found
    q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75]).tolist()
    (median_low, median_high), why_median = boot.interval(resampled_medians(values, patient, boot), n_patients)
    (mean_low, mean_high), why_mean = clustered_mean(values, patient, boot)
    reasons = [f"{name}: {why}" for name, why in (("median", why_median), ("mean", why_mean)) if why]
    return found | {
        "median": median,
        "median_low": median_low,
        "median_high": median_high,
        "q1": q1,
        "q3": q3,
        "mean": float(values.mean()),
        "mean_low": mean_low,
        "mean_high": mean_high,
        "note": why_mean if why_mean == why_median else "; ".join(reasons),
    }


def clustered_mean(values: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap) -> tuple[Interval, str]:
    """The interval of the mean over all values, patients resampled whole, and why it is missing, if so."""
    patients = boot.weights.shape[1]
    sums = per_patient_sum(values, patient, patients)
    return boot.ratio(sums, per_patient_sum(np.ones(len(values)), patient, patients))


def resampled_medians(values: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap) -> NDArray[np.float64]:
    """The median of the values in every resample of patients; NaN where a resample holds none."""
    order = np.argsort(values, kind="stable")
    ordered, patient = np.asarray(values, float)[order], patient[order]
    medians = []
    for start in range(0, len(boot.weights), _RESAMPLES_AT_ONCE):
        # How many values of a resample lie up to each place: a patient drawn twice counts twice.
        reached = np.cumsum(boot.weights[start : start + _RESAMPLES_AT_ONCE][:, patient], axis=1)
        total = reached[:, -1:]
        # The two middle ones, which are one and the same where their number is odd.
        places = [(reached <= np.floor((total - shift) / 2)).sum(axis=1) for shift in (1, 0)]
        middle = np.mean([ordered[np.minimum(place, len(ordered) - 1)] for place in places], axis=0)
        medians.append(np.where(total[:, 0] > 0, middle, np.nan))
    return np.concatenate(medians) if medians else np.empty(0)
