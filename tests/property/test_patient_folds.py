import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livermets.model.folds import patient_folds


@st.composite
def lesions(draw):
    folds = draw(st.integers(2, 5))
    patients = draw(st.integers(folds, 14))
    runs = [draw(st.lists(st.integers(0, 1), min_size=1, max_size=5)) for _ in range(patients)]
    for number in range(folds):  # each class in at least as many patients as folds
        runs[number] = [*runs[number], 0, 1]
    patient = np.repeat(np.arange(patients), [len(run) for run in runs])
    order = np.random.default_rng(draw(st.integers(0, 99))).permutation(len(patient))
    return folds, np.concatenate(runs)[order], patient[order]


@pytest.mark.slow
@given(lesions(), st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_every_lesion_once_and_patients_never_split(case, seed):
    folds, response, patient = case
    fold = patient_folds(response, patient, folds, seed)
    assert set(fold) == set(range(folds))
    for own in np.unique(patient):
        assert len(set(fold[patient == own])) == 1
    for number in range(folds):
        assert len(np.unique(response[fold != number])) == 2
    np.testing.assert_array_equal(fold, patient_folds(response, patient, folds, seed))


@given(st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_every_fold_has_both_classes_where_one_lesion_per_patient_allows_it(seed):
    response = np.array([1] * 6 + [0] * 30)
    fold = patient_folds(response, np.arange(36), 5, seed)
    assert all(len(np.unique(response[fold == number])) == 2 for number in range(5))


def test_too_few_patients_of_a_class():
    with pytest.raises(ValueError, match="fewer than 3 patients"):
        patient_folds(np.array([1, 1, 1, 0, 0, 0]), np.array([0, 0, 0, 1, 2, 3]), 3, 0)
