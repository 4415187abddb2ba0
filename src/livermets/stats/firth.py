"""Logistic regression that stays finite with few events: Firth's penalty."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

_MOST_ITERATIONS, _TOLERANCE, _LONGEST_STEP = 500, 1e-10, 5.0


def firth_logistic(design: NDArray, response: NDArray) -> NDArray[np.float64] | None:
    """Coefficients that maximise the likelihood times the root of the information's determinant (Jeffreys' prior);
    finite even where the columns separate the classes. None if it does not converge.

    Newton's method on Firth's modified score, x' (y - p + h (1/2 - p)), h the leverages. Biometrika 1993;80:27."""
    beta = np.zeros(design.shape[1])
    for _ in range(_MOST_ITERATIONS):
        fitted = expit(design @ beta)
        weight = fitted * (1 - fitted)
        try:
            inverse = np.linalg.inv(design.T @ (design * weight[:, None]))
        except np.linalg.LinAlgError:
            return None
        leverage = np.einsum("ij,jk,ik->i", design, inverse, design) * weight
        step = inverse @ (design.T @ (response - fitted + leverage * (0.5 - fitted)))
        step *= min(1.0, _LONGEST_STEP / max(float(np.abs(step).max()), 1e-300))
        beta = beta + step
        if np.abs(step).max() < _TOLERANCE:
            return beta
    return None
