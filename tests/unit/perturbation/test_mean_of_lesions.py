"""The mean over lesions and its interval by patient."""

import math

import numpy as np
import pytest
from scipy import stats

from livermets.perturbation.means import mean_of_lesions
from livermets.stats.resampling import PatientBootstrap

RANDOM = np.random.default_rng(6)


def boot(patients, replicates=4000):
    return PatientBootstrap.draw(patients, replicates, 0.95, np.random.default_rng(2))


def test_lesions_of_a_patient_say_no_more_than_one_of_them():
    """Alike lesions within each of 30 patients: Student's interval of 30 values, which percentiles are expanded to."""
    of_patients = RANDOM.normal(0.5, 0.1, 30)
    values, patient = np.repeat(of_patients, 6), np.repeat(np.arange(30), 6)
    found = mean_of_lesions(values, patient, boot(30))
    reach = stats.t.ppf(0.975, 29) * of_patients.std(ddof=1) / math.sqrt(30)
    assert found["value"] == pytest.approx(of_patients.mean())
    assert [found["low"], found["high"]] == pytest.approx(of_patients.mean() + reach * np.array([-1, 1]), abs=0.006)
    assert (found["n_lesions"], found["n_patients"]) == (180, 30)


def test_lesions_without_a_value_are_left_out():
    found = mean_of_lesions(np.array([0.2, math.nan, 0.6, 0.7]), np.array([0, 1, 2, 3]), boot(4))
    assert found["value"] == pytest.approx(0.5)
    assert (found["n_lesions"], found["n_patients"]) == (3, 3)


def test_a_share_of_one_in_every_lesion_has_the_exact_interval_of_as_many_patients():
    found = mean_of_lesions(np.ones(12), np.repeat(np.arange(4), 3), boot(4))
    assert (found["low"], found["high"]) == pytest.approx((0.025**0.25, 1.0))
    assert found["method"] == "clopper-pearson-patients"


@pytest.mark.parametrize("upside_down", [False, True])
def test_two_patients_with_a_change_have_the_interval_of_trials_and_three_are_resampled(upside_down):
    """Of 20 patients with a lesion each."""
    values = np.ones(20)
    values[:2] = 0
    share = 1 - values if upside_down else values
    found = mean_of_lesions(share, np.arange(20), boot(20))
    exact = stats.binomtest(2 if upside_down else 18, 20).proportion_ci(0.95, method="exact")
    assert (found["low"], found["high"]) == pytest.approx((exact.low, exact.high))
    values[2] = 0.9
    share = 1 - values if upside_down else values
    assert mean_of_lesions(share, np.arange(20), boot(20))["method"] == "cluster-bootstrap"


def test_a_hair_s_breadth_from_one_is_hardly_less_certain_than_one():
    values = np.ones(24)
    values[0] = 0.999
    one, almost = (mean_of_lesions(share, np.arange(24), boot(24)) for share in (np.ones(24), values))
    assert almost["low"] == pytest.approx(one["low"], abs=0.001)


@pytest.mark.parametrize("values", [np.ones(4), np.array([0.1, 0.4, 0.2, 0.9])])
def test_two_patients_have_a_mean_and_no_interval(values):
    found = mean_of_lesions(values, np.array([0, 0, 1, 1]), boot(2))
    assert found["value"] == pytest.approx(values.mean())
    assert math.isnan(found["low"])
    assert "2 patients contribute" in found["note"]


def test_no_lesion_is_said():
    found = mean_of_lesions(np.full(3, math.nan), np.arange(3), boot(3))
    assert math.isnan(found["value"])
    assert found["note"] == "no lesion has such a mask"
