"""Medians and means of clustered values against NumPy and closed forms."""

import numpy as np
import pytest

from livermets.stats.resampling import PatientBootstrap
from livermets.stats.spread import clustered_spread, resampled_medians

RANDOM = np.random.default_rng(4)


def test_every_resampled_median_is_that_of_the_values_written_out():
    patient = RANDOM.integers(0, 7, 30)
    values = RANDOM.normal(size=30)
    boot = PatientBootstrap.draw(7, 600, 0.95, RANDOM)
    expected = [np.median(np.repeat(values, weights[patient].astype(int))) for weights in boot.weights]
    assert resampled_medians(values, patient, boot) == pytest.approx(expected)


def test_a_resample_without_a_value_has_no_median():
    boot = PatientBootstrap(np.array([[2.0, 0.0], [0.0, 2.0]]))
    assert np.isnan(resampled_medians(np.array([0.5]), np.array([0]), boot)).tolist() == [False, True]


def test_values_that_are_not_defined_are_left_out():
    values = np.array([1.0, np.nan, 3.0, 5.0, 9.0])
    boot = PatientBootstrap.draw(4, 500, 0.95, RANDOM)
    found = clustered_spread(values, np.array([0, 0, 1, 2, 3]), boot)
    assert (found["n"], found["n_patients"], found["median"], found["mean"]) == (4, 4, 4.0, 4.5)
    assert (found["q1"], found["q3"]) == (2.5, 6.0)
    assert found["mean_low"] < 4.5 < found["mean_high"]
    assert found["note"] == ""


def test_nothing_has_no_spread():
    found = clustered_spread(np.array([np.nan]), np.array([0]), PatientBootstrap.draw(1, 10, 0.95, RANDOM))
    assert (found["n"], found["note"]) == (0, "no value")
    assert np.isnan(found["median"])
