"""From a lesion's share of R+ ROIs to its probability of response, learnt on training lesions that were held out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from livermets.stats.calibration import inner_logit, logistic_recalibration
from livermets.stats.results import Estimate

MARGIN = 0.01
"""Scores of 0 and 1 are moved this far inside before their logit is taken."""


@dataclass(frozen=True)
class Recalibration:
    """log odds of response = intercept + slope x log odds of the score. Cox, Biometrika 1958;45:562."""

    intercept: float
    slope: float
    n_lesions: int
    n_patients: int
    margin: float = MARGIN

    def probability(self, score: NDArray) -> NDArray[np.float64]:
        """Probability of response; NaN stays NaN."""
        return np.asarray(expit(self.intercept + self.slope * inner_logit(score, self.margin)), dtype=np.float64)


def fit_recalibration(predictions: pd.DataFrame, level: float) -> tuple[Recalibration | None, list[Estimate]]:
    """The recalibration and its two coefficients with intervals by patient.

    ``predictions``: our model's rows of the nested evaluation, where neither network nor selected features have seen
    the lesion's patient; scores of the search's own folds would be too good, since the search chose by them. None,
    with the reason in the estimates, where the scores do not rise with response."""
    patient = np.unique(predictions["patient"], return_inverse=True)[1].astype(np.intp)
    score, response = predictions["score"].to_numpy(float), predictions["response"].to_numpy(float)
    estimates = list(logistic_recalibration(score, response, patient, MARGIN, level))
    lesions = int(predictions["lesion"].nunique())
    # Repeats of the nested evaluation score a lesion several times; it is one lesion.
    slope, intercept = (replace(estimate, n_lesions=lesions) for estimate in estimates)
    if np.isnan(slope.value):
        return None, [slope, intercept]
    if slope.value <= 0:
        why = "no recalibration: the held-out training scores do not rise with response"
        return None, [replace(one, note=why) for one in (slope, intercept)]
    return Recalibration(intercept.value, slope.value, lesions, slope.n_patients), [slope, intercept]
