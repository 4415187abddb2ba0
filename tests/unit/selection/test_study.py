import dataclasses
from copy import deepcopy

import numpy as np
import pytest
from tests.selection_tables import SETTINGS, roi_table

from livermets.selection.checkpoint import Checkpoint
from livermets.selection.fit import Run
from livermets.selection.report import selection_tables
from livermets.selection.study import Inputs, select

AUDITED = SETTINGS.model_copy(
    update={
        "audit": SETTINGS.audit.model_copy(update={"permutations": 2, "feature_gains": True, "comparisons": True}),
        "search": SETTINGS.search.model_copy(update={"generations": 3}),
    }
)


def inputs_of(table=None, settings=AUDITED, seed=1, whole=()):
    table = roi_table(rois=(3, 12)) if table is None else table
    return Inputs.checked(table, "response", ["patient_id"], [], whole, None, settings, seed, "table")


@pytest.fixture(scope="module")
def selected():
    return select(inputs_of())


@pytest.fixture(scope="module")
def tables(selected):
    return selection_tables(selected)


def test_every_lesion_is_predicted_once_per_model_and_repeat(tables):
    counts = tables["predictions"].groupby(["model", "repeat", "group", "lesion_id"]).size()
    assert (counts == 1).all()
    assert len(counts) == 3 * 30  # ours, LASSO, all features; no lesion table was given


def test_tables_agree_with_each_other(selected, tables):
    chosen = set(tables["selection"].loc[tables["selection"]["selected"] == 1, "feature"])
    assert chosen == set(selected.fitted.model.features)
    assert tables["frequency"]["n_searches"].eq(2).all()  # the nested ones, as in the stability
    assert tables["stability"]["n_searches"].eq(2).all()
    used = tables["threshold"].set_index("used").loc[1]
    assert used["threshold"] == selected.fitted.model.threshold
    assert tables["generations"]["best_features"].iloc[-1] == len(chosen)
    assert set(tables["threshold"]["method"]) == {"cross_fitted", "resubstitution"}


def test_permutation_p_value_counts_the_true_outcomes(tables):
    null = tables["permutation"]
    assert len(null) == 3
    assert null["p_value"].iloc[0] == pytest.approx((null["value"] >= null["value"].iloc[0]).mean())


def test_gain_is_the_score_with_less_the_score_without(selected):
    from livermets.selection.fitness import CrossValidation

    fitted, gains = selected.fitted, selected.gains
    validation = CrossValidation.prepare(fitted.data, AUDITED, 1)
    outside = next(f for f in range(len(fitted.data.names)) if f not in fitted.search.best.features)
    (changed,) = validation.scores([fitted.search.best.with_flipped(outside)])
    assert gains["gain"].iloc[outside] == changed - fitted.search.score


def test_result_does_not_depend_on_threads(selected, tables):
    again = selection_tables(select(inputs_of(), Run(threads=3)))
    for name, table in tables.items():
        assert table.equals(again[name]), name


def test_other_seed_other_search(tables):
    assert not selection_tables(select(inputs_of(seed=2)))["generations"].equals(tables["generations"])


class Killed(Exception):
    pass


@pytest.mark.parametrize("killed_after", [1, 6, 13])
def test_killed_and_resumed_is_the_uninterrupted_run(tmp_path, tables, killed_after):
    inputs = inputs_of()
    store, saved = Checkpoint(tmp_path, inputs.digest()), 0

    def count(name, state):
        nonlocal saved
        saved += 1
        if saved == killed_after:
            raise Killed

    with pytest.raises(Killed):
        select(inputs, Run(store=store, on_generation=count))
    seen = []
    resumed = selection_tables(select(inputs, Run(store=store, on_generation=lambda name, state: seen.append(name))))
    assert len(seen) == 5 * 4 + 0 - killed_after  # one main, two outer, two permuted searches of four generations
    for name, table in tables.items():
        assert table.equals(resumed[name]), name


def test_checkpoint_of_another_run_is_set_aside_not_mixed_in(tmp_path, caplog):
    states = {}
    select(inputs_of(), Run(on_generation=lambda name, state: states.setdefault(name, deepcopy(state))))
    Checkpoint(tmp_path, inputs_of().digest()).save("search", states["search"])
    changed = roi_table(rois=(3, 12))
    changed.loc[0, "original_firstorder_F3"] += 1e-9
    assert Checkpoint(tmp_path, inputs_of(changed).digest()).load("search") is None
    assert "other data, settings, seed or code" in caplog.text
    assert (tmp_path / "search.json.stale").exists()
    assert not (tmp_path / "search.json").exists()


def test_damaged_checkpoint_is_set_aside(tmp_path, caplog):
    (tmp_path / "search.json").write_text("{}")
    assert Checkpoint(tmp_path, "").load("search") is None
    assert "cannot be read" in caplog.text


def test_one_row_per_lesion_is_scored_by_probability():
    table = roi_table(patients=20, lesions=1, rois=(1, 2)).drop(columns=["cohort", "timepoint", "lesion_id"])
    table["original_extra"] = np.arange(len(table)) % 7.0
    inputs = inputs_of(table.drop(columns=["mask_source", "z", "y", "x"]))
    assert inputs.data.single_rows
    fitted = select(dataclasses.replace(inputs, repeats=[])).fitted
    assert fitted.model.score == "mean_probability"
    assert len(np.unique(fitted.shares["cross_fitted"])) > 2
