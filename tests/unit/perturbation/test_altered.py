"""Masks as statistics take them: weights, what of a mask that vanished, and lesions without a class."""

import numpy as np
import pandas as pd
import pytest
from tests.unit.perturbation.made import changed, lesion_list, masks_of

from livermets.perturbation.altered import altered_masks


def test_every_kind_of_a_lesion_has_the_same_part_of_its_weight():
    table = masks_of(lesion_list([0, 1], [20, 30]), 4)
    table = table[~((table["kind"] == "shift") & (table["draw"] > 0))]
    table = table[~((table["patient_id"] == "p1") & (table["kind"] == "erosion"))]
    altered = altered_masks(table)
    part = altered.masks.groupby(["lesion", "kind"])["weight"].sum()
    assert part.loc[0].tolist() == pytest.approx([1 / 3] * 3)
    assert part.loc[1].tolist() == pytest.approx([1 / 2] * 2)
    assert altered.lesions["n_masks"].tolist() == [9, 5]


def test_a_mask_of_which_nothing_is_left_is_infinitely_far_away():
    table = masks_of(lesion_list([0], [20]), 3, ["erosion"])
    table.loc[0, ["dice", "volume_ratio", "assd_mm"]] = [np.nan, np.nan, np.nan]
    masks = altered_masks(changed(table, table.index == 0, "vanished")).masks
    assert masks.loc[0, ["dice", "assd_mm", "log_volume_ratio"]].tolist() == [0, np.inf, np.inf]
    assert masks.loc[0, ["same", "other", "no_class"]].tolist() == [0, 0, 1]


def test_a_volume_counts_alike_whether_it_is_too_large_or_too_small():
    table = masks_of(lesion_list([0], [20]), 2, ["erosion"]).assign(volume_ratio=[0.5, 2.0])
    assert altered_masks(table).masks["log_volume_ratio"].tolist() == pytest.approx([np.log(2)] * 2)


def test_lesions_without_a_class_by_the_reference_are_counted_and_left_out():
    table = masks_of(lesion_list([0, 0, 1], [20, 8, 30]), 2)
    small = table["longest_diameter_mm"] == 8
    table.loc[small, ["same_class", "predicted_reference"]] = np.nan
    altered = altered_masks(table)
    assert altered.n_without_class == 1
    assert altered.lesions["longest_diameter_mm"].tolist() == [20, 30]
    assert altered.patients == 2


def test_the_same_patient_id_in_two_cohorts_is_two_patients():
    lesions = lesion_list([0, 0], [20, 30]).assign(cohort=["a", "b"], lesion_id=1)
    assert altered_masks(masks_of(lesions, 1)).patients == 2


def test_sizes_follow_the_cuts_and_a_lesion_without_a_diameter_is_in_all_alone():
    altered = altered_masks(masks_of(lesion_list([0, 0, 1], [15, np.nan, 14.9]), 1))
    groups = {name: inside.tolist() for name, inside in altered.size_groups((15.0,)).items()}
    assert groups == {
        "all": [True, True, True],
        "< 15 mm": [False, False, True],
        "≥ 15 mm": [True, False, False],
    }


def test_a_table_of_categories_and_nullable_numbers_is_the_same_table():
    table = masks_of(lesion_list([0, 1, 1], [20, 30, 10]), 3)
    table.loc[table["draw"] == 0, "share"] = np.nan
    words = ["cohort", "patient_id", "timepoint", "kind", "fate"]
    typed = table.astype(dict.fromkeys(words, "category") | {"same_class": "Int64", "share": "Float64"})
    plain, other = altered_masks(table), altered_masks(typed)
    pd.testing.assert_frame_equal(plain.masks, other.masks)
    assert plain.lesions["patient"].tolist() == other.lesions["patient"].tolist()


def test_kinds_come_in_the_order_of_the_settings():
    table = masks_of(lesion_list([0], [20]), 1, ["shift", "erosion", "of one's own"])
    altered = altered_masks(table)
    assert altered.kinds == ("erosion", "shift", "of one's own")
    assert altered.masks["kind"].tolist() == [1, 0, 2]
