"""Nothing fitted sees a held-out patient, and noise gives an AUC of one half."""

import numpy as np
import pytest
from tests.mask_tables import LOOSE, altered_table, filtered
from tests.selection_tables import SETTINGS, roi_table

from livermets.model.data import training_data
from livermets.model.evaluation import mean_auc_within_folds
from livermets.model.fitted import write_model
from livermets.model.nested import OURS, fit_part, nested_evaluation, outer_folds
from livermets.model.permutation import permuted_data, permuted_response
from livermets.model.simpler_models import OwnScores, comparators
from livermets.model.stable_features import is_stable, with_masks
from livermets.model.tables import threshold_table
from livermets.randomness import generator

REPEATS = 20


def data_of(table):
    return training_data(table, "response", ["patient_id"])


def test_altered_held_out_rows_leave_every_artefact_byte_identical(tmp_path):
    table = roi_table()
    altered = table.copy()
    held_out_rows = altered["patient_id"].isin(["003", "008"])
    features = [name for name in table if name.startswith("original_")]
    altered.loc[held_out_rows, features] = altered.loc[held_out_rows, features] * -1e6 + 17
    altered.loc[held_out_rows, "response"] = 1 - altered.loc[held_out_rows, "response"]
    files = {}
    for name, one in (("plain", table), ("altered", altered)):
        data = data_of(one)
        held_out = data.lesions["patient_id"].isin(["003", "008"]).to_numpy()
        fitted = fit_part(data, held_out, SETTINGS, 5, "outer-0-0", None)
        write_model(tmp_path / name, fitted.model)
        fitted.search.log.to_csv(tmp_path / name / "generations.csv")
        fitted.dropped.to_csv(tmp_path / name / "dropped.csv")
        threshold_table(fitted).to_csv(tmp_path / name / "threshold.csv")
        files[name] = {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
    assert len(files["plain"]) == 5
    assert files["plain"] == files["altered"]


def test_comparison_models_do_not_see_held_out_outcomes():
    data = data_of(roi_table())
    whole = data.lesions.assign(longest_diameter_mm=np.linspace(10, 40, data.n_lesions))
    whole["original_shape_MeshVolume"] = whole["longest_diameter_mm"] ** 3
    whole["covariate_cea"] = np.linspace(3, 1, data.n_lesions)
    held_out = data.patient < 3
    flipped = data.with_response(np.where(held_out, 1 - data.response, data.response))
    models, notes = comparators(data, [whole])
    assert [one.name for one in models] == [
        "lasso", "network_all_features", "longest_diameter", "lasso_whole_lesion", "clinical", "radiomics_clinical",
    ]  # fmt: skip
    ours = OwnScores(np.linspace(0, 1, (~held_out).sum()), np.linspace(0, 1, held_out.sum()))
    assert not notes
    for model in models:
        np.testing.assert_array_equal(
            model.predict(data, held_out, SETTINGS, 1, ours)[0], model.predict(flipped, held_out, SETTINGS, 1, ours)[0]
        )


def test_outcome_and_follow_up_in_a_lesion_table_are_never_features():
    data = data_of(roi_table())
    whole = data.lesions.assign(response=data.response, followup_diameter_mm=30.0 - 20 * data.response)
    models, _ = comparators(data, [whole])
    assert [one.name for one in models] == ["lasso", "network_all_features"]


def nested_auc(data, seed):
    nested = nested_evaluation(data, SETTINGS, seed, outer_folds(data, SETTINGS, seed, "table"))
    return mean_auc_within_folds(nested.predictions, OURS)


def compatible_with_chance(aucs):
    assert len(aucs) == REPEATS
    error = np.std(aucs, ddof=1) / np.sqrt(len(aucs))
    assert abs(np.mean(aucs) - 0.5) < 3 * error, f"mean {np.mean(aucs):.3f}, standard error {error:.3f}"
    assert error < 0.06  # wide enough an interval would hold anything


def test_no_effect_gives_chance():
    aucs = [
        nested_auc(data_of(roi_table(patients=14, effect=0.0, seed=100 + i, rois=(3, 12))), i) for i in range(REPEATS)
    ]
    compatible_with_chance(aucs)


def test_permuted_outcomes_give_chance():
    data = data_of(roi_table(patients=14, effect=2.0, rois=(3, 12)))
    settings = SETTINGS.model_copy(
        update={
            "audit": SETTINGS.audit.model_copy(update={"permutations": 1}),
            "search": SETTINGS.search.model_copy(update={"folds": 3}),
        }
    )
    aucs = []
    for number in range(REPEATS):
        (permuted,) = permuted_data(data, settings, number, "table")
        aucs.append(nested_auc(permuted, number))
    compatible_with_chance(aucs)


def test_an_effect_is_found():
    """The same criterion as above, which chance must meet and an effect must not."""
    aucs = [nested_auc(data_of(roi_table(patients=14, effect=2.0, seed=i, rois=(3, 12))), i) for i in range(6)]
    assert np.mean(aucs) - 3 * np.std(aucs, ddof=1) / np.sqrt(len(aucs)) > 0.5
    assert np.mean(aucs) > 0.8


@pytest.mark.parametrize("seed", range(5))
def test_permutation_deals_whole_patients(seed):
    data = data_of(roi_table(patients=9))
    permuted = permuted_response(data, generator(seed, "test"))
    assert permuted.sum() == data.response.sum()
    # Every patient has three lesions here, so each must have received the outcomes of one patient, in any order.
    totals = sorted(data.response[data.patient == p].sum() for p in range(9))
    assert sorted(permuted[data.patient == p].sum() for p in range(9)) == totals


def test_masks_of_held_out_patients_choose_no_feature(tmp_path):
    """With their altered masks made wild, which would leave hardly a feature stable, the fold's fit is the same."""
    rois, settings = roi_table(), filtered()
    plain, held_out_patients = altered_table(rois), ["003", "008"]
    wild = plain.copy()
    of_held_out = wild["patient_id"].isin(held_out_patients)
    features = [name for name in wild if name.startswith("original_")]
    noise = np.random.default_rng(0).normal(0, 50, (int(of_held_out.sum()), len(features)))
    wild.loc[of_held_out, features] += noise
    fits, whole = {}, {}
    for name, masks in (("plain", plain), ("wild", wild)):
        data = with_masks(data_of(rois), {"altered": [masks]}, settings.stable_features, "table")
        held_out = data.lesions["patient_id"].isin(held_out_patients).to_numpy()
        fitted = fit_part(data, held_out, settings, 5, "outer-0-0", None)
        write_model(tmp_path / name, fitted.model)
        fits[name] = fitted.unstable, (tmp_path / name / "model.safetensors").read_bytes()
        whole[name] = int(is_stable(data, settings.stable_features).sum())
    assert fits["plain"] == fits["wild"]
    assert fits["plain"][0] == LOOSE
    assert whole["plain"] == 6 > whole["wild"]  # all patients together would have chosen others
