"""A whole selection with and without unstable features: tables, description of the model, progress, what is refused."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from tests.mask_tables import LOOSE, altered_table, filtered
from tests.selection_tables import SETTINGS, roi_table

from livermets.config.selection import SelectionSettings
from livermets.errors import InputError
from livermets.model import permutation
from livermets.model.fitted import DESCRIPTION_FILE, write_model
from livermets.model.selection import Inputs, select
from livermets.model.stable_features import icc_over_masks, stable_problems, with_masks
from livermets.model.stable_table import COLUMNS
from livermets.model.tables import selection_tables
from livermets.model.unfiltered import UNFILTERED

pytestmark = pytest.mark.slow
ROIS = roi_table(rois=(3, 12))
AUDITED = SETTINGS.model_copy(
    update={"audit": SETTINGS.audit.model_copy(update={"permutations": 1, "comparisons": True})}
)


def inputs_of(settings: SelectionSettings, altered: pd.DataFrame | None = None) -> Inputs:
    masks = altered_table(ROIS) if altered is None else altered
    return Inputs.checked(ROIS, "response", ["patient_id"], [], [], None, settings, 1, "table", {"altered": [masks]})


@pytest.fixture(scope="module")
def selected():
    return select(inputs_of(filtered(base=AUDITED)))


@pytest.fixture(scope="module")
def tables(selected):
    return selection_tables(selected)


def test_every_candidate_has_its_icc_and_what_became_of_it(selected, tables) -> None:
    table = tables["stable_features"].set_index("feature")
    assert tuple(tables["stable_features"]) == COLUMNS
    names = selected.inputs.data.names
    assert table.index.is_unique
    assert set(table.index) == set(names)
    np.testing.assert_array_equal(table.loc[list(names), "icc"], icc_over_masks(selected.inputs.data)["altered"])
    assert table["icc"].is_monotonic_decreasing
    assert (table["low"] < table["icc"]).all()
    assert (table["icc"] < table["high"]).all()
    assert set(table.index[table["stable"] == 0]) == set(LOOSE) == set(table.index[table["reaches"] == 0])
    assert (table["n_folds"] == 2).all()
    assert (table["folds_stable"] == table["n_folds_stable"] / 2).all()
    assert table.loc[list(LOOSE), "n_folds_stable"].eq(0).all()
    assert set(map(tuple, table[["n_masks", "n_lesions", "n_patients"]].to_numpy())) == {(180, 30, 10)}


def test_no_unstable_feature_is_selected_anywhere(selected, tables) -> None:
    assert not set(LOOSE) & {name for one in selected.chosen for name in one.features}
    assert tables["dropped_features"]["feature"].tolist()[:2] == list(LOOSE)
    assert not set(LOOSE) & set(tables["selection"]["feature"])
    assert tables["frequency"].set_index("feature").loc[list(LOOSE), "n_selected"].eq(0).all()


def test_the_selection_without_the_filter_stands_beside_it_in_the_same_folds(selected, tables) -> None:
    """It is what a study without the setting gets: the same folds, seed and search."""
    without = select(inputs_of(filtered(icc=None, base=AUDITED)))
    theirs = selection_tables(without)["predictions"].query("model == 'ga_network'")
    beside = tables["predictions"].query("model == @UNFILTERED")
    pd.testing.assert_frame_equal(
        beside.drop(columns="model").reset_index(drop=True), theirs.drop(columns="model").reset_index(drop=True)
    )
    comparison = tables["comparison"].query("model == @UNFILTERED").set_index("measure")
    areas = tables["comparison"].query("measure == 'auc_within_folds'").set_index("model")["value"]
    assert comparison.loc["auc_within_folds_difference", "value"] == pytest.approx(
        areas[UNFILTERED] - areas["ga_network"]
    )
    assert comparison["population"].notna().all()
    assert selection_tables(without)["stable_features"].empty
    assert UNFILTERED not in set(selection_tables(without)["comparison"]["model"])


def test_the_model_says_what_it_could_choose_from(selected, tmp_path) -> None:
    write_model(tmp_path, selected.fitted.model)
    said = json.loads((tmp_path / DESCRIPTION_FILE).read_text())["provenance"]["stable_features"]
    assert said == {"icc": 0.75, "masks": {"altered": {"lesions": 30, "masks": 180}}, "stable": 6, "left_out": 2}


def test_the_searches_beside_are_counted() -> None:
    with_filter, without = (inputs_of(filtered(icc=icc, base=AUDITED)).n_searches for icc in (0.75, None))
    assert sum(with_filter.values()) == sum(without.values()) + 2


def test_permuted_outcomes_get_folds_that_each_have_a_stable_feature(monkeypatch) -> None:
    """A patient on whom all agreement rests, with two folds: every permutation leaves one fold without, and it is said
    that there is none, not in the middle of the searches."""
    monkeypatch.setattr(permutation, "_ATTEMPTS", 5)
    audit = AUDITED.audit.model_copy(update={"permutation_statistic": "nested"})
    settings = filtered(base=AUDITED.model_copy(update={"audit": audit}))
    data = inputs_of(filtered(base=AUDITED)).data
    assert len(permutation.permuted_data(data, settings, 1, "table")) == 1
    resting = with_masks(data, {"altered": [resting_on_one_patient()]}, settings.stable_features, "table")
    assert not stable_problems(resting, settings.stable_features, "all").errors
    with pytest.raises(InputError, match="no exchange of outcomes"):
        permutation.permuted_data(resting, settings, 1, "table")


def resting_on_one_patient() -> pd.DataFrame:
    """Altered masks over which features agree by virtue of one patient alone."""
    altered = altered_table(ROIS)
    names = [name for name in altered if name.startswith("original_")]
    altered[names] += np.random.default_rng(4).normal(0, 5, (len(altered), len(names)))
    one = altered["patient_id"].eq("004")
    altered.loc[one, names] += 200.0 * altered.loc[one, ["lesion_id"]].to_numpy()
    return altered


def test_a_fold_without_a_stable_feature_is_said_before_anything_runs() -> None:
    """All features agree by virtue of one patient, who is in the training part of one fold only."""
    with pytest.raises(InputError, match="of an outer fold or of the other centres reaches") as raised:
        inputs_of(filtered(base=AUDITED), resting_on_one_patient())
    assert len(raised.value.problems) == 1
