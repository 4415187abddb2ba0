"""Lesions of about one diameter: the weights are those of a weighted regression."""

import numpy as np
import pytest
import statsmodels.api as sm
from tests.unit.perturbation.made import lesion_list, masks_of

from livermets.perturbation.altered import altered_masks
from livermets.perturbation.neighbours import neighbours


def near(diameters, at_mm, patient=None):
    diameters = np.asarray(diameters, float)
    patient = np.arange(len(diameters)) if patient is None else patient
    return neighbours(altered_masks(masks_of(lesion_list(patient, diameters), 1, ["erosion"])), at_mm)


def test_the_weights_are_those_of_weighted_least_squares_at_the_diameter():
    random = np.random.default_rng(3)
    diameters, values = np.exp(random.normal(3, 0.5, 40)), random.random(40)
    found = near(diameters, 15.0)
    design = sm.add_constant(np.log(diameters) - np.log(15.0))
    theirs = sm.WLS(values, design, weights=found.kernel).fit().params[0]
    assert found.weight @ values == pytest.approx(theirs)
    assert found.weight.sum() == pytest.approx(1)
    assert 3 < found.effective_lesions < 40


def test_lesions_of_one_diameter_are_averaged():
    found = near([20.0] * 6, 20.0, [0, 0, 0, 1, 1, 1])
    assert found.weight == pytest.approx(1 / 6)
    assert (found.effective_lesions, found.effective_patients) == pytest.approx((6, 2))


def test_a_diameter_beyond_the_lesions_is_said_to_be_so():
    assert near([10.0, 20.0, 30.0], 40.0).reservation == "extrapolated: the lesions measure 10 to 30 mm"
    assert near([10.0, 20.0, 30.0], 30.0).reservation == ""


def test_far_from_every_lesion_none_counts():
    found = near([10.0, 10.0], 5000.0)
    assert (found.effective_lesions, found.effective_patients) == (0, 0)


def test_lesions_without_a_diameter_count_nothing():
    found = near([20.0, 25.0, np.nan], 20.0)
    assert found.kernel[2] == 0
    assert near([np.nan], 20.0) is None
