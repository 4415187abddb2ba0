"""Classes changed by retraining and by masks, in made-up studies of which every rate is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.unit.perturbation.made import changed, lesion_list, masks_of

from livermets.config.statistics import StatisticsSettings
from livermets.perturbation.class_noise import FEWER, MORE, NOISE_COLUMNS, RATE_COLUMNS, UNTOLD, class_noise, dice_band

STATISTICS = StatisticsSettings(bootstrap_replicates=400)
LESIONS = lesion_list(np.repeat(np.arange(8), 3), 20.0)
REFITS = 4


def study(by_seed=0.0, by_bootstrap=0.0, by_mask=(), dice=0.8, lesions=LESIONS) -> pd.DataFrame:
    """Lesions of which refits change the given share each (of 4), and the mask of `net` the class of some (all models
    alike). The study's model calls every lesion R+."""
    parts = []
    for kind, share in (("seeds", by_seed), ("bootstraps", by_bootstrap)):
        shares = np.broadcast_to(share, len(lesions))
        for refit in range(1, REFITS + 1):
            flipped = (refit <= np.rint(shares * REFITS)).astype(int)
            for source in ("manual", "net"):
                other = np.isin(np.arange(len(lesions)), by_mask).astype(int) if source == "net" else 0
                part = lesions.assign(mask_source=source, retraining=kind, refit=refit, dice=dice, n_roi=9)
                part = part.assign(predicted_study=1 - other, share_study=0.6, share=0.6, threshold=0.5)
                parts.append(part.assign(predicted=(1 - other + flipped) % 2))
    table = pd.concat(parts, ignore_index=True)
    table.loc[table["mask_source"] == "manual", "dice"] = np.nan
    return table


def noise(classes, altered=None, primary="net"):
    return class_noise(classes, altered, "manual", primary, STATISTICS, seed=1)


def rows(found, retraining="bootstraps", against="mask") -> pd.DataFrame:
    table = found.class_noise
    return table[(table["retraining"] == retraining) & table["against"].eq(against)].set_index("measure")


def test_rates_are_counted_per_lesion():
    found = noise(study(by_seed=0.25, by_bootstrap=0.75, by_mask=[0, 1, 2]))
    rates = found.class_noise_lesions
    assert list(rates.columns) == list(RATE_COLUMNS)
    by = rates.set_index(["changed_by", "models"]).sort_index(kind="stable")
    assert (by.loc[("retraining", "seeds"), "rate"] == 0.25).all()
    assert (by.loc[("retraining", "bootstraps"), "rate"] == 0.75).all()
    assert by.loc[("mask", "study"), "rate"].tolist() == [1.0] * 3 + [0.0] * 21
    assert by.loc[("mask", "seeds"), "rate"].tolist() == [1.0] * 3 + [0.0] * 21
    assert by.loc[("retraining", "seeds"), "n"].eq(REFITS).all()
    assert by.loc[("mask", "study"), "n"].eq(1).all()


def test_means_and_differences_are_those_of_lesions():
    table = rows(noise(study(by_bootstrap=np.tile([0.0, 0.5, 1.0], 8), by_mask=[0, 4, 8])))
    assert table["value"].to_dict() == pytest.approx(
        {"retraining": 0.5, "mask": 3 / 24, "mask_by_refits": 3 / 24, "difference": 0.5 - 3 / 24}
    )
    assert set(table["n_lesions"]) == {24}
    assert set(table["n_patients"]) == {8}
    assert set(table["n_refits"]) == {REFITS}


def test_retraining_that_changes_all_and_masks_that_change_none():
    table = rows(noise(study(by_bootstrap=1.0)))
    assert table.loc["difference", "value"] == 1.0
    assert table.loc["difference", "statement"] == MORE
    # All of 8 patients: Clopper and Pearson's lower end is 0.025 ** (1 / 8).
    assert table.loc["difference", "low"] == pytest.approx(0.025 ** (1 / 8))
    assert table.loc["difference", "high"] == 1.0


def test_masks_that_change_all_and_retraining_that_changes_none():
    table = rows(noise(study(by_mask=range(24))))
    assert table.loc["difference", "value"] == -1.0
    assert table.loc["difference", "statement"] == FEWER
    assert table.loc["difference", ["low", "high"]].tolist() == pytest.approx([-1.0, -(0.025 ** (1 / 8))])
    assert table.loc["retraining", ["value", "low"]].tolist() == [0.0, 0.0]


