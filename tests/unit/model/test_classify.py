import numpy as np
import pandas as pd
import pytest

from livermets.errors import InputError
from livermets.masks.pairs import LONG_COLUMNS, WIDE_COLUMNS, pair
from livermets.model.classify import long_table
from livermets.model.fitted import FittedModel
from livermets.model.network import Network
from livermets.model.preparation import Scaler
from livermets.model.training_table import common_extraction, training_table

MODEL = FittedModel(
    ("f",), Scaler(np.zeros(1), np.ones(1)), Network(np.ones((1, 1)), np.zeros(1), np.ones(1), 0.0), 0.5, "cross_fitted"
)
PLACE = {"cohort": "val", "patient_id": "007", "timepoint": "baseline"}


def lesions(*ids: int, response=1) -> pd.DataFrame:
    return pd.DataFrame(
        [{**PLACE, "centre": "A", "lesion_id": i, "response": response,
          "longest_diameter_mm": 20.0 + i, "volume_ml": 3.0} for i in ids]
    )  # fmt: skip


def matching(*rows: tuple[int, str, float, int]) -> pd.DataFrame:
    return pd.DataFrame([
        {**PLACE, "lesion_id": i, "kind": kind, "dice": dice, "precision": dice, "recall": dice, "detected": detected,
         "longest_diameter_mm": 9.0, "volume_automatic_ml": 1.0}
        for i, kind, dice, detected in rows
    ])  # fmt: skip


def rois(**probability: list[float]) -> pd.DataFrame:
    """``lesion_1=[0.2, 0.9]``: two ROIs of lesion 1."""
    parts = [
        pd.DataFrame({**PLACE, "lesion_id": int(name.split("_")[1]), "probability": values})
        for name, values in probability.items()
    ]
    return pd.concat(parts, ignore_index=True)


def lesion_table(model, lesions, matching, probabilities):
    """The wide table of reference and primary source, as the verb writes it."""
    return pair(long_table(model, lesions, {"automatic": matching}, probabilities), "manual", "automatic", every=True)


def test_every_manual_lesion_keeps_its_row():
    table = lesion_table(
        MODEL,
        lesions(1, 2, 3),
        matching((1, "manual", 0.8, 1), (2, "manual", 0.0, 0), (3, "manual", 0.3, 1),
                 (1001, "false_positive", np.nan, 0)),
        {"manual": rois(lesion_1=[0.2, 0.5, 0.9], lesion_2=[0.1, 0.4]), "automatic": rois(lesion_1=[0.1, 0.9, 0.2],
                                                                                         lesion_1001=[0.9])},
    )  # fmt: skip
    assert list(table.columns) == [name for name in WIDE_COLUMNS if name != "role"]
    assert table["lesion_id"].tolist() == [1, 2, 3, 1001]
    assert table["kind"].tolist() == ["manual", "manual", "manual", "false_positive"]
    assert table["n_roi_manual"].tolist() == [3, 2, 0, pd.NA]
    assert table["n_roi_automatic"].tolist() == [3, 0, 0, 1]
    np.testing.assert_allclose(table["share_manual"], [2 / 3, 0, np.nan, np.nan])
    assert table["predicted_manual"].tolist() == [1, 0, pd.NA, pd.NA]
    assert table["predicted_automatic"].tolist() == [0, pd.NA, pd.NA, 1]
    assert table["detected"].tolist()[:3] == [1, 0, 1]
    assert table["longest_diameter_mm"].tolist() == [21, 22, 23, 9]


def test_a_lesion_below_the_rule_keeps_its_rois_and_share_but_has_no_class():
    found = matching((1, "manual", 0.15, 0), (2, "manual", 0.3, 1)).assign(detection_dice=0.2)
    table = lesion_table(MODEL, lesions(1, 2), found, {"automatic": rois(lesion_1=[0.9], lesion_2=[0.9])})
    assert table["predicted_automatic"].tolist() == [pd.NA, 1]
    assert table["n_roi_automatic"].tolist() == [1, 1]
    assert table["share_automatic"].tolist() == [1, 1]
    assert table["detection_dice"].tolist() == [0.2, 0.2]


def test_cohort_without_outcome_and_without_manual_masks():
    table = lesion_table(
        MODEL, lesions(), matching((1001, "automatic", np.nan, 0)), {"automatic": rois(lesion_1001=[0.9, 0.8, 0.1])}
    )
    assert table["kind"].tolist() == ["automatic"]
    assert table["predicted_automatic"].tolist() == [1]
    assert table["response"].isna().all()
    unknown = lesion_table(MODEL, lesions(1, response=np.nan), matching((1, "manual", 0.8, 1)), {})
    assert unknown["response"].isna().all()
    assert unknown["n_roi_manual"].tolist() == [0]


def test_nothing_at_all_gives_an_empty_table():
    assert lesion_table(MODEL, lesions(), matching(), {}).empty


def test_rois_of_an_unknown_lesion_are_refused():
    with pytest.raises(InputError, match="val 007 baseline 5 is in no lesion and no matching table"):
        lesion_table(MODEL, lesions(1), matching((1, "manual", 0.5, 1)), {"manual": rois(lesion_5=[0.5])})


