"""Real masks against altered ones of the same Dice."""

import numpy as np
import pandas as pd
import pytest
from tests.unit.perturbation.made import lesion_list, masks_of, with_threshold

from livermets.masks.identity import LESION_KEY
from livermets.masks.pairs import LONG_COLUMNS
from livermets.perturbation.altered import altered_masks
from livermets.perturbation.held_against_pairs import HELD_COLUMNS, PAIR_COLUMNS, held_against_pairs, real_pairs
from livermets.stats.resampling import Resampling


def lesions_of(patients=40, each=3):
    random = np.random.default_rng(4)
    lesions = lesion_list(np.repeat(np.arange(patients), each), random.uniform(10, 40, patients * each))
    return lesions.assign(threshold=random.uniform(0.3, 0.8, len(lesions)))


def real(lesions, changes, dice=None):
    """Masks of a network: their Dice, and whether they change the class (R+)."""
    dice = np.random.default_rng(5).uniform(0.2, 0.95, len(lesions)) if dice is None else dice
    pairs = lesions.assign(mask_source="net", dice=dice, predicted_reference=1.0)
    return pairs.assign(predicted=np.where(changes(pairs), 0.0, 1.0))[list(PAIR_COLUMNS)]


def held(altered, pairs, cuts=(20.0,)):
    resampling = Resampling(300, 0.95, np.random.default_rng(3))
    return held_against_pairs(altered_masks(altered), pairs, cuts, resampling).set_index("size")


def test_real_masks_that_err_as_altered_ones_do_are_as_often_changed():
    lesions = lesions_of()
    found = held(with_threshold(lesions, 100), real(lesions, lambda pairs: pairs["dice"] < lesions["threshold"]))
    row = found.loc["all"]
    assert row["value"] == pytest.approx(1, abs=0.05)
    assert row["expected_changed"] == pytest.approx(row["observed_changed"], abs=2)
    assert row["n_by_own_curve"] == len(lesions)
    assert found.loc[["< 20 mm", "≥ 20 mm"], "n_lesions"].sum() == len(lesions)
    assert found["value"].notna().all()


def test_real_masks_that_err_worse_are_said_to_and_better_ones_too():
    lesions = lesions_of()
    altered = with_threshold(lesions, 60)
    worse = held(altered, real(lesions, lambda pairs: pairs["dice"] < lesions["threshold"] + 0.15)).loc["all"]
    better = held(altered, real(lesions, lambda pairs: pairs["dice"] < lesions["threshold"] - 0.15)).loc["all"]
    assert worse["low"] > 1
    assert "more often than altered ones" in worse["statement"]
    assert better["high"] < 1
    assert "less often than altered ones" in better["statement"]


def test_a_lesion_without_altered_masks_goes_by_its_size_s_curve_and_then_by_that_of_all():
    """Small lesions keep their class in every mask, big ones in none but the reference."""
    lesions = lesion_list(np.arange(8), [10.0] * 4 + [30.0] * 4).assign(threshold=[0.0] * 4 + [1.0] * 4)
    others = lesion_list(np.arange(8), [11.0, 12, 13, 31, 32, 33, np.nan, np.nan])
    others["patient_id"] = "new " + others["patient_id"]
    pairs = real(others, lambda pairs: pairs["dice"] > 2, dice=0.5)
    found = held(with_threshold(lesions, 40), pairs)
    assert found["expected_changed"].to_dict() == pytest.approx(
        {"all": 3 + 2 * 0.5, "< 20 mm": 0, "≥ 20 mm": 3}, abs=0.02
    )
    assert found.loc["all", ["n_by_own_curve", "n_by_size", "n_by_all"]].tolist() == [0, 6, 2]
    assert found.loc["< 20 mm", "statement"] == "no class is expected to change, and none does"


def test_no_class_counts_as_changed_and_a_mask_beside_the_lesion_is_left_out():
    lesions = lesions_of(10)
    pairs = real(lesions, lambda pairs: pairs["dice"] > 2, dice=np.linspace(0.2, 0.9, len(lesions)))
    pairs.loc[0, ["dice", "predicted"]] = [0.0, np.nan]
    pairs.loc[1, "predicted"] = np.nan
    pairs.loc[2, "predicted_reference"] = np.nan
    row = held(with_threshold(lesions, 40), pairs).loc["all"]
    assert (row["n_apart"], row["n_lesions"], row["observed_changed"]) == (1, 28, 1)


