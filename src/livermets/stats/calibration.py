"""Does a score of 0.7 mean that seven of ten such lesions respond?"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from livermets.stats.proportions import clopper_pearson
from livermets.stats.resampling import PatientBootstrap, per_patient_sum
from livermets.stats.results import NAN, REFERENCES, Estimate


def calibration_curve(score: NDArray, response: NDArray, bins: int, level: float) -> pd.DataFrame:
    """Observed share of R+ against the mean score in groups of about equal size, with Clopper-Pearson intervals.

    Equal scores stay in one group, so there may be fewer groups than asked for."""
    inner = np.unique(np.quantile(score, np.linspace(0, 1, bins + 1)[1:-1]))
    group = np.searchsorted(inner, score, side="left")
    rows: list[tuple[float, ...]] = []
    for index in np.unique(group):
        inside = group == index
        k, n = int(response[inside].sum()), int(inside.sum())
        low, high = clopper_pearson(k, n, level)
        rows.append((len(rows) + 1, n, k, float(score[inside].mean()), k / n, low, high))
    frame = pd.DataFrame(rows, columns=["bin", "n", "k", "mean_score", "observed", "low", "high"])
    return frame.assign(level=level, method="clopper-pearson")


def calibration_estimates(
    score: NDArray, response: NDArray, patient: NDArray[np.intp], margin: float, boot: PatientBootstrap
) -> list[Estimate]:
    """Calibration slope (1 is right, below 1 too extreme), calibration-in-the-large (0 is right, above 0 too
    pessimistic) and Brier score (0 is perfect, 0.25 a coin), with intervals that allow for clustering by patient.

    Cox's logistic recalibration; ``margin`` keeps scores of 0 and 1 off the infinite logit. Brier 1950; Cox 1958."""
    logit = inner_logit(score, margin)
    clusters = len(np.unique(patient))
    common: dict[str, Any] = {"level": boot.level, "n_lesions": len(score), "n_patients": clusters}
    error = (score - response) ** 2
    patients = boot.weights.shape[1]
    ones = per_patient_sum(np.ones(len(score)), patient, patients)
    (low, high), why = boot.ratio(per_patient_sum(error, patient, patients), ones)
    brier = Estimate("brier", float(error.mean()), low, high, method="cluster-bootstrap", note=why, **common)
    slope, _ = logistic_recalibration(score, response, patient, margin, boot.level)
    (in_the_large,) = _logistic(
        ("calibration_in_the_large",), response, np.ones((len(logit), 1)), logit, patient, common
    )
    return [slope, in_the_large, brier]


def logistic_recalibration(
    score: NDArray, response: NDArray, patient: NDArray[np.intp], margin: float, level: float
) -> tuple[Estimate, Estimate]:
    """Slope and intercept of the outcome's log odds on those of a score; NaN with the reason where there are none.

    Standard errors: sandwich over patients times G / (G - 1) x (N - 1) / (N - K) for G patients, N lesions and K
    coefficients (CR1), and Student's t with G - 1 degrees of freedom: Cameron and Miller, J Hum Resour 2015;50:317.
    With fewer than about 20 patients these intervals are still somewhat too narrow."""
    logit = inner_logit(score, margin)
    common: dict[str, Any] = {"level": level, "n_lesions": len(score), "n_patients": len(np.unique(patient))}
    design = np.column_stack([logit, np.ones_like(logit)])
    slope, intercept = _logistic(
        ("calibration_slope", "calibration_intercept"), response, design, None, patient, common
    )
    return slope, intercept


def inner_logit(score: NDArray, margin: float) -> NDArray[np.float64]:
    """Log odds of a score, with scores of 0 and 1 moved ``margin`` inside."""
    inside = np.clip(score, margin, 1 - margin)
    return np.asarray(np.log(inside / (1 - inside)), dtype=np.float64)


def _logistic(
    measures: tuple[str, ...],
    response: NDArray,
    design: NDArray,
    offset: NDArray | None,
    patient: NDArray[np.intp],
    common: dict[str, Any],
) -> list[Estimate]:
    """The coefficients of a logistic regression, sandwich errors by patient, t with patients - 1."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.tools.sm_exceptions import PerfectSeparationError, PerfectSeparationWarning

    def missing(why: str) -> list[Estimate]:
        return [Estimate(measure, NAN, method="cluster-sandwich", note=why, **common) for measure in measures]

    clusters = int(common["n_patients"])
    if len(np.unique(response)) < 2:
        return missing("only one outcome class")
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return missing("the score is the same for every lesion")
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error", PerfectSeparationWarning)
            model = GLM(response, design, family=Binomial(), offset=offset)
            errors = {"cov_type": "cluster", "cov_kwds": {"groups": patient}} if clusters > 1 else {}
            result = model.fit(**errors)
    except (PerfectSeparationError, PerfectSeparationWarning):
        return missing("the score separates the classes completely, so the slope has no finite value")
    return [
        _coefficient(measure, float(value), float(error), clusters, common)
        for measure, value, error in zip(measures, result.params, result.bse, strict=True)
    ]


def _coefficient(measure: str, value: float, error: float, clusters: int, common: dict[str, Any]) -> Estimate:
    if clusters < 2 or not math.isfinite(error):
        return Estimate(measure, value, method="cluster-sandwich", note="one patient only", **common)
    reach = float(stats.t.ppf(0.5 + float(common["level"]) / 2, clusters - 1)) * error
    reference = f"Cox, Biometrika 1958;45:562; {REFERENCES['cluster-sandwich']}"
    ends = value - reach, value + reach
    return Estimate(measure, value, *ends, method="cluster-sandwich", reference=reference, **common)
