"""ICC(1) against published digits, scipy's analysis of variance, and what an agreement must obey."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from livermets.stats.icc import icc
from livermets.stats.one_way_icc import RatingSums, one_way_icc

SHROUT_FLEISS = np.array([
    [9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7],
])  # fmt: skip
"""Table 2 of Shrout and Fleiss 1979; its ICC(1,1) is 0.17."""


def sums_of(groups: list[np.ndarray]) -> RatingSums:
    """Groups of ratings of one variable."""
    target = np.repeat(np.arange(len(groups)), [len(one) for one in groups])
    return RatingSums.of(np.concatenate(groups)[:, None], target)


def uneven(seed: int, effect: float) -> list[np.ndarray]:
    """Two to seven ratings of 12 targets."""
    random = np.random.default_rng(seed)
    return [random.normal(effect * random.normal(), 1, random.integers(2, 8)) for _ in range(12)]


def test_the_published_example_has_its_published_value() -> None:
    assert one_way_icc(sums_of(list(SHROUT_FLEISS.astype(float))))[0] == pytest.approx(0.17, abs=0.005)


@pytest.mark.parametrize("seed", range(5))
def test_unequal_numbers_give_what_scipys_f_gives(seed: int) -> None:
    groups = uneven(seed, effect=2.0)
    number = np.array([len(one) for one in groups])
    mean_number = (number.sum() - (number**2).sum() / number.sum()) / (len(groups) - 1)
    f = stats.f_oneway(*groups).statistic
    assert one_way_icc(sums_of(groups))[0] == pytest.approx((f - 1) / (f + mean_number - 1), rel=1e-12)


def test_without_differences_between_raters_it_is_the_two_way_agreement() -> None:
    """Raters who are nobody in particular: both models describe the same numbers, and their estimates meet."""
    random = np.random.default_rng(1)
    ratings = random.normal(size=(400, 1)) * 2 + random.normal(size=(400, 6))
    assert one_way_icc(sums_of(list(ratings)))[0] == pytest.approx(icc(ratings).value, abs=0.002)
    assert icc(ratings).value == pytest.approx(0.8, abs=0.05)


def test_a_rater_who_adds_the_same_to_all_lowers_it() -> None:
    random = np.random.default_rng(2)
    ratings = random.normal(size=(50, 1)) * 2 + random.normal(size=(50, 6))
    shifted = ratings + np.array([0, 0, 0, 3, 3, 3])
    assert one_way_icc(sums_of(list(shifted)))[0] < one_way_icc(sums_of(list(ratings)))[0] - 0.2


def test_neither_unit_nor_offset_nor_another_variable_matters() -> None:
    groups = uneven(3, effect=1.0)
    target = np.repeat(np.arange(len(groups)), [len(one) for one in groups])
    one = np.concatenate(groups)
    together = one_way_icc(RatingSums.of(np.stack([one, 1e-9 * one + 5e-3, -1e6 * one], axis=1), target))
    np.testing.assert_allclose(together, one_way_icc(sums_of(groups))[0], rtol=1e-9)


def test_a_weight_counts_a_target_that_often() -> None:
    groups = uneven(4, effect=1.0)
    weights = np.random.default_rng(0).integers(0, 3, size=(6, len(groups))).astype(float)
    repeated = [sums_of([one for one, k in zip(groups, row, strict=True) for _ in range(int(k))]) for row in weights]
    expected = [one_way_icc(one)[0] for one in repeated]
    np.testing.assert_allclose(one_way_icc(sums_of(groups), weights)[:, 0], expected, rtol=1e-10)


def test_the_same_in_every_mask_is_full_agreement_and_the_same_everywhere_is_none_that_can_be_told() -> None:
    target = np.repeat(np.arange(4), 3)
    values = np.stack([target.astype(float), np.full(12, 7.0), np.tile([0.0, 1.0, 2.0], 4)], axis=1)
    agreed, constant, within = one_way_icc(RatingSums.of(values, target))
    assert agreed == pytest.approx(1.0)
    assert np.isnan(constant)
    assert within == pytest.approx(-0.5)  # -1 / (k - 1): as little as three ratings can agree
