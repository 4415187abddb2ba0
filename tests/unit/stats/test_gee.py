"""Logistic regression of the lesions of patients, and the covariance of its coefficients."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from livermets.stats.firth import firth_logistic
from livermets.stats.gee import firth_with_patients, gee_logistic, mancl_derouen


def clustered(patients: int, each: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Design, outcome and patient: the outcome rises with the first column."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(patients * each, 2))
    response = (random.random(len(x)) < expit(0.5 + x[:, 0])).astype(float)
    return np.column_stack([np.ones(len(x)), x]), response, np.repeat(np.arange(patients), each)


def test_firth_of_a_two_by_two_table_adds_one_half_to_every_cell() -> None:
    """Closed form (Firth 1993): in a saturated model Jeffreys' prior is half an observation more in every cell; one
    cell is empty, where maximum likelihood has no finite estimate."""
    x, y = np.repeat([0.0, 0.0, 1.0, 1.0], [7, 3, 12, 0]), np.repeat([0.0, 1.0, 0.0, 1.0], [7, 3, 12, 0])
    found = firth_logistic(np.column_stack([np.ones(22), x]), y)
    assert found is not None
    np.testing.assert_allclose(found, [np.log(3.5 / 7.5), np.log(0.5 / 12.5) - np.log(3.5 / 7.5)], atol=1e-9)


def test_covariance_of_the_penalised_model_is_that_of_the_logistic_one() -> None:
    """`mancl_derouen` against statsmodels' bias-reduced covariance, at the same coefficients."""
    design, response, patient = clustered(30, 4, seed=2)
    fit = gee_logistic(design, response, patient, "independence")
    assert fit is not None
    found = mancl_derouen(design, response, expit(design @ fit.coefficients), patient)
    np.testing.assert_allclose(found, fit.covariance, rtol=1e-5)


def test_the_penalised_model_is_finite_where_the_classes_are_separated() -> None:
    design, _, patient = clustered(20, 3, seed=1)
    fit = firth_with_patients(design, (design[:, 1] > 0).astype(float), patient)
    assert fit is not None
    assert fit.coefficients[1] > 0
    assert np.isfinite(fit.covariance).all()
    assert ((fit.fitted > 0.5) == (design[:, 1] > 0)).all()
