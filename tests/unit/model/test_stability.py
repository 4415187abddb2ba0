"""Digits from the authors' own Python package (github.com/nogueirs/JMLR2018, commit 9ccbea8)."""

import numpy as np
import pytest

from livermets.model.stability import selection_stability


def test_published_implementation_four_sets():
    sets = np.array([[1, 1, 0, 0, 1, 0], [1, 1, 0, 0, 0, 0], [1, 0, 1, 0, 1, 0], [1, 1, 0, 0, 1, 1]])
    found = selection_stability(sets)
    assert (found.value, found.low, found.high) == pytest.approx(
        (0.33333333333333337, 0.10234936260838703, 0.5643173040582797), abs=1e-12
    )


def test_published_implementation_ten_sets():
    i, j = np.arange(10)[:, None], np.arange(30)[None]
    found = selection_stability((i * 7 + j * j * 3 + i * j) % 11 < 4)
    assert (found.value, found.low, found.high) == pytest.approx(
        (-0.040000000000000036, -0.09402679030181438, 0.014026790301814307), abs=1e-12
    )


def test_equal_sets_are_perfectly_stable():
    found = selection_stability(np.tile([1, 0, 0, 1, 0], (6, 1)))
    assert (found.value, found.low, found.high) == pytest.approx((1, 1, 1))


def test_random_sets_are_not_stable():
    values = [selection_stability(np.random.default_rng(seed).random((20, 100)) < 0.3).value for seed in range(50)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(50)


@pytest.mark.parametrize("sets", [np.ones((4, 3)), np.zeros((4, 3)), np.eye(1, 5), np.zeros((0, 5))])
def test_undefined_cases_say_why(sets):
    found = selection_stability(sets)
    assert np.isnan(found.value)
    assert found.note
