"""By how much shares move: lines through the origin, one per lesion."""

import numpy as np
import pytest
from tests.unit.perturbation.made import lesion_list, masks_of

from livermets.perturbation.altered import altered_masks
from livermets.perturbation.slope import SLOPE_COLUMNS, lesion_slopes, slope_table
from livermets.stats.resampling import PatientBootstrap


def slopes(table, cuts=(20.0,)):
    altered = altered_masks(table)
    boot = PatientBootstrap.draw(altered.patients, 300, 0.95, np.random.default_rng(3))
    return slope_table(altered, cuts, boot).set_index("size")


def moving(per_tenth, signs=(1, -1)):
    """Lesions whose share moves so much per 0.1 of Dice lost, up or down by turns."""
    lesions = lesion_list(np.arange(len(per_tenth)), np.linspace(10, 40, len(per_tenth)))
    table = masks_of(lesions, 30)
    own = np.repeat(per_tenth, 90)
    turn = np.where(np.arange(len(table)) % 2, *signs)
    return table.assign(share=0.5 + turn * own * (1 - table["dice"]) / 0.1, share_reference=0.5)


def test_a_move_in_either_direction_counts_with_its_size():
    found = slopes(moving([0.01, 0.02, 0.04, 0.05]))
    assert found["value"].to_dict() == pytest.approx({"all": 0.03, "< 20 mm": 0.01, "≥ 20 mm": 0.11 / 3})
    assert 0.01 <= found.loc["all", "low"] < 0.03 < found.loc["all", "high"] <= 0.05
    assert np.isnan(found.loc["< 20 mm", "low"])


def test_the_line_of_a_lesion_is_numpy_s_weighted_least_squares():
    random = np.random.default_rng(4)
    table = masks_of(lesion_list([0], [20]), 40)
    table = table.assign(share=0.8 - random.random(len(table)) * (1 - table["dice"]))
    table = table[(table["kind"] != "shift") | (table["draw"] < 3)]
    altered = altered_masks(table)
    lost, moved = (1 - altered.masks["dice"]) / 0.1, (0.8 - altered.masks["share"]).abs()
    root = np.sqrt(altered.masks["weight"].to_numpy())
    theirs = np.linalg.lstsq((root * lost.to_numpy())[:, None], root * moved.to_numpy(), rcond=None)[0][0]
    assert lesion_slopes(altered)[0] == pytest.approx(theirs)


def test_masks_without_a_share_are_counted_and_left_out():
    table = moving([0.01, 0.02, 0.03])
    table.loc[table["dice"] < 0.3, "share"] = np.nan
    found = slopes(table)
    assert found.loc["all", "value"] == pytest.approx(0.02)
    assert found.loc["all", "n_without_share"] == (table["dice"] < 0.3).sum()


def test_shares_that_do_not_depend_on_the_mask_have_a_slope_of_0():
    found = slopes(masks_of(lesion_list(np.arange(4), [10, 15, 25, 30]), 10))
    assert (found["value"] == 0).all()
    assert found["note"].ne("").all()


def test_an_empty_table_gives_an_empty_one():
    found = slopes(masks_of(lesion_list([0], [20]), 1).iloc[:0]).reset_index()
    assert list(found) == list(SLOPE_COLUMNS)
    assert found.empty