def test_that_curves_are_estimated_widens_the_interval():
    """The same real masks, held against a curve of few other lesions that differ, of many of them, or of their own."""
    own = lesion_list(np.arange(60), np.full(60, 15.0))
    pairs = real(own, lambda pairs: np.arange(60) % 2 == 0, dice=0.5)
    widths = []
    for number in (8, 800):
        others = lesion_list(np.arange(number), np.full(number, 15.0))
        others["patient_id"] = "new " + others["patient_id"]
        row = held(with_threshold(others.assign(threshold=np.arange(number) % 2), 20), pairs, ()).loc["all"]
        assert row["value"] == pytest.approx(1, abs=0.05)
        widths.append(np.log(row["high"] / row["low"]))
    own_curves = held(with_threshold(own.assign(threshold=0.505), 400), pairs, ()).loc["all"]
    assert own_curves["n_by_own_curve"] == 60
    assert widths[0] > 1.5 * widths[1]
    # Alone, the real masks' own part: a binomial share of a half in 60 patients, on the scale of its logarithm.
    assert widths[1] == pytest.approx(2 * 1.96 * np.sqrt(1 / 60), rel=0.2)


def test_a_patient_s_real_and_altered_masks_are_drawn_together():
    """Where the altered masks of a patient change as often as the real ones, the ratio hardly varies; with the masks of
    other patients in their place it does."""
    lesions = lesion_list(np.repeat(np.arange(30), 2), np.tile([15.0, 15.0], 30))
    changes = (lesions.index // 2) % 2 == 0
    altered, measured = lesions[::2], lesions[1::2]
    table = with_threshold(altered.assign(threshold=changes[::2].astype(float)), 20)
    pairs = real(measured, lambda pairs: changes[1::2], dice=0.5)
    same = held(table, pairs, ()).loc["all"]
    apart = held(table.assign(patient_id="new " + table["patient_id"]), pairs, ()).loc["all"]
    assert same["n_by_all"] == apart["n_by_all"] == 30
    assert same["high"] - same["low"] < 0.1 < 0.5 < apart["high"] - apart["low"]


def test_two_patients_have_a_ratio_and_no_interval():
    lesions = lesions_of(2, 10)
    row = held(with_threshold(lesions, 40), real(lesions, lambda pairs: pairs["dice"] < 0.6)).loc["all"]
    assert row["value"] > 0
    assert np.isnan(row["low"])
    assert "at least 3 are needed" in row["statement"]


def test_where_nothing_changes_no_ratio_is_given():
    lesions = lesions_of(5)
    altered = masks_of(lesions, 20)
    none, some = (
        held(altered, real(lesions, change)).loc["all"] for change in (lambda p: p["dice"] > 2, lambda p: p["dice"] > 0)
    )
    assert np.isnan([none["value"], some["value"]]).all()
    assert none["statement"] == "no class is expected to change, and none does"
    assert some["statement"] == "classes change where altered masks of the same Dice change none"


def test_pairs_are_made_of_a_long_table():
    lesions = lesions_of(2, 1)
    long = pd.concat(
        [
            lesions.assign(mask_source="manual", kind="manual", predicted=[1.0, 0.0]),
            lesions.assign(mask_source="net", kind="manual", predicted=[0.0, 0.0], dice=[0.4, 0.7], detected=1),
            lesions.iloc[:1].assign(lesion_id=1001, mask_source="net", kind="false_positive", predicted=1.0),
        ]
    ).reindex(columns=list(LONG_COLUMNS))
    pairs = real_pairs(long, "manual")
    assert pairs["mask_source"].tolist() == ["net", "net"]
    assert pairs[["predicted_reference", "predicted", "dice"]].to_numpy().tolist() == [[1, 0, 0.4], [0, 0, 0.7]]
    assert pairs[list(LESION_KEY)].merge(lesions).shape[0] == 2
    assert real_pairs(long[long["mask_source"] == "manual"], "manual").empty


def test_without_pairs_or_masks_there_is_an_empty_table():
    lesions = lesions_of(3)
    altered, pairs = masks_of(lesions, 5), real(lesions, lambda pairs: pairs["dice"] < 0.5)
    for found in (held(altered, pairs.iloc[:0]), held(altered.iloc[:0], pairs)):
        assert list(found.reset_index()[list(HELD_COLUMNS)]) == list(HELD_COLUMNS)
        assert found.empty
