"""Two one-sided tests: against other libraries where lesions are independent, and their error where they are not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW

from livermets.stats.equivalence import (
    CANNOT_TELL,
    EQUIVALENT,
    NOT_EQUIVALENT,
    against_margins,
    clustered_auc_difference,
    clustered_share,
    tost_level,
)
from livermets.stats.resampling import PatientBootstrap

NAN = math.nan


@pytest.mark.parametrize(
    "ends, margins, said",
    [
        ((0.91, 0.97), (0.9, math.inf), EQUIVALENT),
        ((0.80, 0.89), (0.9, math.inf), NOT_EQUIVALENT),
        ((0.80, 0.91), (0.9, math.inf), CANNOT_TELL),
        ((0.90, 0.97), (0.9, math.inf), CANNOT_TELL),
        ((-0.04, 0.03), (-0.05, 0.05), EQUIVALENT),
        ((0.06, 0.20), (-0.05, 0.05), NOT_EQUIVALENT),
        ((-0.20, -0.06), (-0.05, 0.05), NOT_EQUIVALENT),
        ((-0.06, 0.01), (-0.05, 0.05), CANNOT_TELL),
        ((-0.06, 0.06), (-0.05, 0.05), CANNOT_TELL),
        ((NAN, NAN), (-0.05, 0.05), CANNOT_TELL),
    ],
)
def test_what_an_interval_says_of_margins(ends, margins, said):
    assert against_margins(*ends, *margins) == said


@pytest.mark.parametrize("significance", [0.05, 0.025])
def test_the_interval_is_the_two_tests_of_statsmodels(significance):
    random, told = np.random.default_rng(1), set()
    for centre in (0.0, 0.2, 0.3, 0.35, 0.5):
        difference = DescrStatsW(random.normal(centre, 1, 80))
        low, high = difference.tconfint_mean(alpha=1 - tost_level(significance))
        p = difference.ttost_mean(-0.4, 0.4)[0]
        told.add(found := against_margins(low, high, -0.4, 0.4))
        assert (found == EQUIVALENT) == (p < significance)
    assert EQUIVALENT in told
    assert len(told) > 1


def test_of_patients_with_one_lesion_it_is_not_below_the_exact_binomial_test():
    """The exact interval is the wider one where k is near n, and decides then."""
    decided = set()
    for k in range(80, 101):
        same, ones = np.r_[np.ones(k), np.zeros(100 - k)], np.ones(100)
        (low, high), method, _ = clustered_share(same, ones, 0.9)
        p = stats.binomtest(k, 100, 0.85, alternative="greater").pvalue
        found = against_margins(low, high, lower=0.85)
        assert found != EQUIVALENT or p < 0.05
        if method == "clopper-pearson":
            assert (found == EQUIVALENT) == (p < 0.05)
            decided.add(found)
    assert EQUIVALENT in decided


def test_without_patients_to_compare_there_is_no_interval():
    for same, lesions in (([30], [30]), ([1, 2], [2, 4])):
        (low, high), _, why = clustered_share(np.array(same), np.array(lesions), 0.9)
        assert math.isnan(low)
        assert math.isnan(high)
        assert why
        assert against_margins(low, high, lower=0.5) == CANNOT_TELL


def test_all_alike_is_said_of_patients_and_not_of_lesions():
    (low, high), method, why = clustered_share(np.array([5, 5, 5, 5]), np.array([5, 5, 5, 5]), 0.9)
    assert (method, why, high) == ("clopper-pearson-patients", "", 1.0)
    assert low == pytest.approx(0.05 ** (1 / 4))  # the exact one-sided limit of 4 of 4


def test_two_scores_that_differ_by_nothing_have_no_interval_and_by_little_have_one():
    random = np.random.default_rng(0)
    response, patient = np.tile([0.0, 1.0], 40), np.repeat(np.arange(40), 2)
    score = random.normal(response)
    boot = PatientBootstrap.draw(40, 200, 0.9, random)
    value, (low, high), _, why = clustered_auc_difference(score, score, response, patient, boot)
    assert (value, why != "") == (0, True)
    assert math.isnan(low)
    assert math.isnan(high)
    value, (low, high), method, why = clustered_auc_difference(
        score, score + random.normal(0, 0.1, 80), response, patient, boot
    )
    assert low < value < high
    assert method in ("obuchowski-1997", "delong")
    assert why == ""


def test_its_error_at_the_margin_is_nominal_where_lesions_resemble_each_other():
    """Of 40 patients with 1 to 9 lesions, correlation 0.3; lesions taken as independent err twice as often."""
    random, margin, errors = np.random.default_rng(5), 0.8, {"by patient": 0, "by lesion": 0}
    studies = 400
    for _ in range(studies):
        lesions = random.integers(1, 10, 40)
        shape = (1 - 0.3) / 0.3
        same = random.binomial(lesions, random.beta(margin * shape, (1 - margin) * shape, 40))
        (low, high), _, _ = clustered_share(same, lesions, 0.9)
        errors["by patient"] += against_margins(low, high, lower=margin) == EQUIVALENT
        errors["by lesion"] += stats.binomtest(same.sum(), lesions.sum(), margin, alternative="greater").pvalue < 0.05
    assert errors["by patient"] / studies < 0.08  # 5 %, and three standard errors of 400 studies
    assert errors["by lesion"] / studies > 0.12
