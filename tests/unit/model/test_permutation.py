"""Permuted outcomes keep what makes chance findings likely: a patient's lesions still share their outcomes."""

import numpy as np
import pandas as pd
import pytest
from tests.selection_tables import SETTINGS

from livermets.errors import InputError
from livermets.model import permutation
from livermets.model.data import TrainingData, patients_per_class
from livermets.model.fit import Run
from livermets.model.permutation import (
    exchanged_patients,
    permutation_null,
    permuted_data,
    permuted_response,
)
from livermets.randomness import generator

COUNTS = (10, 10, 10, 9, 8, 7, 6, 5, 4, 4, 3, 3, 2, 1, 1, 1)


def training(responders, counts=COUNTS, features=4):
    """So many R+ lesions of each patient, the first ones."""
    patient = np.repeat(np.arange(len(counts)), counts)
    response = np.concatenate([np.arange(n) < k for k, n in zip(responders, counts, strict=True)]).astype(np.intp)
    values = np.random.default_rng(3).normal(size=(len(patient), features))
    lesions = pd.DataFrame({"group": patient.astype(str), "lesion_id": range(len(patient))})
    names = tuple(f"f{i}" for i in range(features))
    return TrainingData(values, names, np.arange(len(patient)), patient.astype(np.intp), response, lesions)


def of_one_kind(response, patient):
    """Patients whose lesions have the same outcome, and at least two of them."""
    shares = pd.Series(response).groupby(patient).agg(["mean", "size"])
    return int((shares["mean"].isin([0, 1]) & (shares["size"] > 1)).sum())


@pytest.mark.parametrize("seed", range(20))
def test_patients_of_one_kind_stay_of_one_kind(seed):
    """Outcomes that are the same within every patient (an intraclass correlation of 1) stay so, however unequal the
    numbers of lesions are."""
    data = training([0 if i % 4 == 1 else n for i, n in enumerate(COUNTS)])
    permuted = permuted_response(data, generator(seed, "test"))
    assert of_one_kind(permuted, data.patient) == of_one_kind(data.response, data.patient) == 13


@pytest.mark.parametrize(
    "counts, groups",
    [
        (COUNTS, [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12, 13, 14, 15]]),
        ((3,) * 9, [list(range(9))]),  # equally many: every permutation of patients
        ((1, 1, 5, 1, 1, 7, 1), [[5, 2, 0, 1, 3, 4, 6]]),
        ((9, 8, 7, 6, 5), [[0, 1, 2, 3, 4]]),  # the last one is not left alone
        ((2, 1), [[0, 1]]),
    ],
)
def test_outcomes_are_exchanged_between_patients_with_about_as_many_lesions(counts, groups):
    assert exchanged_patients(training([0] * len(counts), counts)) == groups


def test_every_permutation_has_the_folds_of_the_true_outcomes():
    data = training([n if i % 3 else 0 for i, n in enumerate(COUNTS)])
    settings = audited(permutations=40, folds=5)
    assert patients_per_class(data) == 6
    permuted = permuted_data(data, settings, 2, "table")
    assert len(permuted) == 40
    assert min(patients_per_class(one) for one in permuted) >= 5
    assert len({one.response.tobytes() for one in permuted}) > 35


def test_no_permutation_at_all_is_said_before_anything_runs(monkeypatch):
    monkeypatch.setattr(permutation, "_ATTEMPTS", 0)
    with pytest.raises(InputError, match=r"table: no exchange of outcomes .* set audit.permutations to 0"):
        permuted_data(training([1] * 16), audited(permutations=1), 2, "table")


def audited(permutations, folds=2, **search):
    return SETTINGS.model_copy(
        update={
            "audit": SETTINGS.audit.model_copy(update={"permutations": permutations}),
            "search": SETTINGS.search.model_copy(update={"folds": folds, **search}),
        }
    )


def test_the_smallest_p_and_the_size_of_the_searches_stand_beside_p():
    data = training([n if i % 3 else 0 for i, n in enumerate(COUNTS)])
    settings = audited(permutations=3, population=4, generations=1)
    table = permutation_null(permuted_data(data, settings, 1, "table"), settings, 1, 2.0, Run())
    assert table["p_value"].iloc[0] == table["p_smallest"].iloc[0] == 0.25  # nothing reaches a score of 2
    assert table["p_value"].iloc[1:].isna().all()
    assert set(table["population"]) == {4}
    assert set(table["generations"]) == {1}
