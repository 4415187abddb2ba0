import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler
from tests.selection_tables import SETTINGS, roi_table

from livermets.model.data import training_data
from livermets.model.preparation import Scaler, row_weights, sampled_rows, training_rows, useful_features


@pytest.fixture
def data():
    return training_data(roi_table(rois=(1, 40)), "response", ["patient_id"])


def test_constant_and_duplicate_features_are_listed():
    table = roi_table()
    table["original_a"] = 4.2
    table["original_b"] = -3 * table["original_firstorder_F2"] + 5
    table["original_c"] = table["original_firstorder_F2"] + 1e-3 * np.arange(len(table))
    table["original_d"] = 1e9 + 1e-3 * (np.arange(len(table)) % 2)  # rounding, not variation
    kept, dropped = useful_features(training_data(table, "response", ["patient_id"]))
    assert dropped.to_numpy().tolist() == [
        ["original_a", "constant", ""],
        ["original_b", "duplicate", "original_firstorder_F2"],
        ["original_d", "constant", ""],
    ]
    assert kept == [*range(8), 10]


def test_every_lesion_and_both_classes_weigh_the_same(data):
    rows = np.arange(len(data.lesion))
    weight = row_weights(data, rows, SETTINGS.network)
    per_lesion = np.bincount(data.lesion, weights=weight)
    for side in (0, 1):
        np.testing.assert_allclose(per_lesion[data.response == side], per_lesion[data.response == side][0])
    per_class = np.bincount(data.row_response, weights=weight)
    assert per_class[0] == pytest.approx(per_class[1])
    assert weight.mean() == pytest.approx(1)


def test_weights_can_be_switched_off(data):
    none = SETTINGS.network.model_copy(update={"lesion_weight": "none", "class_weight": "none"})
    np.testing.assert_array_equal(row_weights(data, np.arange(len(data.lesion)), none), 1)


def test_large_lesions_are_sampled(data):
    limited = SETTINGS.network.model_copy(update={"rois_per_lesion": 7})
    rows = sampled_rows(data, limited, 1)
    assert len(set(rows)) == len(rows)
    size = np.bincount(data.lesion, minlength=data.n_lesions)
    np.testing.assert_array_equal(np.bincount(data.lesion[rows], minlength=data.n_lesions), np.minimum(size, 7))
    assert not np.array_equal(rows, sampled_rows(data, limited, 2))
    everything = SETTINGS.network.model_copy(update={"rois_per_lesion": None})
    assert len(sampled_rows(data, everything, 1)) == len(data.lesion)


def test_scaler_is_scikit_learns():
    random = np.random.default_rng(0)
    values, weight = random.normal(3, 2, (50, 3)), random.uniform(0.1, 2, 50)
    values[:, 2] = 7.0
    reference = StandardScaler().fit(values, sample_weight=weight)
    scaler = Scaler.fit(values, weight)
    np.testing.assert_allclose(scaler.mean, reference.mean_)
    np.testing.assert_allclose(scaler.sd, reference.scale_)


def test_scaled_training_rows_have_weighted_mean_zero(data):
    rows, _ = training_rows(data, SETTINGS.network, 0)
    np.testing.assert_allclose(np.average(rows.features, axis=0, weights=rows.weight), 0, atol=1e-6)
