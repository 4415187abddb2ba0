"""The mean over lesions, each counted once, with patients resampled whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livermets.stats.proportions import clopper_pearson
from livermets.stats.resampling import MINIMUM_PATIENTS, PatientBootstrap, per_patient_sum
from livermets.stats.results import NAN

METHOD = "cluster-bootstrap"
COLUMNS = ("value", "low", "high", "level", "method", "n_lesions", "n_patients", "note")


def mean_of_lesions(
    values: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap, share: bool = True
) -> dict[str, object]:
    """The `COLUMNS` of the mean of one value per lesion (NaN: a lesion that has none, which is left out).

    A ``share`` that is 0 (or 1) in all but one or two patients, or in all, takes patients as trials for its interval:
    resamples say next to nothing of it. ``note`` says why a number or its interval is missing."""
    known = np.isfinite(values)
    numbers, who, patients = np.asarray(values, float)[known], patient[known], boot.weights.shape[1]
    count = per_patient_sum(np.ones(len(numbers)), who, patients)
    n_patients = int((count > 0).sum())
    found = {"level": boot.level, "method": METHOD, "n_lesions": len(numbers), "n_patients": n_patients}
    if not len(numbers):
        return {"value": NAN, "low": NAN, "high": NAN, **found, "note": "no lesion has such a mask"}
    total, value = per_patient_sum(numbers, who, patients), float(numbers.mean())
    (low, high), why = boot.ratio(total, count)
    if share and n_patients >= MINIMUM_PATIENTS and _away_from_end(total, count, value) < MINIMUM_PATIENTS:
        (low, high), why = clopper_pearson(value * n_patients, n_patients, boot.level), ""
        found["method"] = "clopper-pearson-patients"
    return {"value": value, "low": low, "high": high, **found, "note": why}


def _away_from_end(total: NDArray, count: NDArray, value: float) -> int:
    """Patients with a lesion whose share is not that of 0 and 1 which the mean is nearer to."""
    return int(np.count_nonzero((count - total if value >= 0.5 else total) > 1e-12))
