"""Shares of the training patients are nested, of whole patients, and of nobody whom a fold leaves out."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livermets.errors import InputError
from livermets.segmentation.folds import Fold, fold_of
from livermets.segmentation.training_share import TrainingShare, drawn_patients, patients_of_share

PATIENTS = st.lists(st.text("abc123", min_size=1, max_size=4), min_size=4, max_size=30, unique=True)
SHARES = st.integers(1, 100)


@given(PATIENTS, SHARES, SHARES, st.integers(0, 99))
def test_a_smaller_share_is_a_part_of_a_larger_one_and_ignores_order(patients, one, other, seed):
    small, large = (drawn_patients(patients, share / 100, seed) for share in sorted((one, other)))
    assert set(small) <= set(large) <= set(patients)
    assert small == drawn_patients([*reversed(patients), patients[0]], min(one, other) / 100, seed)
    assert drawn_patients(patients, 1.0, seed) == sorted(patients)


@given(st.integers(1, 3000), SHARES)
def test_a_share_is_rounded_up_to_whole_patients(patients, percent):
    assert patients_of_share(patients, percent / 100) == math.ceil(Fraction(percent, 100) * patients)


@given(PATIENTS, SHARES, st.integers(0, 99))
def test_leaving_patients_out_or_adding_one_moves_nobody_past_another(patients, percent, seed):
    share = percent / 100
    whole, fewer = drawn_patients(patients, share, seed), set(drawn_patients(patients[1:], share, seed))
    kept = set(whole) - {patients[0]}
    # One patient less frees at most one place, which goes to the next in the order.
    assert len(fewer ^ kept) <= 1


def test_seeds_draw_differently_and_every_patient_as_often_as_another():
    patients = [f"P{number}" for number in range(8)]
    draws = [drawn_patients(patients, 0.25, seed) for seed in range(400)]
    assert len({tuple(draw) for draw in draws}) == math.comb(8, 2)
    counts = [sum(patient in draw for draw in draws) for patient in patients]
    # Four standard deviations of a count of 400 draws with a chance of a quarter.
    assert max(abs(count - 100) for count in counts) < 4 * math.sqrt(400 * 0.25 * 0.75)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75, 1.0])
def test_a_share_under_a_fold_is_of_those_whom_the_fold_leaves(share):
    patients = [f"P{number}" for number in range(9)]
    folds = fold_of(patients, 3, 5)
    for number in range(3):
        fold = Fold(number, 3, patients)
        shown = TrainingShare(share, patients).shown(patients, fold, 5)
        assert {folds[patient] for patient in shown} <= {0, 1, 2} - {number}
        assert shown == drawn_patients(fold.seen(patients, 5), share, 5)
        assert len(shown) == patients_of_share(6, share)
        # Given the scans of those alone who are drawn, as the workflow does, the draw is the same.
        assert TrainingShare(share, patients).shown(shown, fold, 5) == shown


def test_a_patient_whom_nobody_named_and_what_is_no_share_are_refused():
    with pytest.raises(InputError, match="patient X of the scans is not among them"):
        TrainingShare(0.5, ["a", "b"]).shown(["a", "X"], None, 0)
    for share in (0.0, 1.5, -1.0):
        with pytest.raises(InputError, match=r"--training-share: .* is no share\. Use one above 0 and at most 1"):
            TrainingShare(share, ["a"])
