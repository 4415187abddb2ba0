"""Areas under the ROC curve of masks: those of scikit-learn with weights, paired, and none where nothing changes."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from tests.unit.perturbation.made import changed, lesion_list, masks_of, with_threshold

from livermets.perturbation.altered import altered_masks
from livermets.perturbation.predictors import PREDICTOR_COLUMNS, predictors_table, weighted_auc
from livermets.stats.resampling import PatientBootstrap

KEYS = ["compared", "measure", "minus"]


def predictors(table, replicates=300):
    altered = altered_masks(table)
    boot = PatientBootstrap.draw(altered.patients, replicates, 0.95, np.random.default_rng(3))
    return predictors_table(altered, boot).set_index(KEYS)


def noisy(patients=12, per_kind=20, seed=5):
    """Lesions of unequal numbers of masks whose class is likelier unchanged at a high Dice."""
    random = np.random.default_rng(seed)
    lesions = lesion_list(np.repeat(np.arange(patients), 2), random.uniform(10, 40, 2 * patients))
    table = masks_of(lesions, per_kind, seed=seed)
    table["assd_mm"] *= np.exp(random.normal(0, 0.5, len(table)))
    table = table[(table["kind"] != "shift") | (table["draw"] < 5)].reset_index(drop=True)
    return changed(table, random.random(len(table)) > table["dice"])


def test_the_areas_are_scikit_learn_s_with_the_weights_of_lesions():
    table = noisy()
    altered, found = altered_masks(table), predictors(table)
    masks = altered.masks
    for measure, sign in (("dice", 1), ("assd_mm", -1), ("log_volume_ratio", -1)):
        over_all = roc_auc_score(masks["same"], sign * masks[measure], sample_weight=masks["weight"])
        within = [
            roc_auc_score(one["same"], sign * one[measure], sample_weight=one["weight"])
            for _, one in masks.groupby("lesion")
        ]
        assert found.loc[("all masks", measure, ""), "value"] == pytest.approx(over_all, abs=1e-3)
        assert found.loc[("within lesions", measure, ""), "value"] == pytest.approx(np.mean(within), abs=1e-3)


def test_differences_are_those_of_the_areas_and_paired():
    found = predictors(noisy())
    for compared in ("within lesions", "all masks"):
        areas = found.xs((compared, ""), level=("compared", "minus"))
        difference = found.loc[(compared, "dice", "assd_mm")]
        assert difference["value"] == pytest.approx(areas.loc["dice", "value"] - areas.loc["assd_mm", "value"])
        assert difference["low"] < difference["value"] < difference["high"]
    alike = noisy().assign(assd_mm=lambda table: 1 - table["dice"])
    assert predictors(alike).loc[("all masks", "dice", "assd_mm"), "value"] == 0


def test_many_masks_of_one_patient_do_not_narrow_the_interval():
    few, many = (predictors(noisy(per_kind=number)).loc[("all masks", "dice", "")] for number in (20, 160))
    assert (many["high"] - many["low"]) > 0.4 * (few["high"] - few["low"])


def test_a_threshold_within_lesions_is_told_by_dice_and_not_by_the_volume_of_shifted_masks():
    lesions = lesion_list(np.arange(8), np.linspace(10, 40, 8)).assign(threshold=np.linspace(0.3, 0.8, 8))
    found = predictors(with_threshold(lesions, 60, kinds=["shift"]))
    assert found.loc[("within lesions", "dice", ""), "value"] == pytest.approx(1)
    assert found.loc[("within lesions", "log_volume_ratio", ""), "value"] == pytest.approx(0.5)
    assert found.loc[("all masks", "dice", ""), "value"] < 0.98


def test_masks_of_which_nothing_is_left_are_the_worst_by_every_measure():
    table = masks_of(lesion_list(np.arange(4), [10, 20, 30, 40]), 30)
    gone = table["draw"] == 0
    table.loc[gone, ["dice", "assd_mm", "volume_ratio"]] = [0.0, np.nan, 0.0]
    found = predictors(changed(table, gone, "vanished"))
    for measure in ("dice", "assd_mm", "log_volume_ratio"):
        assert found.loc[("all masks", measure, ""), "value"] == pytest.approx(1, abs=1e-3)


def test_ties_count_half_and_one_outcome_has_no_area():
    assert weighted_auc(np.array([[0.0, 1.0, 1.0]]), np.array([[1.0, 1.0, 0.0]]))[0] == pytest.approx(3.5 / 4)
    assert np.isnan(weighted_auc(np.array([[1.0, 0.0]]), np.zeros((1, 2))))[0]


@pytest.mark.parametrize("every, why", [(False, "no mask changes"), (True, "every mask changes")])
def test_where_nothing_or_everything_changes_there_is_nothing_to_predict(every, why):
    table = masks_of(lesion_list(np.arange(5), np.linspace(10, 40, 5)), 10)
    found = predictors(changed(table, np.full(len(table), every)))
    assert found[["value", "low", "high"]].isna().all(axis=None)
    assert found.xs("all masks")["note"].str.startswith(why).all()
    assert set(found.xs("within lesions")["note"]) == {"no lesion has masks of an unchanged and of a changed class"}


def test_classes_that_change_by_chance_are_predicted_by_nothing():
    table = masks_of(lesion_list(np.arange(20), np.linspace(10, 40, 20)), 40)
    found = predictors(changed(table, np.random.default_rng(2).random(len(table)) < 0.3)).xs("", level="minus")
    assert found["value"].to_numpy() == pytest.approx(0.5, abs=0.03)
    assert ((found["low"] < 0.51) & (found["high"] > 0.49)).all()


def test_an_empty_table_gives_an_empty_one():
    found = predictors(masks_of(lesion_list([0], [20]), 1).iloc[:0]).reset_index()
    assert list(found) == list(PREDICTOR_COLUMNS)
    assert found.empty
