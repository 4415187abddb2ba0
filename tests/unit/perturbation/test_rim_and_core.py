"""Spheres whose R+ ROIs lie in the rim or in the core: which masks change the class follows from volumes.

With the volume of the reference 1, a concentric mask of volume v has the Dice 2 min(v, 1) / (1 + v). A core of volume
0.6 that is R+ is the share min(0.6 / v, 1) of it; of an R+ rim around a core of 0.4 there is left (v - 0.4) / v, and
0.6 / v of a mask that goes beyond the lesion. The threshold is a share of one half."""

import numpy as np
import pytest
from tests.unit.perturbation.made import lesion_list, masks_of

from livermets.perturbation.altered import altered_masks
from livermets.perturbation.by_dice import agreement_by_dice
from livermets.perturbation.needed import needed_tables
from livermets.perturbation.slope import lesion_slopes
from livermets.stats.resampling import PatientBootstrap


def simulated(where, kinds=("erosion", "dilation")):
    table = masks_of(lesion_list(np.arange(30), np.linspace(10, 40, 30)), 60, kinds)
    volume = table["volume_ratio"]
    core, rim = np.minimum(0.6 / volume, 1), np.where(volume > 1, 0.6 / volume, np.maximum(volume - 0.4, 0) / volume)
    share = {"core": core, "rim": rim}[where]
    kept = share >= 0.5
    return table.assign(share=share, share_reference=0.6, predicted=kept.astype(float), same_class=kept.astype(float))


def boot(altered):
    return PatientBootstrap.draw(altered.patients, 100, 0.95, np.random.default_rng(3))


def needed(table):
    altered = altered_masks(table)
    found = needed_tables(altered, (20.0,), (0.9,), boot(altered))[0]
    return found[found["measure"] == "dice"].iloc[0]


def test_erosion_changes_the_class_where_the_rim_responds_and_not_where_the_core_does():
    """Of the rim more than half is left from v = 0.8 on: Dice 1.6 / 1.8."""
    assert needed(simulated("rim", ["erosion"]))["value"] == pytest.approx(1.6 / 1.8, abs=0.01)
    core = needed(simulated("core", ["erosion"]))
    assert np.isnan(core["value"])
    assert core["statement"].startswith("target agreement reached at every Dice of the altered masks")


@pytest.mark.parametrize("where", ["rim", "core"])
def test_dilation_dilutes_both(where):
    """The share is half from v = 1.2 on: Dice 2 / 2.2."""
    assert needed(simulated(where, ["dilation"]))["value"] == pytest.approx(2 / 2.2, abs=0.01)


def test_kinds_are_told_apart_where_one_alone_matters():
    altered = altered_masks(simulated("core"))
    found = agreement_by_dice(altered, (0.6, 0.9), (), boot(altered), outcomes=("same",))
    found = found[found["dice_high"] < 1].set_index(["kind", "dice_high"])["value"]
    assert found.loc["erosion"].tolist() == [1, 1]
    assert found.loc["dilation"].tolist() == [0, 0]
    assert found.loc["all"].tolist() == [0.5, 0.5]


def test_by_how_much_shares_move_follows_from_volumes():
    """By erosion to v = 0.9, Dice 1.8 / 1.9, the rim's share falls by 0.6 - 5/9; the core's rises by 2/3 - 0.6."""
    for where, move in (("rim", 0.6 - 5 / 9), ("core", 2 / 3 - 0.6)):
        table = simulated(where, ["erosion"])
        nearest = table.iloc[[(table["volume_ratio"] - 0.9).abs().argmin()]]
        slope = lesion_slopes(altered_masks(nearest))[0]
        assert slope == pytest.approx(move / ((1 - 1.8 / 1.9) / 0.1), rel=0.01)
