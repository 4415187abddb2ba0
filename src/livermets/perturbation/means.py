"""The mean over lesions, each counted once, with patients resampled whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livermets.stats.proportions import clopper_pearson_patients
from livermets.stats.resampling import MINIMUM_PATIENTS, PatientBootstrap, per_patient_sum
from livermets.stats.results import NAN

METHOD = "cluster-bootstrap"
COLUMNS = ("value", "low", "high", "level", "method", "n_lesions", "n_patients", "note")


def mean_of_lesions(
    values: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap, share: bool = True
) -> dict[str, object]:
    """The `COLUMNS` of the mean of one value per lesion (NaN: a lesion that has none, which is left out).

    A ``share`` that is 0 or 1 in every lesion is so in every resample too; its interval takes patients as trials.
    ``note`` says why a number or its interval is missing."""
    known = np.isfinite(values)
    numbers, who, patients = np.asarray(values, float)[known], patient[known], boot.weights.shape[1]
    count = per_patient_sum(np.ones(len(numbers)), who, patients)
    found = {"level": boot.level, "method": METHOD, "n_lesions": len(numbers), "n_patients": int((count > 0).sum())}
    if not len(numbers):
        return {"value": NAN, "low": NAN, "high": NAN, **found, "note": "no lesion has such a mask"}
    total, value = per_patient_sum(numbers, who, patients), float(numbers.mean())
    (low, high), why = boot.ratio(total, count)
    enough = np.count_nonzero(count) >= MINIMUM_PATIENTS
    if share and enough and numbers[0] in (0, 1) and (numbers == numbers[0]).all():
        (low, high), why = clopper_pearson_patients(total, count, boot.level), ""
        found["method"] = "clopper-pearson-patients"
    return {"value": value, "low": low, "high": high, **found, "note": why}