def test_as_many_by_one_as_by_the_other_cannot_be_told_apart():
    rates = np.zeros(24)
    rates[[1, 5, 9, 14]] = 1.0
    table = rows(noise(study(by_bootstrap=rates, by_mask=[0, 7, 10, 20])))
    assert table.loc["difference", "value"] == 0.0
    assert table.loc["difference", "low"] < 0 < table.loc["difference", "high"]
    assert table.loc["difference", "statement"] == UNTOLD


def test_a_difference_is_paired():
    """Lesions that change by both leave nothing to differ, however many they are."""
    rates = np.zeros(24)
    rates[::2] = 1.0
    table = rows(noise(study(by_bootstrap=rates, by_mask=np.flatnonzero(rates))))
    assert table.loc["mask", "high"] - table.loc["mask", "low"] > 0
    assert table.loc["difference", ["value", "low"]].tolist() == [0.0, 0.0]


def test_only_lesions_that_both_masks_classify_are_compared():
    classes = study(by_bootstrap=np.repeat([1.0, 0.0], 12))
    missed = classes["mask_source"].eq("net") & classes["patient_id"].isin(["p0", "p1", "p2", "p3"])
    found = noise(classes[~missed])
    table = rows(found)
    assert set(table["n_lesions"]) == {12}
    assert table.loc["retraining", "value"] == 0.0
    alone = found.class_noise[found.class_noise["against"].isna()].set_index("retraining")
    assert alone.loc["bootstraps", "value"] == 0.5
    assert alone.loc["bootstraps", "n_lesions"] == 24


def test_refits_are_no_data():
    """A hundred times as many refits of the same rates give the same interval."""
    rates = np.tile([0.0, 0.5, 1.0], 8)
    once = study(by_bootstrap=rates)
    more = pd.concat([once, once.assign(refit=once["refit"] + REFITS)], ignore_index=True)
    one, other = (rows(noise(classes)) for classes in (once, more))
    assert other["n_refits"].tolist() == [2 * REFITS] * 4
    pd.testing.assert_frame_equal(one.drop(columns="n_refits"), other.drop(columns="n_refits"))


def test_altered_masks_of_about_the_dice_of_the_network_count():
    classes = study(by_bootstrap=0.25, dice=np.linspace(0.6, 0.8, 24))
    low, high = dice_band(classes, "net")
    assert (low, high) == pytest.approx((0.65, 0.75))
    masks = masks_of(LESIONS, 40)
    altered = changed(masks, ~masks["dice"].between(low, high) | (masks["kind"] == "shift"))
    found = noise(classes, altered)
    table = rows(found, against="altered")
    assert table.loc["mask", "value"] == pytest.approx(1 / 3)  # shifts, of three kinds alike
    assert table.loc["difference", "value"] == pytest.approx(0.25 - 1 / 3)
    assert table[["dice_low", "dice_high"]].iloc[0].tolist() == pytest.approx([low, high])
    lesions = found.class_noise_lesions
    inside = masks["dice"].between(low, high).groupby(masks["patient_id"] + masks["lesion_id"].astype(str)).sum()
    assert lesions.loc[lesions["changed_by"] == "altered", "n"].tolist() == inside.tolist()


def test_altered_masks_without_a_class_are_no_other_class():
    masks = masks_of(LESIONS, 40)
    altered = changed(masks, masks["kind"] != "shift", fate="no ROI")
    table = rows(noise(study(), altered), against="altered")
    assert table.loc["mask", "value"] == 0.0


def test_a_source_of_one_dice_still_has_a_range():
    assert dice_band(study(dice=0.8), "net") == pytest.approx((0.75, 0.85))
    assert dice_band(study(), None) is None


def test_without_another_mask_only_retraining_is_told():
    found = noise(study(by_seed=0.5)[lambda t: t["mask_source"] == "manual"], masks_of(LESIONS, 10), primary=None)
    assert found.class_noise["measure"].tolist() == ["retraining", "retraining"]
    assert found.class_noise["value"].tolist() == [0.5, 0.0]


def test_nothing_to_classify_is_an_empty_answer():
    found = noise(study().iloc[:0])
    assert list(found.class_noise.columns) == list(NOISE_COLUMNS)
    assert found.class_noise.empty
    assert found.class_noise_lesions.empty


def test_two_patients_give_no_interval():
    few = LESIONS[LESIONS["patient_id"].isin(["p0", "p1"])]
    table = rows(noise(study(by_bootstrap=1.0, lesions=few)))
    assert table.loc["difference", "value"] == 1.0
    assert "at least 3" in table.loc["difference", "statement"]
