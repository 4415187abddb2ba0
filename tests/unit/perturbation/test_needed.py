"""What masks must be like: the truth of simulated lesions comes back, and what cannot be said is not."""

import numpy as np
import pytest
from scipy import stats
from tests.unit.perturbation.made import changed, lesion_list, masks_of, with_threshold

from livermets.perturbation.altered import MEASURES, altered_masks
from livermets.perturbation.curves import lesion_curves
from livermets.perturbation.needed import CURVE_COLUMNS, NEEDED_COLUMNS, crossing, needed_row, needed_tables
from livermets.perturbation.neighbours import neighbours
from livermets.stats.resampling import PatientBootstrap

DIAMETERS = (12.0, 20.0, 35.0)


def tables(table, diameters=DIAMETERS, targets=(0.9,), replicates=100):
    altered = altered_masks(table)
    boot = PatientBootstrap.draw(altered.patients, replicates, 0.95, np.random.default_rng(3))
    return needed_tables(altered, diameters, targets, boot)


def needed(table, measure="dice", **more):
    found = tables(table, **more)[0]
    return found[found["measure"] == measure].set_index("longest_diameter_mm")


def lesions_with(threshold, patients=60, each=4, seed=1):
    random = np.random.default_rng(seed)
    lesions = lesion_list(np.repeat(np.arange(patients), each), random.uniform(9, 45, patients * each))
    return lesions.assign(threshold=threshold(lesions["longest_diameter_mm"].to_numpy(), random))


def steps(diameter, random):
    """Lesions of 10 mm keep their class from about Dice 0.7 on, those of 20 mm from 0.55, those of 40 mm from 0.4."""
    return 0.7 - 0.15 * np.log2(diameter / 10) + random.normal(0, 0.1, len(diameter))


def test_the_true_needed_dice_comes_back_at_every_diameter():
    """Thresholds are normal around a line in log diameter, so 90 % need its mean and 1.28 standard deviations more."""
    found = needed(with_threshold(lesions_with(steps), 60))
    for diameter in DIAMETERS:
        truth = 0.7 - 0.15 * np.log2(diameter / 10) + stats.norm.ppf(0.9) * 0.1
        assert found.loc[diameter, "value"] == pytest.approx(truth, abs=0.05)
        assert found.loc[diameter, "low"] < truth < found.loc[diameter, "high"]
    assert set(found["statement"]) == {""}


def test_the_true_distance_and_volume_ratio_come_back():
    """Of lesions of one diameter: the distance is (1 - Dice) diameter / 4 by construction, and an eroded mask of
    ratio r has the Dice 2 r / (1 + r)."""
    lesions = lesions_with(steps).assign(longest_diameter_mm=20.0)
    table = with_threshold(lesions, 180, kinds=["erosion"])
    dice = np.quantile(lesions["threshold"], 0.9)
    found = tables(table, diameters=(20.0,))[0].set_index("measure")["value"]
    assert found["dice"] == pytest.approx(dice, abs=0.01)
    assert found["assd_mm"] == pytest.approx((1 - dice) * 20 / 4, abs=0.05)
    assert found["log_volume_ratio"] == pytest.approx(-np.log(dice / (2 - dice)), abs=0.02)


def test_a_threshold_that_all_share_is_found_to_within_a_cell():
    table = with_threshold(lesions_with(lambda diameter, _: np.full(len(diameter), 0.6)), 60)
    found = needed(table)
    assert found["value"].to_numpy() == pytest.approx(0.6, abs=0.02)
    low, high = found["low"].to_numpy(), found["high"].to_numpy()
    assert ((np.isnan(low)) | (high - low < 0.02)).all()


def test_a_volume_ratio_that_decides_is_found():
    table = masks_of(lesions_with(lambda diameter, _: diameter), 60, ["erosion", "dilation"])
    far = np.abs(np.log(table["volume_ratio"])) > np.log(1.5)
    found = needed(changed(table, far), "log_volume_ratio")
    assert found["value"].to_numpy() == pytest.approx(np.log(1.5), abs=0.05)


def test_where_every_class_is_kept_every_mask_suffices():
    found, curves = tables(masks_of(lesions_with(steps, 10), 30))
    assert found["value"].isna().all()
    assert found["low"].isna().all()
    assert found["statement"].str.startswith("target agreement reached at every ").all()
    assert (curves["value"] == 1).all()


def test_where_no_mask_suffices_that_is_said():
    table = with_threshold(lesions_with(lambda diameter, _: np.ones(len(diameter)), 10), 30)
    found = needed(table)
    assert found["value"].isna().all()
    assert found["statement"].str.contains("target agreement not reached at any Dice of the altered masks").all()


