"""Differences of shares and of areas under the ROC curve."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from livermets.stats.comparisons import auc_difference, paired_shares, share_difference, square_and_add
from livermets.stats.proportions import quoted_share
from livermets.stats.resampling import PatientBootstrap

PATIENT = np.arange(20) // 2
BOOT = PatientBootstrap.draw(10, 300, 0.95, np.random.default_rng(0))


def test_square_and_add_is_newcombe_s_sum_of_squares() -> None:
    """12 of 12 and 5 of 15, one lesion per patient: by Newcombe's formula from the interval of each share."""
    first, second = (np.array([1.0] * 12), np.ones(12)), (np.array([1.0] * 5 + [0.0] * 10), np.ones(15))
    p, q = 1.0, 5 / 15
    exact, of_q = binomtest(12, 12).proportion_ci(method="exact"), quoted_share(*second)
    low = p - q - ((p - exact.low) ** 2 + (of_q[1] - q) ** 2) ** 0.5
    high = p - q + (q - of_q[0])
    assert square_and_add(first, second, 0.95) == pytest.approx((low, high))


def test_paired_shares_count_what_one_alone_has_right() -> None:
    first, second = np.arange(20) < 12, np.arange(20) < 4
    found = paired_shares("accuracy", first, second, np.ones(20, bool), PATIENT, BOOT)
    assert (found.first_only, found.second_only) == (8, 0)
    assert found.p == pytest.approx(2 * 0.5**8)
    assert found.difference.value == pytest.approx(8 / 20)
    assert found.difference.low < 8 / 20 < found.difference.high


def test_the_share_of_a_group_less_that_of_another() -> None:
    group, hit = np.arange(20) < 10, np.tile([True, False, True, True], 5)
    found = share_difference("x", hit, np.ones(20, bool), (group, ~group), PATIENT, BOOT)
    assert found.value == pytest.approx(hit[:10].mean() - hit[10:].mean())
    assert (found.n_lesions, found.n_patients, found.method) == (20, 10, "cluster-bootstrap")


def test_a_group_of_one_class_has_no_auc_to_compare() -> None:
    score, response = np.linspace(0, 1, 10), np.tile([0.0, 1.0], 5)
    one_class = (score, np.ones(10), np.arange(10) // 2)
    found = auc_difference("auc", [(score, response, np.arange(10) // 2), one_class], BOOT)
    assert np.isnan(found.value)
    assert found.note.startswith("an AUC needs two lesions of each class")
