import numpy as np
import pandas as pd
import pytest

from livermets.errors import InputError
from livermets.model.classify import LESION_TABLE_COLUMNS, lesion_table
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


def test_every_manual_lesion_keeps_its_row():
    table = lesion_table(
        MODEL,
        lesions(1, 2, 3),
        matching((1, "manual", 0.8, 1), (2, "manual", 0.0, 0), (3, "manual", 0.3, 1),
                 (1001, "false_positive", np.nan, 0)),
        {"manual": rois(lesion_1=[0.2, 0.5, 0.9], lesion_2=[0.1, 0.4]), "automatic": rois(lesion_1=[0.1, 0.9, 0.2],
                                                                                         lesion_1001=[0.9])},
    )  # fmt: skip
    assert tuple(table.columns) == LESION_TABLE_COLUMNS
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


def test_training_table_joins_and_says_what_it_leaves_out():
    table = pd.concat([lesions(1, response=1), lesions(2, response=np.nan), lesions(3, 4, response=0)])
    windows = rois(lesion_1=[0.1, 0.2], lesion_2=[0.3], lesion_3=[0.4])
    made = training_table([windows], [table])
    assert made.table["response"].tolist() == [1, 1, 0]
    assert made.table["lesion_id"].tolist() == [1, 1, 3]
    assert made.without_response == ("val 007 baseline 2",)
    assert made.without_rois == ("val 007 baseline 4",)


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
