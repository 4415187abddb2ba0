"""Curves of lesions: cells, kinds alike, and monotone as scikit-learn makes them."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from tests.unit.perturbation.made import changed, lesion_list, masks_of, with_threshold

from livermets.perturbation.altered import MEASURES, altered_masks
from livermets.perturbation.curves import cell_of, kind_means, lesion_curves, over_kinds, rising

DICE, ASSD, VOLUME = MEASURES


def test_a_cell_holds_its_upper_end_and_the_first_one_zero():
    assert cell_of(np.array([0.0, 0.25, 0.26, 1.0, np.nan, np.inf]), [0.25, 0.6]).tolist() == [0, 0, 1, 2, -1, -1]


def test_kinds_weigh_the_same_whatever_their_numbers_of_masks():
    """Of ten eroded masks all are unchanged, of two dilated ones one: 0.75, and not 11/12."""
    table = masks_of(lesion_list([0], [20]), 10, ["erosion", "dilation"])
    table = table[~((table["kind"] == "dilation") & (table["draw"] > 1))].reset_index(drop=True)
    altered = altered_masks(changed(table, (table["kind"] == "dilation") & (table["draw"] == 0)))
    means = kind_means(altered, "same", np.zeros(len(table), np.intp), 2)
    assert means[0, :, 0].tolist() == [1.0, 0.5]
    assert np.isnan(means[0, :, 1]).all()
    assert over_kinds(means)[0, 0] == 0.75


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_curves_go_from_the_worst_masks_to_the_best(measure):
    altered = altered_masks(masks_of(lesion_list([0, 1], [20, 30]), 200))
    curves = lesion_curves(altered, measure)
    nearer = np.abs(curves.position - measure.best)
    assert (np.diff(nearer) < 0).all()
    assert np.isin(curves.agreement[np.isfinite(curves.agreement)], 1).all()


def test_a_lesion_s_curve_steps_where_its_class_changes():
    lesions = lesion_list([0], [20]).assign(threshold=0.5)
    curves = lesion_curves(altered_masks(with_threshold(lesions, 300)), DICE)
    known = np.isfinite(curves.agreement[0])
    assert (curves.agreement[0] == (curves.position > 0.5))[known].all()


def test_masks_that_vanished_count_with_dice_0_and_have_no_place_in_mm():
    table = masks_of(lesion_list([0], [20]), 50, ["erosion"])
    altered = altered_masks(changed(table, table["draw"] == 0, "vanished"))
    by_dice, by_mm = (lesion_curves(altered, measure) for measure in (DICE, ASSD))
    assert by_dice.agreement[0, 0] == 0
    assert np.nanmin(by_mm.agreement) == 1
    assert np.isfinite(by_mm.position).all()


def test_rising_is_scikit_learn_s_isotonic_regression():
    random = np.random.default_rng(4)
    values, weight = random.random(40), random.integers(0, 5, 40).astype(float)
    known = weight > 0
    theirs = IsotonicRegression().fit_transform(np.arange(40)[known], values[known], sample_weight=weight[known])
    found = rising(values, weight)
    np.testing.assert_allclose(found[known], theirs, atol=1e-12)
    assert np.isnan(found[~known]).all()
