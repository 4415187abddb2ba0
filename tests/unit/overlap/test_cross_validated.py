"""Scans drawn by networks that never saw the patient are judged, and never pooled with validation scans."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.unit.overlap.test_networks import masks
from tests.unit.overlap.test_study import of_cohorts, resampling

from livermets.overlap.networks import CROSS_VALIDATED, VALIDATION, NetworkMasks, headline_scans
from livermets.overlap.study import compared_lesions, overlap_tables

DICE = [0.5, 0.0, 0.7, 0.9] * 4


def crossed(one: NetworkMasks, *cohorts: str) -> NetworkMasks:
    """The same masks, those of some cohorts drawn by two folds."""
    fold = pd.Series(np.arange(len(one.scans)) % 2, dtype=float).where(one.scans["cohort"].isin(cohorts))
    return NetworkMasks(one.description, one.matching, one.scans.assign(fold=fold))


def test_a_scan_is_cross_validated_where_its_fold_never_saw_the_patient():
    one = crossed(of_cohorts(a=masks(DICE), b=masks(DICE)), "a")
    assert one.cross_validated.tolist() == [True] * 8 + [False] * 8
    seen = NetworkMasks(one.description, one.matching, one.scans.assign(seen_in_training=1))
    assert not seen.cross_validated.any()
    assert not of_cohorts(a=masks(DICE)).cross_validated.any()


def test_pairs_are_of_validation_scans_where_there_are_any():
    own, other = (crossed(of_cohorts(a=masks(dice), b=masks(dice)), "a") for dice in (DICE, [0.4] * 16))
    alone, beside = (of_cohorts(b=masks(dice)) for dice in (DICE, [0.4] * 16))
    found = overlap_tables({"automatic": own, "other": other}, resampling(), resampling(1))
    of_b = overlap_tables({"automatic": alone, "other": beside}, resampling(), resampling(1))
    assert set(found.pairs["scans"]) == {VALIDATION}
    values = ["first", "second", "size", "measure", "value", "n_lesions", "n_patients"]
    pd.testing.assert_frame_equal(found.pairs[values], of_b.pairs[values])
    pd.testing.assert_frame_equal(found.missed, of_b.missed)
    assert set(found.overlap["cohort"]) == {"a", "b"}
    assert found.overlap.groupby(["network", "cohort"]).size().nunique() == 1
    assert set(compared_lesions(found.lesions)["cohort"]) == {"b"}


def test_pairs_are_of_cross_validated_scans_where_there_are_no_others():
    own, other = (crossed(of_cohorts(a=masks(dice)), "a") for dice in (DICE, [0.4] * 16))
    found = overlap_tables({"automatic": own, "other": other}, resampling(), resampling(1))
    assert set(found.pairs["scans"]) == {CROSS_VALIDATED}
    difference = found.pairs.query("measure == 'dice_difference' and size == 'all'")["value"]
    assert difference.tolist() == pytest.approx([np.mean(DICE) - 0.4])
    assert found.lesions["cross_validated"].eq(1).all()
    assert len(compared_lesions(found.lesions)) == 2 * 16
    assert headline_scans({"automatic": own})[0] == CROSS_VALIDATED


def test_the_number_of_a_fold_is_no_measure_of_a_scan():
    found = overlap_tables({"automatic": crossed(of_cohorts(a=masks(DICE)), "a")}, resampling(), resampling())
    assert "fold" not in set(found.scan_measures["measure"])
