import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.selection_tables import SETTINGS, roi_table

from livermets.errors import InputError
from livermets.model.data import training_data
from livermets.model.fit import fit, predicted_shares, with_provenance
from livermets.model.fitted import read_model, write_model

EXTRACTION = {"size": 7, "step": 2, "bin_width": 25.0, "engine": "fast"}


@pytest.fixture(scope="module")
def fitted():
    data = training_data(roi_table(), "response", ["patient_id"])
    return with_provenance(fit(data, SETTINGS, 3), EXTRACTION, {"seed": 3})


@pytest.fixture
def folder(fitted, tmp_path):
    write_model(tmp_path, fitted.model)
    return tmp_path


@pytest.mark.slow
def test_written_model_classifies_as_the_fitted_one(fitted, folder):
    table = roi_table(seed=8)
    read = read_model(folder)
    np.testing.assert_array_equal(read.roi_probabilities(table), fitted.model.roi_probabilities(table))
    assert (read.threshold, read.score, read.features) == (fitted.model.threshold, "share", fitted.model.features)
    data = training_data(table, "response", ["patient_id"])
    called = (read.roi_probabilities(table) >= 0.5).astype(float)
    by_lesion = pd.Series(called).groupby(data.lesion).mean().to_numpy()
    np.testing.assert_allclose(predicted_shares(fitted, data), by_lesion)


def test_equal_fits_write_equal_bytes(fitted, folder, tmp_path_factory):
    data = training_data(roi_table(), "response", ["patient_id"])
    again = tmp_path_factory.mktemp("again")
    write_model(again, with_provenance(fit(data, SETTINGS, 3), EXTRACTION, {"seed": 3}).model)
    for name in ("model.safetensors", "model.json"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def test_column_order_does_not_matter(fitted):
    table = roi_table(seed=8)
    shuffled = table[table.columns[::-1]]
    np.testing.assert_array_equal(fitted.model.roi_probabilities(shuffled), fitted.model.roi_probabilities(table))


def test_missing_feature_is_named(fitted):
    name = fitted.model.features[0]
    problems = fitted.model.problems_of(roi_table().drop(columns=name), None, "t.parquet")
    assert [str(p) for p in problems] == [
        f"t.parquet: 1 of the model's features are missing: {name}. Extract them with the settings in model.json."
    ]


def test_other_extraction_settings_are_named(fitted):
    other = {**EXTRACTION, "bin_width": 10.0, "engine": "pyradiomics"}
    problems = fitted.model.problems_of(roi_table(), other, "t.parquet")
    assert [p.what for p in problems] == ["extracted with other settings: bin_width is 10.0 (model: 25.0)"]
    assert not fitted.model.problems_of(roi_table(), {**EXTRACTION, "engine": "pyradiomics"}, "t.parquet")


def test_non_finite_values_are_named(fitted):
    table = roi_table()
    table.loc[4, fitted.model.features[0]] = np.nan
    (problem,) = fitted.model.problems_of(table, EXTRACTION, "t.parquet")
    assert problem.what.endswith("is missing or infinite in row 6")


def test_values_out_of_all_proportion_are_named(fitted):
    """Finite, but beyond single precision once scaled: the probability would be no number, and the ROI R-."""
    table = roi_table()
    table.loc[4, fitted.model.features[0]] = 1e60
    (problem,) = fitted.model.problems_of(table, EXTRACTION, "t.parquet")
    assert "out of all proportion to the training data in row 6" in problem.what


def test_threshold_rule_and_lesions_without_rois(fitted):
    model = replace(fitted.model, threshold=0.5)
    np.testing.assert_array_equal(model.classify(np.array([0.49, 0.5, np.nan])), [0, 1, np.nan])


@pytest.mark.parametrize("name", ["model.safetensors", "model.json"])
def test_damaged_or_missing_files(folder, name):
    (folder / name).write_bytes(b"{ nonsense")
    with pytest.raises(InputError, match="cannot be read"):
        read_model(folder)
    (folder / name).unlink()
    with pytest.raises(InputError, match="does not exist"):
        read_model(folder)


def test_files_that_do_not_belong_together(folder):
    description = json.loads((folder / "model.json").read_text())
    description["features"].append("original_firstorder_Mean")
    (folder / "model.json").write_text(json.dumps(description))
    with pytest.raises(InputError, match="does not hold"):
        read_model(folder)
