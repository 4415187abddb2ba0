"""Differences between groups and masks: lost classes counted, and no end at 0 by construction."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from livermets.concordance.result import ConcordanceResult, concordance
from livermets.config.statistics import StatisticsSettings

FAST = StatisticsSettings(bootstrap_replicates=400)


def study() -> ConcordanceResult:
    """Eight patients with a small and a big lesion each; big ones keep their class, of the small ones six lose it."""
    rows = []
    for patient in range(8):
        for lesion, diameter in ((1, 12.0), (2, 30.0)):
            lost = lesion == 1 and patient < 6
            rows.append({
                "patient_id": f"P{patient}", "lesion_id": lesion, "longest_diameter_mm": diameter,
                "response": patient % 2, "dice": 0.0 if lost else 0.8, "predicted_manual": patient % 2,
                "predicted_automatic": np.nan if lost else patient % 2,
            })  # fmt: skip
    return concordance(pd.DataFrame(rows), FAST)


def test_lesions_that_lose_their_class_count_in_the_difference_by_size() -> None:
    found = study().subgroup_differences.query("grouping == 'size'").set_index("measure")
    assert found.loc["agreement", "value"] == 0  # the two small ones that are left agree too
    for measure in ("agreement_reader_classified", "agreement_all"):
        assert found.loc[measure, "value"] == pytest.approx(6 / 8)
        assert found.loc[measure, "low"] > 0


def test_a_share_of_one_gives_no_difference_that_cannot_pass_0() -> None:
    row = study().subgroup_differences.query("grouping == 'size' and measure == 'agreement'").iloc[0]
    assert row["method"] == "square-and-add"
    assert row["low"] < 0 < row["high"]


def test_masks_are_compared_end_to_end_over_the_same_lesions() -> None:
    found = study().diagnostics_differences.set_index("measure")
    assert found.loc["sensitivity", ["manual_only", "automatic_only", "n_lesions"]].tolist() == [3, 0, 8]
    assert found.loc["sensitivity", "value"] == pytest.approx(3 / 8)
    assert found.loc["sensitivity", "p"] == pytest.approx(2 * 0.5**3)
    assert found.loc["accuracy", ["manual_only", "automatic_only", "n_lesions"]].tolist() == [6, 0, 16]
    assert found.loc["accuracy", "p"] == pytest.approx(2 * 0.5**6)
