"""Folds and the validation split are by patient, and depend on nothing but the patients and the seed."""

from __future__ import annotations

import sys
from subprocess import run

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livermets.errors import InputError
from livermets.segmentation.folds import Fold, fold_count, fold_of, unseen_network, validation_split

PATIENTS = st.lists(st.text("abc123", min_size=1, max_size=4), min_size=4, max_size=30, unique=True)


@given(PATIENTS, st.integers(2, 4), st.integers(0, 99))
def test_folds_are_balanced_and_ignore_order(patients, k, seed):
    folds = fold_of(patients, k, seed)
    assert folds == fold_of([*reversed(patients), patients[0]], k, seed)
    sizes = [list(folds.values()).count(fold) for fold in range(k)]
    assert set(folds) == set(patients)
    assert max(sizes) - min(sizes) <= 1


@given(PATIENTS, st.floats(0.01, 0.7), st.integers(0, 99))
def test_validation_patients_are_never_trained_on(patients, fraction, seed):
    ours, held_back = validation_split(patients * 2, fraction, seed)
    assert held_back
    assert sorted([*ours, *held_back]) == sorted(patients)


def test_another_seed_gives_other_folds():
    patients = [f"P{number}" for number in range(12)]
    assert fold_of(patients, 3, 1) != fold_of(patients, 3, 2)


def test_more_folds_than_patients_is_refused():
    with pytest.raises(InputError, match=r"3 folds of 2 training patients\. Use between 2 and that many"):
        fold_of(["a", "b"], 3, 0)
    with pytest.raises(InputError, match=r"1 fold of 1 training patient\. Folds take at least 2 patients"):
        fold_of(["a"], fold_count("leave-one-out", ["a", "a"]), 0)


@given(PATIENTS, st.integers(0, 99))
def test_leave_one_out_has_a_fold_per_patient(patients, seed):
    count = fold_count("leave-one-out", patients * 2)
    folds = fold_of(patients, count, seed)
    assert sorted(folds.values()) == list(range(len(patients)))
    assert fold_count(3, patients) == 3


def test_patients_of_the_fold_are_left_out():
    patients = [f"P{number}" for number in range(9)]
    left_out = [set(patients) - set(Fold(fold, 3, patients).seen(patients, 5)) for fold in range(3)]
    assert set.union(*left_out) == set(patients)
    assert [len(fold) for fold in left_out] == [3, 3, 3]
    with pytest.raises(InputError, match="fold 3 of 3 does not exist"):
        Fold(3, 3, patients).seen(patients, 5)


def test_a_network_of_a_part_of_the_patients_has_the_folds_of_all():
    patients = [f"P{number}" for number in range(9)]
    folds = fold_of(patients, 3, 5)
    for number in range(3):
        assert Fold(number, 3, patients).seen(patients[:4], 5) == [p for p in patients[:4] if folds[p] != number]
    with pytest.raises(InputError, match="patient X of the scans is not among them"):
        Fold(0, 3, patients).seen(["P1", "X"], 5)


def test_a_split_that_leaves_nobody_is_refused():
    with pytest.raises(InputError, match="holding back 1 of 1 training patients leaves none"):
        validation_split(["a"], 0.2, 0)
    assert validation_split(["a"], 0, 0) == (["a"], [])


def test_the_network_that_never_saw_the_patient_is_taken():
    seen = {"fold0": ["a", "b"], "fold1": ["b", "c"]}
    assert unseen_network("a", seen) == "fold1"
    assert unseen_network("d", seen) == "fold0"
    assert unseen_network("b", seen) is None


def test_folds_can_be_planned_without_heavy_libraries():
    code = "import livermets.segmentation.folds, sys; sys.exit(any(m in sys.modules for m in ('torch', 'SimpleITK')))"
    assert run([sys.executable, "-c", code], check=False).returncode == 0
