"""Leave one centre out: who is left out, what stands in the table, and what cannot be done."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.selection_tables import SETTINGS, roi_table

from livermets.errors import InputError
from livermets.model.centres import EVERY_CENTRE, centre_table, centres_of
from livermets.model.data import TrainingData, training_data
from livermets.model.nested import fit_part
from livermets.model.selection import Inputs, select
from livermets.model.tables import selection_tables

AUDIT = {"outer_folds": 0, "permutations": 0, "feature_gains": False, "comparisons": False}
BY_CENTRE = SETTINGS.model_copy(
    update={"audit": SETTINGS.audit.model_copy(update={**AUDIT, "leave_one_centre_out": True})}
)


def lesions_of(data: TrainingData, centre: object) -> pd.DataFrame:
    return data.lesions.drop(columns="group").assign(centre=centre)


@pytest.fixture(scope="module")
def data() -> TrainingData:
    return training_data(roi_table(patients=12), "response", ["patient_id"])


def three(data: TrainingData) -> np.ndarray:
    return np.array(["Milan", "Turin", "Candiolo"])[data.patient % 3]


def refused(data: TrainingData, centre: object) -> str:
    with pytest.raises(InputError) as error:
        centres_of(data, [lesions_of(data, centre)], "the table")
    return "; ".join(str(problem) for problem in error.value.problems)


def test_each_centre_is_judged_by_the_fit_that_never_saw_it(data: TrainingData) -> None:
    table = roi_table(patients=12)
    whole = [lesions_of(data, three(data))]
    inputs = Inputs.checked(table, "response", ["patient_id"], [], whole, None, BY_CENTRE, 4, "the table")
    assert sum(inputs.n_searches.values()) == 1 + 3
    found = select(inputs)
    assert found.by_centre is not None
    centre = three(data)
    for fold, name in enumerate(np.unique(centre)):
        own = found.by_centre.predictions.query("fold == @fold")
        assert set(centre[own["lesion"]]) == {name}
        alone = fit_part(data, centre == name, inputs.audit_settings, 4, f"centre-0-{fold}", None)
        np.testing.assert_array_equal(own["predicted"], alone.model.classify(own["score"].to_numpy()))
    made = selection_tables(found)["centres"]
    assert list(dict.fromkeys(made["centre"])) == ["Candiolo", "Milan", "Turin", EVERY_CENTRE]
    assert made.query("centre == 'Turin' and measure == 'auc'")["n_patients"].unique() == [4]
    assert selection_tables(replace(found, by_centre=None))["centres"].empty


def test_the_table_counts_each_centre_by_itself(data: TrainingData) -> None:
    centre = three(data)
    predictions = pd.DataFrame({
        "model": "ga_network", "repeat": 0, "fold": np.unique(centre, return_inverse=True)[1],
        "lesion": np.arange(data.n_lesions), "patient": data.patient, "response": data.response,
        "score": np.where(centre == "Turin", 1.0 - data.response, data.response), "predicted": 1.0,
    })  # fmt: skip
    table = centre_table(predictions, centre, 0.95, 100, 1).set_index(["centre", "measure"]).sort_index()
    areas = table.xs("auc", level="measure")["value"].groupby(level=0).first()
    assert areas.to_dict() == {"Candiolo": 1.0, "Milan": 1.0, "Turin": 0.0}
    pairs = {name: (data.response[centre == name] == 1).sum() * (data.response[centre == name] == 0).sum()
             for name in areas.index}  # fmt: skip
    together = table.loc[(EVERY_CENTRE, "auc_within_folds"), "value"].iloc[0]
    assert together == pytest.approx(1 - pairs["Turin"] / sum(pairs.values()))
    assert table.loc[("Milan", "sensitivity"), "k"].iloc[0] == (data.response[centre == "Milan"] == 1).sum()


def test_centres_that_cannot_be_left_out_are_refused(data: TrainingData) -> None:
    assert "all are of centre Milan" in refused(data, "Milan")
    some = np.where(data.patient == 0, "", three(data))
    assert f"the centre of {(data.patient == 0).sum()} of {data.n_lesions} is not known" in refused(data, some)
    split = three(data)
    split[0] = "Milan" if split[0] != "Milan" else "Turin"
    assert "has lesions in two centres" in refused(data, split)
    assert "without centre big fewer than 2 patients" in refused(data, np.where(data.patient == 0, "small", "big"))
    with pytest.raises(InputError, match="is not known"):
        centres_of(data, [data.lesions.drop(columns="group")], "the table")
