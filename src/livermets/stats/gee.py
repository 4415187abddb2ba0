"""Logistic regression of the lesions of patients: generalised estimating equations, and Firth's penalised likelihood.

Both with Mancl and DeRouen's covariance, which takes account of several lesions per patient: the plain sandwich is too
small for few patients. Biometrics 2001;57:126."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livermets.stats.firth import firth_logistic


@dataclass(frozen=True, eq=False)
class LogisticFit:
    """Coefficients of the columns of a design, and what they say of every lesion."""

    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]
    fitted: NDArray[np.float64]
    """Probability of every lesion."""
    correlation: float = math.nan
    """Working correlation between two lesions of a patient (exchangeable only)."""


def gee_logistic(design: NDArray, response: NDArray, patient: NDArray, correlation: str) -> LogisticFit | None:
    """Generalised estimating equations with an ``exchangeable`` or no (``independence``) working correlation; None if
    they do not converge. Liang and Zeger, Biometrika 1986;73:13."""
    from statsmodels.genmod.cov_struct import Exchangeable, Independence
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_estimating_equations import GEE
    from statsmodels.tools.sm_exceptions import ModelWarning, PerfectSeparationError

    structure = Exchangeable() if correlation == "exchangeable" else Independence()
    model = GEE(response, design, groups=patient, cov_struct=structure, family=Binomial())
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            # Trouble is recognised from the result below and told as a reason, not as a library's warning.
            warnings.simplefilter("ignore", category=ModelWarning)
            warnings.simplefilter("ignore", category=RuntimeWarning)
            result = model.fit(maxiter=200, cov_type="bias_reduced")
            fitted = np.asarray(result.fittedvalues)
    except (PerfectSeparationError, np.linalg.LinAlgError, ValueError):
        return None
    covariance = np.asarray(result.cov_params())
    if not result.converged or not np.isfinite(covariance).all() or np.diag(covariance).min() <= 0:
        return None
    inner = float(structure.dep_params) if correlation == "exchangeable" else math.nan
    return LogisticFit(np.asarray(result.params), covariance, fitted, inner)


def firth_with_patients(design: NDArray, response: NDArray, patient: NDArray) -> LogisticFit | None:
    """Firth's coefficients; None if they do not converge, or one patient's lesions decide everything."""
    coefficients = firth_logistic(design, response)
    if coefficients is None:
        return None
    fitted = 1 / (1 + np.exp(-design @ coefficients))
    covariance = mancl_derouen(design, response, fitted, patient)
    return None if covariance is None else LogisticFit(coefficients, covariance, fitted)


def mancl_derouen(design: NDArray, response: NDArray, fitted: NDArray, patient: NDArray) -> NDArray | None:
    """Covariance of logistic coefficients from each patient's residuals, divided by what their leverage leaves of
    them; None where a patient's lesions have all the leverage."""
    weight = fitted * (1 - fitted)
    bread = np.linalg.pinv(design.T @ (design * weight[:, None]))
    scores = []
    for one in np.unique(patient):
        x, w, residual = design[patient == one], weight[patient == one], (response - fitted)[patient == one]
        hat = x @ bread @ (x * w[:, None]).T
        try:
            scores.append(x.T @ np.linalg.solve(np.eye(len(x)) - hat.T, residual))
        except np.linalg.LinAlgError:
            return None
    outer = np.array(scores)
    covariance = np.asarray(bread @ (outer.T @ outer) @ bread)
    return covariance if np.isfinite(covariance).all() and np.diag(covariance).min() > 0 else None
