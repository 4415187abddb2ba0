"""Classes kept under transported errors, and beside the source's own masks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.unit.perturbation.made import changed, lesion_list, masks_of

from livermets.config.statistics import StatisticsSettings
from livermets.perturbation.answer import answer
from livermets.perturbation.held_against_pairs import PAIR_COLUMNS
from livermets.perturbation.like_sources import LIKE_COLUMNS, like_sources
from livermets.stats.resampling import Resampling
from livermets.stats.results import NAN

CUTS = (20.0,)


def whole_errors(lesions, kept, masks=20, source="net"):
    """Each lesion keeps its class in a share of its masks with a whole error."""
    table = masks_of(lesions, masks, ("transported",)).assign(mask_source=source, whole_error=1, dial=1.0)
    lost = table["draw"].to_numpy() >= np.repeat(np.asarray(kept), masks) * masks
    return changed(table, lost)


def pairs_of(lesions, differ, dice=0.7):
    pairs = lesions.assign(mask_source="net", dice=dice, predicted_reference=1.0)
    return pairs.assign(predicted=np.where(differ, 0.0, 1.0))[list(PAIR_COLUMNS)]


def found(table, pairs, errors=None, diameters=(15.0,)):
    errors = errors_of(10) if errors is None else errors
    return like_sources(table, pairs, errors, CUTS, diameters, Resampling(400, 0.95, np.random.default_rng(2)))


def errors_of(number, missed=2):
    dice = np.where(np.arange(number) < missed, 0.0, 0.8)
    return pd.DataFrame({"mask_source": "net", "longest_diameter_mm": 15.0, "dice": dice})


def test_the_share_is_the_mean_over_lesions_with_patients_resampled():
    lesions = lesion_list(np.repeat(np.arange(20), 2), np.tile([12.0, 30.0], 20))
    table = found(whole_errors(lesions, np.tile([0.5, 0.9], 20)), pairs_of(lesions, np.zeros(40, bool)))
    assert list(table) == list(LIKE_COLUMNS)
    of_size = table[table["size"] != "about"].set_index("size")
    assert of_size["value"].to_dict() == pytest.approx({"all": 0.7, "< 20 mm": 0.5, "≥ 20 mm": 0.9})
    assert of_size["n_masks"].tolist() == [800, 400, 400]
    assert of_size.loc["all", ["n_lesions", "n_patients"]].tolist() == [40, 20]
    assert of_size["mean_dice"].to_numpy() == pytest.approx(0.535, abs=0.02)
    assert of_size.loc[["all", "< 20 mm", "≥ 20 mm"], ["n_missed", "n_judged"]].to_numpy().tolist() == [
        [2, 10], [2, 10], [0, 0],
    ]  # fmt: skip


def test_the_interval_is_that_of_a_mean_over_patients():
    """Of 100 patients with one lesion each, half keep the class always and half never: 1.96 times 0.05."""
    lesions = lesion_list(np.arange(100), np.full(100, 15.0))
    row = found(whole_errors(lesions, np.arange(100) % 2), pairs_of(lesions, np.zeros(100, bool))).iloc[0]
    assert row["value"] == 0.5
    assert (row["high"] - row["low"]) / 2 == pytest.approx(1.98 * 0.05, rel=0.15)


def test_a_diameter_has_the_share_of_the_lesions_near_it():
    lesions = lesion_list(np.arange(60), np.tile([10.0, 40.0], 30))
    table = found(whole_errors(lesions, np.tile([0.2, 0.9], 30)), pairs_of(lesions, np.zeros(60, bool)), None, (10, 40))
    about = table[table["size"] == "about"].set_index("longest_diameter_mm")
    assert about.loc[10, "value"] < 0.35
    assert about.loc[40, "value"] > 0.75
    mean = found(whole_errors(lesions, np.tile([0.4, 0.4], 30)), pairs_of(lesions, np.zeros(60, bool)))
    assert mean["value"].to_numpy() == pytest.approx(0.4)


def test_the_source_s_own_masks_are_held_beside():
    lesions = lesion_list(np.arange(40), np.full(40, 15.0))
    table = whole_errors(lesions, np.full(40, 0.75))
    alike = found(table, pairs_of(lesions, np.arange(40) % 4 == 0)).iloc[0]
    assert alike[["n_compared", "expected_changed", "observed_changed", "ratio"]].tolist() == [40, 10, 10, 1]
    assert alike["ratio_low"] < 1 < alike["ratio_high"]
    assert "no difference" in alike["statement"]
    assert "more often" in found(table, pairs_of(lesions, np.arange(40) % 4 != 0)).iloc[0]["statement"]
    assert "less often" in found(table, pairs_of(lesions, np.arange(40) == 0)).iloc[0]["statement"]
    apart = found(table, pairs_of(lesions, np.arange(40) % 4 == 0, dice=np.where(np.arange(40) < 8, 0.0, 0.6))).iloc[0]
    assert apart[["n_compared", "observed_changed"]].tolist() == [32, 8]
    none = found(table, pairs_of(lesions.iloc[:0], [])).iloc[0]
    assert none["statement"] == "the source drew none of these lesions itself"


def test_few_patients_and_nothing_changed_are_said():
    lesions = lesion_list(np.arange(2), [15.0, 15.0])
    row = found(whole_errors(lesions, [0.5, 0.5]), pairs_of(lesions, [True, False])).iloc[0]
    assert np.isnan(row["low"])
    assert "no interval" in row["statement"]
    same = found(whole_errors(lesions, [1, 1]), pairs_of(lesions, [False, False])).iloc[0]
    assert same["statement"] == "no class is expected to change, and none does"
    other = found(whole_errors(lesions, [1, 1]), pairs_of(lesions, [True, False])).iloc[0]
    assert other["statement"] == "classes change where transported errors change none"


def test_whole_errors_are_no_part_of_the_spread_and_sources_without_donors_are_named():
    lesions = lesion_list(np.arange(5), np.full(5, 15.0))
    spread = masks_of(lesions, 20).assign(mask_source=NAN, whole_error=0)
    both = pd.concat([spread, whole_errors(lesions, np.zeros(5))], ignore_index=True)
    errors = pd.concat([errors_of(4), errors_of(2).assign(mask_source="reader")])
    settings = StatisticsSettings(bootstrap_replicates=200)
    alone = answer(spread, None, settings, (0.9,))
    with_errors = answer(both, None, settings, (0.9,), errors=errors)
    pd.testing.assert_frame_equal(with_errors.by_dice, alone.by_dice)
    assert alone.like_sources.empty
    assert set(with_errors.like_sources["mask_source"]) == {"net"}
    assert (with_errors.like_sources["value"].dropna() == 0).all()
    said = " ".join(with_errors.notes["note"])
    assert "reader has drawn fewer than 5 lesions of other patients" in said
    assert "net has drawn" not in said