def test_classes_that_change_whatever_the_mask_have_no_needed_dice():
    """Half of the patients keep their class in 97 %, half in 83 % of masks, at any Dice."""
    table = masks_of(lesions_with(steps, 30), 40)
    random = np.random.default_rng(8)
    chance = np.where(table["patient_id"].str[1:].astype(int) % 2, 0.83, 0.97)
    found = needed(changed(table, random.random(len(table)) > chance))
    assert found["value"].isna().all()
    assert (
        found["statement"].str.contains("the data cannot tell: the rise of agreement with Dice is too uncertain").all()
    )


def test_two_patients_have_a_value_and_no_interval():
    lesions = lesion_list(np.repeat([0, 1], 20), np.tile(np.linspace(10, 30, 20), 2)).assign(threshold=0.6)
    found = needed(with_threshold(lesions, 60), diameters=(20.0,)).loc[20.0]
    assert found["value"] == pytest.approx(0.6, abs=0.03)
    assert np.isnan(found["low"])
    assert "effective patients of about this diameter, at least 3 are needed to resample" in found["statement"]


def test_far_from_all_lesions_nothing_is_said_but_that():
    found = needed(with_threshold(lesions_with(steps, 20), 20), diameters=(45.0, 400.0))
    assert found.loc[45.0, "statement"] == "extrapolated: the lesions measure 9.26 to 44.3 mm"
    assert np.isnan(found.loc[400.0, ["value", "low", "high"]].to_numpy(float)).all()
    assert found.loc[400.0, "statement"].startswith("the data cannot tell: too few lesions of about this diameter")


def test_more_agreement_needs_a_better_mask():
    found = needed(with_threshold(lesions_with(steps), 40), targets=(0.5, 0.9))
    wide = found.pivot(columns="target_agreement", values="value")
    assert (wide[0.9] > wide[0.5] + 0.03).all()


def test_a_crossing_is_linear_between_cells():
    position = np.array([0.1, 0.3, 0.5, 0.7])
    assert crossing(np.array([0.2, 0.6, 1.0, 1.0]), position, 0.8) == pytest.approx(0.4)
    assert crossing(np.array([0.2, np.nan, 1.0, 1.0]), position, 0.6) == pytest.approx(0.3)
    assert crossing(np.array([0.9, 0.9, 1.0, 1.0]), position, 0.8) == -np.inf
    assert crossing(np.array([0.2, 0.6, 0.7, 0.7]), position, 0.8) == np.inf
    assert np.isnan(crossing(np.full(4, np.nan), position, 0.8))


def row_of(crossings, value=0.6):
    """The row that step curves lead to: the patients as they are step at ``value``, each resample somewhere."""
    altered = altered_masks(with_threshold(lesion_list(np.arange(40), [20.0] * 40).assign(threshold=0.6), 30))
    curves, near = lesion_curves(altered, MEASURES[0]), neighbours(altered, 20.0)
    steps_at = np.array([value, *crossings])
    resampled = (curves.position > steps_at[:, None]).astype(float)
    boot = PatientBootstrap(np.ones((len(crossings), 40)), 0.95)
    return needed_row(curves, near, resampled, 0.9, boot)


def test_the_upper_end_is_as_far_as_resamples_are_below():
    """No resample needs a better mask than the patients as they are: the interval does not end at the value."""
    row = row_of(np.linspace(0.4, 0.6, 200))
    assert [row["low"], row["value"], row["high"]] == pytest.approx([0.405, 0.6, 0.795], abs=0.02)
    row = row_of(np.linspace(0.6, 0.8, 200))
    assert [row["low"], row["value"], row["high"]] == pytest.approx([0.605, 0.6, 0.795], abs=0.02)


def test_resamples_that_never_or_always_reach_the_target_open_the_interval():
    spread = np.linspace(0.5, 0.7, 180)
    never = row_of([*spread, *[2.0] * 20])
    assert (never["high"], never["statement"]) == (
        1.0,
        "that any altered mask suffices is not certain: the interval is cut at 1",
    )
    always = row_of([*spread, *[-1.0] * 20])
    assert always["low"] < 0.12
    assert always["statement"].startswith("that the worst altered masks do not suffice is not certain")
    both = row_of([*spread, *[2.0] * 20, *[-1.0] * 20])
    assert np.isnan([both["value"], both["low"], both["high"]]).all()
    assert both["statement"].startswith("the data cannot tell")


def test_the_curve_behind_it_meets_the_target_at_the_needed_dice():
    found, curves = tables(with_threshold(lesions_with(steps), 40), diameters=(20.0,))
    row = found[found["measure"] == "dice"].iloc[0]
    curve = curves[curves["measure"] == "dice"]
    assert np.interp(row["value"], curve["position"], curve["value"]) == pytest.approx(0.9)
    assert ((curve["low"] <= curve["value"] + 1e-9) & (curve["value"] <= curve["high"] + 1e-9)).all()


def test_an_empty_table_gives_empty_ones():
    found, curves = tables(masks_of(lesion_list([0], [20]), 1).iloc[:0])
    assert (list(found), list(curves)) == (list(NEEDED_COLUMNS), list(CURVE_COLUMNS))
    assert found.empty
    assert curves.empty
