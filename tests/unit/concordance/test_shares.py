"""The continuous answer: differences of shares between the masks, by overlap and size."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.lesion_tables import lesion_table, minimal

from livermets.concordance.result import concordance
from livermets.concordance.shares import (
    ALL_SIZES,
    limits_without_one,
    share_agreement,
    share_by_dice,
    share_differences,
)
from livermets.config.statistics import StatisticsSettings
from livermets.masks.lesion_table import checked_lesions
from livermets.stats.resampling import PatientBootstrap

SETTINGS = StatisticsSettings(bootstrap_replicates=300)


def test_every_lesion_with_two_shares_is_in_the_table_and_in_one_stratum() -> None:
    table = checked_lesions(lesion_table())
    found = share_differences(table, SETTINGS)
    both = table["share_manual"].notna() & table["share_automatic"].notna()
    assert len(found) == both.sum()
    np.testing.assert_allclose(found["difference"], (table["share_automatic"] - table["share_manual"])[both])
    by_dice = share_by_dice(found, SETTINGS)
    counts = by_dice.groupby("size")["n_lesions"].sum()
    assert counts[ALL_SIZES] == len(found) == counts.drop(ALL_SIZES).sum()
    first = by_dice[(by_dice["size"] == ALL_SIZES) & (by_dice["dice_low"] == 0.6)].iloc[0]
    inside = found[(found["dice"] > 0.6) & (found["dice"] <= 0.8)]
    assert first["median"] == pytest.approx(inside["absolute_difference"].median())


def test_a_table_without_shares_gives_empty_tables() -> None:
    result = concordance(minimal([(f"P{i}", i % 2, 1, i % 2, 0.1 * i, 9 + i) for i in range(8)]), SETTINGS)
    for name in ("share_differences", "share_agreement", "threshold_curve", "minimum_rois", "false_positive_classes"):
        assert getattr(result, name).empty
        assert len(getattr(result, name).columns)


def test_the_lesion_that_moves_the_limits_most_is_found_and_left_out():
    frame = pd.DataFrame({
        "cohort": "x", "patient_id": ["P1", "P1", "P2", "P2", "P3", "P3"], "lesion_id": [1, 2, 1, 2, 1, 2],
        "difference": [0.01, -0.02, 0.03, 0.8, 0.0, -0.01],
    })  # fmt: skip
    frame["patient"] = frame.groupby("patient_id").ngroup()
    (mover,) = limits_without_one(frame).itertuples()
    assert (mover.patient_id, mover.lesion_id) == ("P2", 2)
    others = frame.drop(index=3)
    boot = PatientBootstrap.draw(3, 300, 0.95, np.random.default_rng(0))
    alone = {estimate.measure: estimate.value for estimate in share_agreement(others, boot)}
    for measure in ("bias", "lower_limit", "upper_limit"):
        assert getattr(mover, measure) == pytest.approx(alone[measure])


@pytest.mark.parametrize("values", [[], [0.1, 0.2, 0.3], [0.1] * 6])
def test_no_lesion_moves_limits_that_none_can_or_that_have_no_width(values):
    frame = pd.DataFrame({"patient_id": [f"P{n}" for n in range(len(values))], "lesion_id": 1, "difference": values})
    found = limits_without_one(frame)
    assert found.empty
    assert {"patient_id", "lesion_id", "bias", "lower_limit", "upper_limit"} <= set(found)
