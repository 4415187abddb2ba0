"""Simulated studies: their lesions have the share and correlation asked for, and their power is known where it is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from livermets.stats.auc import obuchowski
from livermets.stats.equivalence import tost_level
from livermets.stats.power import (
    Levels,
    agreement_power,
    auc_power,
    clustered_binary,
    design_effect,
    intraclass_correlation,
)

LEVELS = Levels(tost_level(0.05), 0.95)


@pytest.mark.parametrize("correlation", [0.0, 0.1, 0.4, 1.0])
def test_lesions_have_the_share_and_the_correlation_asked_for(correlation):
    random, sizes = np.random.default_rng(2), np.tile([1, 2, 5, 9], 2000)
    same = clustered_binary(sizes, 0.8, correlation, random)
    values = np.concatenate([np.r_[np.ones(k), np.zeros(n - k)] for k, n in zip(same, sizes, strict=True)])
    patient = np.repeat(np.arange(len(sizes)), sizes)
    assert values.mean() == pytest.approx(0.8, abs=0.02)
    assert intraclass_correlation(values, patient) == pytest.approx(correlation, abs=0.03)


def test_the_correlation_is_that_of_the_analysis_of_variance():
    """Of equal numbers, (MSB - MSW) / (MSB + (m - 1) MSW), with scipy's mean squares."""
    random = np.random.default_rng(3)
    groups = random.normal(random.normal(size=(12, 1)), 1, (12, 4))
    f = stats.f_oneway(*groups).statistic
    found = intraclass_correlation(groups.ravel(), np.repeat(np.arange(12), 4))
    assert found == pytest.approx((f - 1) / (f + 3))


@pytest.mark.parametrize("values, patient", [([0, 1, 1], [0, 0, 0]), ([0, 1, 1], [0, 1, 2]), ([1, 1, 1], [0, 0, 1])])
def test_an_undefined_correlation_is_missing(values, patient):
    assert np.isnan(intraclass_correlation(np.array(values, float), np.array(patient)))


def test_the_design_effect_of_equal_numbers_is_that_of_the_textbook():
    assert design_effect(np.repeat(np.arange(10), 5), 0.2) == pytest.approx(1 + 4 * 0.2)
    assert design_effect(np.array([0, 0, 0, 0, 0, 1]), 1.0) == pytest.approx(26 / 6)


def test_power_of_patients_with_one_lesion_is_that_of_the_exact_test():
    """Of independent lesions near 100 % the exact interval decides: its power is a sum over the binomial."""
    n, margin, share = 60, 0.9, 0.98
    k = np.arange(n + 1)
    rejects = stats.binom.sf(k - 1, n, margin) < 0.05
    expected = stats.binom.pmf(k[rejects], n, share).sum()
    found = agreement_power(np.ones(5, int), n, share, 0.0, margin, LEVELS, 1000, np.random.default_rng(0))
    assert found.low <= expected <= found.high
    assert (found.n_lesions, found.n_simulated) == (60, 1000)


@pytest.mark.slow
def test_more_patients_have_more_power_and_narrower_intervals_and_correlation_costs_both():
    random, sizes = np.random.default_rng(1), np.array([1, 2, 4, 8])
    few, many, alike = (
        agreement_power(sizes, n, 0.95, correlation, 0.9, LEVELS, 200, random)
        for n, correlation in ((30, 0.05), (120, 0.05), (120, 0.5))
    )
    assert max(few.power, alike.power) < many.power
    assert many.half_width < alike.half_width
    assert many.half_width < few.half_width


def scores(difference: float, random: np.random.Generator, patients: int = 40) -> tuple:
    patient, response = np.repeat(np.arange(patients), 3), random.integers(0, 2, 3 * patients).astype(float)
    shared = random.normal(response) + np.repeat(random.normal(0, 0.5, patients), 3)
    return (shared + difference * response, shared + random.normal(0, 0.2, 3 * patients)), response, patient


@pytest.mark.slow
def test_widths_of_areas_are_those_of_the_study_at_its_own_size():
    random = np.random.default_rng(6)
    both, response, patient = scores(0.0, random)
    found = auc_power(both, response, patient, 40, 0.0, 0.05, LEVELS, 200, random)
    value, (low, high), _ = obuchowski(np.vstack(both), response, patient).difference(0.95)
    assert found.half_width == pytest.approx((high - low) / 2, rel=0.2)
    assert low < value < high


@pytest.mark.slow
def test_what_the_study_happened_to_find_does_not_decide_the_power_of_the_next():
    random = np.random.default_rng(7)
    both, response, patient = scores(0.8, random)
    at_none, at_margin = (
        auc_power(both, response, patient, 100, true, 0.08, LEVELS, 200, random).power for true in (0.0, 0.08)
    )
    assert at_none > 0.5
    assert at_margin < 0.12  # the error of the test, 5 %, of 200 studies
