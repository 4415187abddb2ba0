"""Curves of a score against the outcome: ROC and decision curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.stats.resampling import PatientBootstrap, per_patient_sum


def roc_table(score: NDArray, response: NDArray) -> pd.DataFrame:
    """Sensitivity and 1 - specificity at every score ("R+ if the score is at least the threshold"; scikit-learn)."""
    from sklearn.metrics import roc_curve

    false_positive, sensitivity, threshold = roc_curve(response, score, drop_intermediate=False)
    return pd.DataFrame({"threshold": threshold, "sensitivity": sensitivity, "one_minus_specificity": false_positive})


def decision_table(
    scores: Mapping[str, NDArray],
    response: NDArray,
    patient: NDArray[np.intp],
    thresholds: Sequence[float],
    boot: PatientBootstrap,
) -> pd.DataFrame:
    """Net benefit per lesion of treating those with a score of at least the threshold probability.

    Net benefit = (true positives - false positives x odds of the threshold) / lesions; beside it, treating all and
    none. Patient-bootstrap intervals. Vickers and Elkin, Med Decis Making 2006;26:565."""
    patients = boot.weights.shape[1]
    lesions = per_patient_sum(np.ones(len(response)), patient, patients)
    everyone: dict[str, NDArray] = {
        **scores,
        "treat all": np.ones(len(response)),
        "treat none": np.full(len(response), -1.0),
    }
    rows = []
    for strategy, score in everyone.items():
        for threshold in thresholds:
            treated = score >= threshold
            odds = threshold / (1 - threshold)
            benefit = treated & (response == 1), treated & (response == 0)
            numerator = per_patient_sum(benefit[0] - odds * benefit[1], patient, patients)
            (low, high), _ = boot.ratio(numerator, lesions)
            value = float(numerator.sum() / lesions.sum())
            rows.append((strategy, threshold, value, low, high, int(treated.sum())))
    columns = ["strategy", "threshold", "net_benefit", "low", "high", "n_treated"]
    lesions_and_patients = {"n_lesions": len(response), "n_patients": len(np.unique(patient))}
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(level=boot.level, method="cluster-bootstrap", **lesions_and_patients)
