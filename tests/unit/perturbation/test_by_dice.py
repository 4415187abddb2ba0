"""Agreement in bands of Dice, sizes and kinds."""

import numpy as np
import pytest
from tests.unit.perturbation.made import changed, lesion_list, masks_of, with_threshold

from livermets.perturbation.altered import altered_masks
from livermets.perturbation.by_dice import BY_DICE_COLUMNS, FINE_CUTS, agreement_by_dice, agreement_in_range
from livermets.stats.resampling import PatientBootstrap


def boot(patients, replicates=300):
    return PatientBootstrap.draw(patients, replicates, 0.95, np.random.default_rng(2))


def by_dice(table, cuts=(0.5,), diameter_cuts=(20.0,), **more):
    altered = altered_masks(table)
    return agreement_by_dice(altered, cuts, diameter_cuts, boot(altered.patients), **more)


def test_lesions_count_once_whatever_their_number_of_masks():
    lesions = lesion_list([0, 1, 2, 3], [10, 15, 25, 30]).assign(threshold=[0.9, 0.0, 0.0, 0.0])
    table = with_threshold(lesions, 40)
    table = table[(table["patient_id"] == "p0") | (table["draw"] % 2 == 0)]
    found = by_dice(table, (0.5, 0.85)).query("kind == 'all' and measure == 'same'").set_index(["size", "dice_high"])
    assert found.loc[("all", 0.5), "value"] == 0.75
    assert found.loc[("< 20 mm", 0.5), "value"] == 0.5
    assert found.loc[("≥ 20 mm", 0.85), "value"] == 1
    assert found.loc[("all", 0.5), "n_masks"] == (table["dice"] <= 0.5).sum()


def test_the_three_outcomes_of_a_band_add_up_to_one():
    table = masks_of(lesion_list(np.arange(5), np.arange(10, 35, 5)), 30)
    table = changed(changed(table, table["dice"] < 0.3, "no ROI"), table["dice"].between(0.3, 0.6))
    found = by_dice(table, (0.25, 0.6, 0.8))
    keys = ["size", "kind", "dice_low", "dice_high"]
    assert found.groupby(keys)["value"].sum().to_numpy() == pytest.approx(1)
    lowest = found[(found["dice_high"] == 0.25) & (found["kind"] == "all") & (found["size"] == "all")]
    assert lowest.set_index("measure")["value"].to_dict() == {"same": 0, "other": 0, "no_class": 1}


def test_a_kind_that_some_lesions_lack_is_judged_on_the_others():
    lesions = lesion_list(np.arange(4), [10, 10, 30, 30]).assign(threshold=[0.0, 0.0, 1.0, 1.0])
    table = with_threshold(lesions, 20)
    table = table[~((table["kind"] == "shift") & (table["longest_diameter_mm"] == 30))]
    found = by_dice(table).query("size == 'all' and measure == 'same' and dice_high == 1").set_index("kind")
    assert found["value"].to_dict() == {"all": 0.5, "erosion": 0.5, "dilation": 0.5, "shift": 1.0}
    assert found["n_lesions"].to_dict() == {"all": 4, "erosion": 4, "dilation": 4, "shift": 2}


def test_the_fine_grid_covers_every_mask_once():
    table = masks_of(lesion_list(np.arange(3), [10, 20, 30]), 50)
    found = by_dice(table, FINE_CUTS, outcomes=("same",)).query("size == 'all' and kind == 'all'")
    assert found["n_masks"].sum() == len(table)
    assert set(found["measure"]) == {"same"}


def test_ranges_are_open_below_and_one_from_0_holds_0():
    table = masks_of(lesion_list([0], [20]), 3, ["erosion"]).assign(dice=[0.0, 0.5, 0.6])
    altered = altered_masks(changed(table, [True, False, False]))
    assert agreement_in_range(altered, 0.0, 0.5)[0] == 0.5
    assert agreement_in_range(altered, 0.5, 1.0)[0] == 1
    assert np.isnan(agreement_in_range(altered, 0.7, 1.0)[0])


def test_an_empty_table_gives_an_empty_one():
    found = by_dice(masks_of(lesion_list([0], [20]), 1).iloc[:0])
    assert list(found) == list(BY_DICE_COLUMNS)
    assert found.empty