THREE = {
    "manual": rois(lesion_1=[0.9], lesion_2=[0.2]),
    "nnunet": rois(lesion_1=[0.1], lesion_2=[0.2, 0.1]),
    "reader2": rois(lesion_1=[0.9, 0.8]),
}
SEEN = {
    "nnunet": matching((1, "manual", 0.6, 1), (2, "manual", 0.1, 0), (1001, "false_positive", np.nan, 0)),
    "reader2": matching((1, "manual", 0.9, 1)),
}


def test_every_source_has_its_rows_and_its_classes():
    table = long_table(MODEL, lesions(1, 2).assign(role="validation"), SEEN, THREE)
    assert tuple(table.columns) == LONG_COLUMNS
    rows = table[["mask_source", "lesion_id", "kind", "n_roi", "predicted"]].values.tolist()
    assert rows == [
        ["manual", 1, "manual", 1, 1], ["manual", 2, "manual", 1, 0],
        ["nnunet", 1, "manual", 1, 0], ["nnunet", 2, "manual", 2, pd.NA], ["nnunet", 1001, "false_positive", 0, pd.NA],
        ["reader2", 1, "manual", 2, 1],
    ]  # fmt: skip
    assert table.loc[table["mask_source"] == "manual", ["dice", "detected", "volume_mask_ml"]].isna().all(axis=None)
    assert set(table["role"]) == {"validation"}  # a finding has the role of its scan


def test_a_finding_in_a_scan_without_lesions_has_the_role_of_its_cohort_and_timepoint():
    drawn = pd.concat([lesions(1).assign(role="train"), lesions(1).assign(timepoint="TP1", role="validation")])
    found = matching((1001, "false_positive", np.nan, 0)).assign(patient_id="008")
    table = long_table(MODEL, drawn, {"nnunet": found}, {})
    assert table.loc[table["lesion_id"] == 1001, "role"].tolist() == ["train"]


def test_without_a_primary_source_its_columns_are_empty():
    wide = pair(long_table(MODEL, lesions(1, 2), SEEN, THREE), "manual", None, every=True)
    assert wide["predicted_manual"].tolist() == [1, 0]
    empty = ["dice", "detected", "n_roi_automatic", "share_automatic", "predicted_automatic", "volume_automatic_ml"]
    assert wide[empty].isna().all(axis=None)


def test_another_source_may_be_the_reference():
    table = long_table(MODEL, lesions(1, 2), {"manual": SEEN["nnunet"]}, THREE, reference="reader2")
    wide = pair(table, "reader2", "manual", every=True)
    assert wide["predicted_manual"].tolist() == [1, pd.NA, pd.NA]
    assert wide["predicted_automatic"].tolist() == [1, pd.NA, pd.NA]  # the second is not detected


def test_training_table_joins_and_says_what_it_leaves_out():
    table = pd.concat([lesions(1, response=1), lesions(2, response=np.nan), lesions(3, 4, response=0)])
    windows = rois(lesion_1=[0.1, 0.2], lesion_2=[0.3], lesion_3=[0.4])
    made = training_table([windows], [table])
    assert made.table["response"].tolist() == [1, 1, 0]
    assert made.table["lesion_id"].tolist() == [1, 1, 3]
    assert made.without_response == ("val 007 baseline 2",)
    assert made.without_rois == ("val 007 baseline 4",)


def test_training_table_holds_lesions_of_the_role_train_only():
    listed = pd.concat([lesions(1), lesions(2).assign(timepoint="TP1")]).assign(role=["train", "validation"])
    windows = rois(lesion_1=[0.1], lesion_2=[0.2])
    windows.loc[windows["lesion_id"] == 2, "timepoint"] = "TP1"
    assert training_table([windows], [listed]).table["lesion_id"].tolist() == [1]
    both = listed.assign(role="train")  # a study may learn from two timepoints if it says so
    assert training_table([windows], [both]).table["lesion_id"].tolist() == [1, 2]
    with pytest.raises(InputError, match="several timepoints"):
        training_table([windows], [listed.drop(columns="role")])


@pytest.mark.parametrize(
    "ids, response, message",
    [
        ((1,), 1, "lesion val 007 baseline 2 is in no lesion table"),
        ((1, 2, 2), 1, "lesion val 007 baseline 2 is listed twice"),
        ((1, 2), np.nan, "no ROI belongs to a lesion with a known outcome"),
    ],
)
def test_training_table_refuses(ids, response, message):
    with pytest.raises(InputError, match=message):
        training_table([rois(lesion_1=[0.1], lesion_2=[0.2])], [lesions(*ids, response=response)])


def test_tables_of_other_extractions_are_not_mixed():
    settings = {name: {"size": 7, "bin_width": width} for name, width in (("a", 25), ("b", 10), ("c", 25))}
    with pytest.raises(InputError, match=r"^b: extracted with other settings than the first table: bin_width is 10"):
        common_extraction(settings)
    assert common_extraction({"a": settings["a"], "c": settings["c"]}) == settings["a"]
