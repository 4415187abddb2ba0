"""Clinical covariates as a model of their own, and with the score of the genetic selection."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from tests.selection_tables import SETTINGS, roi_table

from livermets.model.data import TrainingData, training_data
from livermets.model.evaluation import comparison_table, mean_auc_within_folds
from livermets.model.nested import OURS, nested_evaluation, outer_folds
from livermets.model.simpler_models import LogisticComparator, OwnScores, comparators
from livermets.stats.resampling import PatientBootstrap


def lesions_of(data: TrainingData, **columns: object) -> pd.DataFrame:
    return data.lesions.drop(columns="group").assign(**columns)


@pytest.fixture(scope="module")
def data() -> TrainingData:
    return training_data(roi_table(patients=12, effect=0.5), "response", ["patient_id"])


def clinical(data: TrainingData, noise: float = 0.6) -> np.ndarray:
    return data.response + noise * np.random.default_rng(3).normal(size=data.n_lesions)


def test_without_covariates_there_is_no_such_model(data: TrainingData) -> None:
    models, _ = comparators(data, [lesions_of(data, covariate_cea=np.nan)])
    assert not {"clinical", "radiomics_clinical"} & {one.name for one in models}


def test_it_is_ridge_regression_on_standardised_values_with_the_training_median(data: TrainingData) -> None:
    cea = clinical(data)
    cea[[1, 5, 20]] = np.nan
    models, notes = comparators(data, [lesions_of(data, covariate_cea=cea)])
    (note,) = (note for note in notes if "covariate" in note)
    assert note.startswith(f"covariate cea is not known of 3 of {data.n_lesions} lesions")
    named = {one.name: one for one in models}
    held_out = data.patient < 4
    random = np.random.default_rng(1)
    ours = OwnScores(random.random((~held_out).sum()), random.random(held_out.sum()))
    filled = np.where(np.isnan(cea), np.nanmedian(cea[~held_out]), cea)
    for name, parts in {
        "clinical": (filled[~held_out, None], filled[held_out, None]),
        "radiomics_clinical": (
            np.column_stack([ours.training, filled[~held_out]]), np.column_stack([ours.held_out, filled[held_out]])
        ),
    }.items():  # fmt: skip
        scaler = StandardScaler().fit(parts[0])
        by_hand = LogisticRegression(class_weight="balanced").fit(scaler.transform(parts[0]), data.response[~held_out])
        found, called = named[name].predict(data, held_out, SETTINGS, 1, ours)
        np.testing.assert_allclose(found, by_hand.predict_proba(scaler.transform(parts[1]))[:, 1], rtol=1e-9)
        np.testing.assert_array_equal(called, found >= 0.5)


def test_what_radiomics_adds_is_the_difference_of_both_areas(data: TrainingData) -> None:
    models, _ = comparators(data, [lesions_of(data, covariate_cea=clinical(data, 2.0))])
    chosen = [one for one in models if isinstance(one, LogisticComparator) and "clinical" in one.name]
    nested = nested_evaluation(data, SETTINGS, 2, outer_folds(data, SETTINGS, 2, "table"), chosen)
    boot = PatientBootstrap.draw(int(data.patient.max()) + 1, 200, 0.95, np.random.default_rng(1))
    names = [OURS, "clinical", "radiomics_clinical"]
    table = comparison_table(nested.predictions, names, 0.95, boot)
    added = table[table["measure"] == "auc_within_folds_added"]
    assert added["model"].tolist() == ["radiomics_clinical"]
    areas = {name: mean_auc_within_folds(nested.predictions, name) for name in names}
    assert added["value"].item() == pytest.approx(areas["radiomics_clinical"] - areas["clinical"])
    assert added["low"].item() <= added["value"].item() <= added["high"].item()
    less = table[table["measure"] == "auc_within_folds_difference"].set_index("model")["value"]
    assert less["radiomics_clinical"] == pytest.approx(areas["radiomics_clinical"] - areas[OURS])
