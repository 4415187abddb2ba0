"""Only features that keep their value over masks may be selected, and every fit judges that by its own patients."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.mask_tables import LOOSE, altered_table, filtered, reader_table
from tests.selection_tables import SETTINGS, roi_table

from livermets.errors import InputError
from livermets.model.data import TrainingData, lesion_means, training_data
from livermets.model.stable_features import (
    UNSTABLE,
    candidate_features,
    icc_over_masks,
    is_stable,
    stable_problems,
    with_masks,
)
from livermets.stats.one_way_icc import RatingSums, one_way_icc

ROIS = roi_table()


def data_of(settings=None, altered=None, readers=None, rois=ROIS) -> TrainingData:
    settings = settings or filtered()
    tables = {"altered": [altered_table(rois)] if altered is None else altered, "readers": readers or []}
    return with_masks(training_data(rois, "response", ["patient_id"]), tables, settings.stable_features, "table")


def test_masks_stand_by_their_lesion_whatever_the_order_of_the_rows() -> None:
    data, shuffled = data_of(), data_of(altered=[altered_table(ROIS).sample(frac=1, random_state=3)])
    means, masks = lesion_means(data), data.masks["altered"]
    tight = [i for i, name in enumerate(data.names) if name not in LOOSE]
    assert np.abs(masks.values[:, tight] - means[masks.lesion][:, tight]).max() < 0.6  # noise of 0.1
    assert np.bincount(masks.lesion).tolist() == [6] * data.n_lesions
    np.testing.assert_allclose(icc_over_masks(shuffled)["altered"], icc_over_masks(data)["altered"], rtol=1e-12)


def test_loose_features_are_dropped_before_the_others_and_named() -> None:
    kept, dropped = candidate_features(data_of(), filtered())
    names = data_of().names
    assert [names[i] for i in kept] == [name for name in names if name not in LOOSE]
    assert dropped.to_dict("list") == {"feature": list(LOOSE), "reason": [UNSTABLE] * 2, "same_as": [""] * 2}


def test_a_stable_duplicate_of_an_unstable_feature_stays() -> None:
    """The earlier of two duplicates is kept, unless it is the unstable one."""
    rois = ROIS.assign(original_firstorder_F3=2 * ROIS["original_firstorder_F2"])
    altered = altered_table(rois)
    altered["original_firstorder_F3"] = altered["original_firstorder_F4"]
    data = data_of(altered=[altered], rois=rois)
    kept, dropped = candidate_features(data, filtered())
    assert "original_firstorder_F3" in [data.names[i] for i in kept]
    assert dropped["feature"].tolist() == ["original_firstorder_F2"]


def test_without_the_setting_nothing_is_filtered_and_no_mask_kept() -> None:
    data = data_of(SETTINGS)
    assert data.masks == {}
    assert candidate_features(data, SETTINGS)[0] == list(range(len(data.names)))
    assert data.digest() == training_data(ROIS, "response", ["patient_id"]).digest()
    assert data_of().digest() != data.digest()


def test_readers_are_the_training_rois_and_every_further_source() -> None:
    settings = filtered(by=("readers",))
    data = data_of(settings, readers=[reader_table(ROIS, "second"), reader_table(ROIS, "third", seed=2)])
    masks = data.masks["readers"]
    assert np.bincount(masks.lesion).tolist() == [3] * data.n_lesions
    np.testing.assert_array_equal(masks.values[::3], lesion_means(data))
    second = reader_table(ROIS, "second").groupby(["patient_id", "lesion_id"], sort=False)[list(data.names)].mean()
    np.testing.assert_allclose(masks.values[1::3], second)
    assert np.array(data.names)[~is_stable(data, settings.stable_features)].tolist() == list(LOOSE)


def test_by_both_a_feature_must_be_stable_by_each() -> None:
    settings = filtered(by=("altered", "readers"))
    readers = reader_table(ROIS, "second")
    readers["original_firstorder_F5"] = np.random.default_rng(0).normal(size=len(readers))
    stable = is_stable(data_of(settings, readers=[readers]), settings.stable_features)
    assert [i for i in range(8) if not stable[i]] == [2, 3, 5]


def test_lesions_with_fewer_than_two_masks_with_a_roi_do_not_count() -> None:
    altered = altered_table(ROIS)
    first = altered["lesion_id"].eq(1) & altered["patient_id"].eq("001") & altered["draw"].gt(0)
    names = [name for name in altered if name.startswith("original_")]
    altered.loc[first, names] = np.nan  # nothing of these masks holds a ROI
    data = data_of(altered=[altered])
    assert len(data.masks["altered"].lesions) == data.n_lesions - 1
    assert np.isfinite(data.masks["altered"].values).all()


def test_a_subset_holds_its_own_masks_alone_and_its_icc_is_that_of_a_table_of_them() -> None:
    data = data_of()
    chosen = data.patient < 4
    part = data.subset(chosen)
    table = altered_table(ROIS)
    own = table[table["patient_id"].isin(["001", "002", "003", "004"])]
    lesion = own.groupby(["patient_id", "lesion_id"], dropna=False).ngroup().to_numpy()
    expected = one_way_icc(RatingSums.of(own[list(data.names)].to_numpy(), lesion))
    np.testing.assert_allclose(icc_over_masks(part)["altered"], expected, rtol=1e-10)
    assert len(part.masks["altered"].lesion) == len(own)


@pytest.mark.parametrize(
    "settings, altered, says",
    [
        (filtered(), [], "asked for by altered masks, and there are none .* Give them \\(--altered-features\\)"),
        (filtered(by=("readers",)), None, "masks of further readers, and there are none .*--reader-rois"),
        (filtered(), [altered_table(ROIS).drop(columns=list(LOOSE))], "2 candidate features are not known .*F2, .*F3"),
        (filtered(), [altered_table(ROIS).drop(columns="lesion_id")], "do not name lesions by lesion_id"),
    ],
)
def test_what_is_missing_is_said(settings, altered, says) -> None:
    with pytest.raises(InputError, match=says):
        data_of(settings, altered)


def test_too_few_lesions_and_no_stable_feature_are_said_with_the_numbers() -> None:
    asked = filtered(icc=0.9999).stable_features
    data = data_of(filtered(icc=0.9999))
    (problem,) = stable_problems(data, asked, "the training lesions of an outer fold").problems
    highest = icc_over_masks(data)["altered"].max()
    assert f"of an outer fold reaches an ICC of 0.9999 by altered masks (the highest is {highest:.2f})" in str(problem)
    few = data_of(altered=[altered_table(ROIS).query("patient_id == '001'")])
    (problem,) = stable_problems(few, asked, "the training lesions").problems
    assert "3 of the training lesions have two or more altered masks with a ROI" in str(problem)
    with pytest.raises(InputError, match="no feature of the training lesions"):
        candidate_features(data, filtered(icc=0.9999))


def test_a_feature_that_never_varies_is_not_stable() -> None:
    rois = ROIS.assign(original_firstorder_F6=1.0)
    altered = altered_table(rois).assign(original_firstorder_F6=1.0)
    stable = is_stable(data_of(altered=[altered], rois=rois), filtered().stable_features)
    assert not stable[6]
    assert pd.Series(stable).sum() == 5
