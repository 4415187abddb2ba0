"""The model fitted again: on whom, with what result, and whether that depends on threads or kills."""

import random

import numpy as np
import pandas as pd
import pytest
from tests.mask_tables import LOOSE, altered_table, filtered
from tests.selection_tables import SETTINGS, roi_table

from livermets.config.retraining import RetrainingSettings
from livermets.errors import InputError
from livermets.model.checkpoint import Checkpoint
from livermets.model.data import training_data
from livermets.model.fit import Run, fit
from livermets.model.fitness import CrossValidation
from livermets.model.preparation import row_weights
from livermets.model.refits import Retraining, bootstrapped, drawn_patients, refits, refits_table
from livermets.model.stable_features import with_masks
from livermets.randomness import generator, integer_seed

TABLE = roi_table(rois=(3, 9), seed=4)


def data_of(table: pd.DataFrame = TABLE):
    return training_data(table, "response", ["cohort", "patient_id"], ["timepoint", "lesion_id"])


def asked(seeds=2, bootstraps=2, seed=7, table=TABLE) -> Retraining:
    return Retraining.checked(data_of(table), SETTINGS, RetrainingSettings(seeds=seeds, bootstraps=bootstraps), seed)


@pytest.fixture(scope="module")
def found():
    return refits(asked())


def same(one, other) -> bool:
    weights = [
        np.array_equal(a.model.network.hidden_weight, b.model.network.hidden_weight)
        for a, b in zip(one, other, strict=True)
    ]
    return refits_table(one).equals(refits_table(other)) and all(weights)


def test_a_patient_drawn_twice_counts_twice():
    data = data_of()
    drawn = drawn_patients(data, np.array([3, 0, 3]))
    own, other = (np.flatnonzero(data.patient == patient) for patient in (3, 0))
    assert drawn.patient.tolist() == [3] * len(own) + [0] * len(other) + [3] * len(own)
    assert drawn.response.tolist() == data.response[[*own, *other, *own]].tolist()
    for place, lesion in enumerate([*own, *other, *own]):
        assert np.array_equal(drawn.features[drawn.lesion == place], data.features[data.lesion == lesion])
    weight = np.bincount(drawn.lesion, row_weights(drawn, np.arange(len(drawn.lesion)), SETTINGS.network))
    assert weight[: len(own)] == pytest.approx(weight[-len(own) :])
    assert drawn.lesions["patient_id"].nunique() == 2


def test_a_refit_selects_among_the_features_that_are_stable_in_its_own_patients():
    settings = filtered()
    data = with_masks(data_of(), {"altered": [altered_table(TABLE)]}, settings.stable_features, "table")
    drawn = drawn_patients(data, np.array([3, 0, 3]))
    own = np.flatnonzero(data.patient == 3)
    masks, copies = data.masks["altered"], drawn.masks["altered"]
    for place in (0, len(drawn.response) - len(own)):
        here, there = copies.values[copies.lesion == place], masks.values[masks.lesion == own[0]]
        assert np.array_equal(here, there)
    assert len(copies.lesions) == len(drawn.response)
    again = Retraining.checked(data, settings, RetrainingSettings(seeds=1, bootstraps=1), 7)
    assert not {name for one in refits(again) for name in one.model.features} & set(LOOSE)


def test_copies_of_a_patient_are_never_in_two_folds():
    for number in range(4):
        drawn = bootstrapped(data_of(), generator(1, number))
        fold = CrossValidation.prepare(drawn, SETTINGS, number).fold
        assert (pd.Series(fold).groupby(drawn.patient).nunique() == 1).all()
        assert len(set(fold)) == 2


def test_as_many_patients_are_drawn_and_their_numbers_are_of_whole_patients():
    data, sizes = data_of(), np.bincount(data_of().patient)
    for number in range(20):
        drawn = bootstrapped(data, generator(2, number))
        times = np.bincount(drawn.patient, minlength=len(sizes)) / sizes
        assert times.sum() == len(sizes)
        assert np.array_equal(times, times.round())


def test_too_few_of_a_class_cannot_be_drawn_from():
    lesions = data_of().lesions.assign(response=data_of().response)
    of_one = lesions.loc[lesions["response"] == 1, "patient_id"].unique()[0]
    table = TABLE.assign(response=(TABLE["patient_id"] == of_one).astype(int))
    with pytest.raises(InputError, match="two of each class"):
        bootstrapped(data_of(table), generator(0))


@pytest.mark.slow
def test_refits_are_the_fit_of_the_study_with_another_seed_or_other_patients(found):
    table = refits_table(found)
    assert table[["retraining", "refit"]].to_numpy().tolist() == [
        ["seeds", 1], ["seeds", 2], ["bootstraps", 1], ["bootstraps", 2]
    ]  # fmt: skip
    assert table["n_patients"].tolist()[:2] == [10, 10]
    assert table["n_patients"].max() == 10 > table["n_patients"].iloc[2:].max()
    assert not table["score"].duplicated().any()
    by_hand = fit(data_of(), SETTINGS, integer_seed(7, "retraining", "seeds", 2))
    assert by_hand.model.features == found[1].model.features
    assert by_hand.model.threshold == found[1].model.threshold
    assert np.array_equal(by_hand.model.network.hidden_weight, found[1].model.network.hidden_weight)


@pytest.mark.slow
def test_threads_and_the_number_of_refits_change_none(found):
    before = random.getstate()
    assert same(refits(asked(), Run(threads=4)), found)
    assert random.getstate() == before
    assert same(refits(asked(seeds=1, bootstraps=1), Run(threads=3)), [found[0], found[2]])
    assert not same(refits(asked(seed=8)), found)


@pytest.mark.slow
def test_killed_and_resumed_is_the_uninterrupted_run(found, tmp_path):
    seen: list[tuple[str, int]] = []

    def stop(name, state):
        seen.append((name, state.generation))
        if len(seen) == 5:
            raise KeyboardInterrupt

    store = Checkpoint(tmp_path, asked().digest())
    with pytest.raises(KeyboardInterrupt):
        refits(asked(), Run(store=store, on_generation=stop))
    again: list[tuple[str, int]] = []
    resumed = Run(2, store, on_generation=lambda name, state: again.append((name, state.generation)))
    assert same(refits(asked(), resumed), found)
    searches = ["seeds-1", "seeds-2", "bootstraps-1", "bootstraps-2"]
    assert sorted(seen + again) == sorted((name, generation) for name in searches for generation in range(3))
    assert again


def test_more_refits_go_on_with_those_that_there_are_and_other_data_do_not():
    assert asked(seeds=5).digest() == asked().digest()
    assert asked(seed=8).digest() != asked().digest()
    assert asked(table=TABLE.assign(original_firstorder_F1=0.5)).digest() != asked().digest()


def test_no_refit_is_no_stage():
    with pytest.raises(InputError, match="ask for no refit"):
        asked(seeds=0, bootstraps=0)
