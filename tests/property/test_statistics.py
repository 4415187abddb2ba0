"""What holds for every lesion table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from livermets.concordance.accounting import accounting_table
from livermets.concordance.strata import strata_margins, strata_table
from livermets.config.statistics import StatisticsSettings
from livermets.masks.lesion_table import checked_lesions
from livermets.stats.icc import icc
from livermets.stats.proportions import clopper_pearson, cluster_logit_t
from livermets.stats.youden import youden_threshold

CLASS = st.sampled_from([0.0, 1.0, np.nan])
DICE = st.one_of(st.sampled_from([0.0, 0.25, 0.6, 0.8, 1.0, np.nan]), st.floats(0, 1))
DIAMETER = st.one_of(st.sampled_from([15.0, 20.0, np.nan]), st.floats(0.5, 150))
LESION = st.tuples(st.integers(0, 5), CLASS, CLASS, CLASS, DICE, DIAMETER, st.integers(0, 3), st.integers(0, 3))
SETTINGS = StatisticsSettings()


def table_of(rows: list[tuple]) -> pd.DataFrame:
    columns = ["patient_id", "response", "predicted_manual", "predicted_automatic", "dice", "longest_diameter_mm"]
    table = pd.DataFrame(rows, columns=[*columns, "n_roi_manual", "n_roi_automatic"])
    return table.assign(lesion_id=range(len(rows)))


@pytest.mark.slow
@given(st.lists(LESION, min_size=1, max_size=25))
@settings(max_examples=25, deadline=None)
def test_every_lesion_has_one_stratum_and_one_fate(rows: list[tuple]) -> None:
    lesions = checked_lesions(table_of(rows))
    strata = strata_table(lesions, SETTINGS)
    assert strata["n_lesions"].sum() == len(rows)
    assert strata["n"].sum() == lesions["compared"].sum()
    assert strata["agree"].sum() == np.nansum(lesions["agree"])
    accounting = accounting_table(lesions)
    for column in ("n_lesions", "r_plus", "r_minus"):
        assert accounting[column].iloc[:-1].sum() == accounting[column].iloc[-1]
    assert accounting["n_lesions"].iloc[-1] == len(rows)
    margins = strata_margins(lesions, SETTINGS)
    placed = lesions[["dice", "longest_diameter_mm"]].notna().all(axis=1).sum()
    for margin in ("dice", "diameter"):
        assert margins.loc[margins["margin"] == margin, "n_lesions"].sum() == placed


@pytest.mark.slow
@given(DICE.filter(lambda x: not np.isnan(x)), DIAMETER.filter(lambda x: not np.isnan(x)))
@settings(max_examples=25, deadline=None)
def test_a_lesion_lies_within_the_bounds_of_its_stratum(dice: float, diameter: float) -> None:
    strata = strata_table(checked_lesions(table_of([(0, 1.0, 1.0, 1.0, dice, diameter, 1, 1)])), SETTINGS)
    row = strata[strata["n_lesions"] == 1].iloc[0]
    assert row["dice_low"] < dice <= row["dice_high"] or (dice == 0 and row["dice_low"] == 0)
    assert row["diameter_low_mm"] <= diameter < row["diameter_high_mm"]


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=2, max_size=30))
@settings(deadline=None)
def test_clustered_interval_holds_its_estimate_and_mirrors(pairs: list[tuple[int, int]]) -> None:
    hits = np.array([min(pair) for pair in pairs], float)
    total = np.array([max(pair) for pair in pairs], float)
    low, high = cluster_logit_t(hits, total)
    assume(not np.isnan(low))  # as for shares of none or all, which have no such interval
    assert 0 <= low <= hits.sum() / total.sum() <= high <= 1
    mirrored = cluster_logit_t(total - hits, total)
    np.testing.assert_allclose(mirrored, (1 - high, 1 - low), atol=1e-9)


@given(st.integers(0, 60), st.integers(1, 60))
@settings(deadline=None)
def test_exact_interval_mirrors(k: int, n: int) -> None:
    k = min(k, n)
    low, high = clopper_pearson(k, n)
    assert 0 <= low <= k / n <= high <= 1
    np.testing.assert_allclose(clopper_pearson(n - k, n), (1 - high, 1 - low), atol=1e-9)


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from([0, 1])), min_size=2, max_size=40))
@settings(deadline=None)
def test_youden_says_what_its_threshold_does(pairs: list[tuple[int, int]]) -> None:
    score, response = np.array(pairs, float).T
    assume(len(set(response)) == 2)
    found = youden_threshold(score, response, replicates=20)
    called = score >= found.threshold
    assert found.sensitivity == np.mean(called[response == 1])
    assert found.specificity == np.mean(~called[response == 0])


@given(
    st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=3, max_size=20),
    st.floats(0.1, 10),
    st.floats(-5, 5),
)
@settings(max_examples=25, deadline=None)
def test_icc_does_not_depend_on_the_unit(pairs: list[tuple[int, int]], scale: float, shift: float) -> None:
    ratings = np.array(pairs, float)
    for kind in ("ICC(2,1)", "ICC(3,1)"):
        found, again = icc(ratings, kind), icc(ratings * scale + shift, kind)
        np.testing.assert_allclose(again.value, found.value, rtol=1e-6, atol=1e-9)
        assert np.isnan(found.value) or found.value <= 1 + 1e-9
