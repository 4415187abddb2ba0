"""Confusion matrices and the share of lesions detected, counted by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from tests.lesion_tables import lesion_table

from livermets.concordance.result import concordance
from livermets.config.statistics import StatisticsSettings


@pytest.fixture(scope="module")
def result():
    return concordance(lesion_table(), StatisticsSettings(bootstrap_replicates=200, level=0.9), seed=1)


@pytest.mark.parametrize("source", ["manual", "automatic"])
def test_confusion_counts_compared_lesions_with_an_outcome(result, source):
    cells = result.confusion.set_index("mask_source").loc[source]
    known = result.lesions.query("compared").dropna(subset=["response"])
    crossed = pd.crosstab(known["response"], known[f"predicted_{source}"])
    assert cells[["tp", "fn", "fp", "tn"]].tolist() == [crossed.loc[a, b] for a, b in ((1, 1), (1, 0), (0, 1), (0, 0))]
    assert cells["n"] == len(known)


def test_the_share_detected_is_counted_by_size_at_the_level_of_the_study(result):
    shares, lesions = result.detection.set_index("size"), result.lesions
    hit = lesions["automatic_fate"].ne("undetected")
    assert shares.loc["all", ["k", "n"]].tolist() == [hit.sum(), len(lesions)]
    assert shares["k"].iloc[1:].sum() == hit[lesions["longest_diameter_mm"].notna()].sum()
    assert set(shares["level"]) == {0.9}
    assert (shares["low"] <= shares["value"]).all()
