import dataclasses
from copy import deepcopy

import numpy as np
import pytest
from tests.selection_tables import SETTINGS, roi_table

from livermets.model.checkpoint import Checkpoint
from livermets.model.fit import Run
from livermets.model.permutation import search_score
from livermets.model.selection import Inputs, select
from livermets.model.tables import selection_tables
from livermets.randomness import integer_seed

pytestmark = pytest.mark.slow

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


def test_nested_figures_stand_beside_the_optimistic_ones(tables):
    threshold = tables["threshold"].set_index("used")
    evaluation = tables["evaluation"].groupby("measure")["value"].first()
    for measure in ("sensitivity", "specificity"):
        assert threshold.loc[1, f"nested_{measure}"] == pytest.approx(evaluation[measure])
    assert np.isnan(threshold.loc[0, "nested_youden"])


def test_correct_calls_of_patients_add_up_to_the_figures_of_the_threshold(tables):
    patients = tables["training_patients"].set_index("group").sum()
    for row in tables["threshold"].itertuples():
        assert patients[f"r_plus_correct_{row.method}"] == pytest.approx(row.sensitivity * patients["r_plus_lesions"])
        assert patients[f"r_minus_correct_{row.method}"] == pytest.approx(row.specificity * patients["r_minus_lesions"])
        if row.used:
            nested = row.nested_sensitivity * patients["r_plus_lesions"]
            assert patients["r_plus_correct_nested"] == pytest.approx(nested)
    assert patients["r_plus_lesions"] + patients["r_minus_lesions"] == 30


def test_without_nested_evaluation_nothing_stands_for_it():
    off = AUDITED.model_copy(
        update={"audit": AUDITED.audit.model_copy(update={"outer_folds": 0, "permutations": 0, "comparisons": False})}
    )
    tables = selection_tables(select(inputs_of(settings=off)))
    assert tables["training_patients"]["r_plus_correct_nested"].isna().all()
    assert tables["threshold"]["nested_youden"].isna().all()
    assert tables["frequency"]["n_searches"].eq(1).all()


def test_every_number_of_the_audit_says_the_size_of_its_searches():
    audit = AUDITED.audit.model_copy(update={"population": 4, "generations": 1})
    tables = selection_tables(select(inputs_of(settings=AUDITED.model_copy(update={"audit": audit}))))
    ours = tables["comparison"]["model"] == "ga_network"
    assert tables["comparison"]["population"].where(~ours).isna().all()
    for table in (tables["evaluation"], tables["comparison"][ours], tables["permutation"]):
        assert set(table["population"]) == {4}
        assert set(table["generations"]) == {1}


def test_the_observed_statistic_is_of_a_search_like_the_permuted_ones():
    """A table permuted into itself must give the same score: same folds' seed, same size of the search."""
    audit = AUDITED.audit.model_copy(update={"population": 4, "generations": 1, "permutations": 1})
    inputs = inputs_of(settings=AUDITED.model_copy(update={"audit": audit}))
    table = select(inputs).permutations
    again = search_score(inputs.data, inputs.audit_settings, integer_seed(1, "permutation-0"), "again", Run())
    assert table["value"].iloc[0] == again


def test_permutation_p_value_counts_the_true_outcomes(tables):
    null = tables["permutation"]
    assert len(null) == 3
    assert null["p_value"].iloc[0] == pytest.approx((null["value"] >= null["value"].iloc[0]).mean())


def test_gain_is_the_score_with_less_the_score_without(selected):
    from livermets.model.fitness import CrossValidation

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
