"""What agreement owes to the threshold and to the number of ROIs; changed lesions; false positives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.lesion_tables import lesion_table

from livermets.concordance.false_positives import false_positive_classes
from livermets.concordance.result import concordance
from livermets.concordance.sensitivity import (
    changed_lesions,
    minimum_rois_table,
    threshold_curve,
    threshold_of,
    threshold_range,
)
from livermets.config.statistics import StatisticsSettings
from livermets.masks.lesion_table import checked_lesions

SETTINGS = StatisticsSettings(bootstrap_replicates=200, minimum_rois_tried=(1, 10, 50))


def lesions(*rows: tuple[float, float, int, int]) -> pd.DataFrame:
    """One patient per lesion from (share manual, share automatic, ROIs manual, ROIs automatic); threshold 0.5."""
    table = pd.DataFrame(rows, columns=["share_manual", "share_automatic", "n_roi_manual", "n_roi_automatic"])
    table = table.assign(patient_id=[f"P{i}" for i in range(len(table))], lesion_id=1, response=1, dice=0.7,
                         longest_diameter_mm=25.0, threshold=0.5, minimum_rois=1)  # fmt: skip
    for source in ("manual", "automatic"):
        share = table[f"share_{source}"]
        table[f"predicted_{source}"] = (share >= 0.5).astype(float).where(share.notna())
    return checked_lesions(table)


def test_changed_lesions_say_what_the_change_rests_on() -> None:
    table = lesions((0.2, 1.0, 35, 2), (0.9, 0.8, 50, 50), (0.54, 0.498, 603, 612), (0.1, 0.9, 40, 40))
    changed = changed_lesions(table, few_rois=10)
    assert changed["patient_id"].tolist() == ["P2", "P0", "P3"]  # the nearest first
    assert changed["distance"].tolist() == pytest.approx([0.002, 0.3, 0.4])
    assert changed["remark"].tolist() == [
        "flips by 0.002 (automatic mask)",
        "crosses the threshold by at least 0.30 (manual mask); rests on 2 ROIs (automatic mask)",
        "crosses the threshold by at least 0.40 (manual mask)",
    ]


def test_a_table_without_thresholds_still_names_the_changed_lesions() -> None:
    table = lesion_table().drop(columns="threshold")
    result = concordance(table, SETTINGS)
    assert len(result.changed) == (result.lesions["agree"] == 0).sum() > 0
    assert result.changed["distance"].isna().all()
    assert result.threshold_curve.empty
    assert any("no column threshold" in note for note in result.notes)
    two = checked_lesions(lesion_table().assign(threshold=[0.4, *[0.5] * (len(lesion_table()) - 1)]))
    assert threshold_of(two) == (None, "the lesions were classified with 2 thresholds")


def test_the_curve_at_the_fitted_threshold_is_the_study_s_own_agreement() -> None:
    result = concordance(lesion_table(), SETTINGS)
    fitted = result.threshold_curve.query("fitted == 1").set_index("measure")
    own = result.agreement.query("measure == 'agreement' and method == 'clopper-pearson'").iloc[0]
    assert fitted.loc["agreement", ["k", "n"]].tolist() == own[["k", "n"]].tolist()
    manual = result.lesions["predicted_manual"].notna()
    assert fitted.loc["kept", "n"] == manual.sum()
    assert fitted.loc["kept", "k"] == own["k"]
    assert (fitted["low"] <= fitted["value"]).all()


def test_the_curve_over_thresholds_by_hand() -> None:
    """Shares (0.2, 0.4), (0.9, 0.8), (0.6, none): at 0.3 the first changes class, at 0.5 it does not; the third keeps
    no class at any threshold."""
    table = lesions((0.2, 0.4, 9, 9), (0.9, 0.8, 9, 9), (0.6, np.nan, 9, 0))
    curve = threshold_curve(table, 0.5, 0.95).set_index(["measure", "threshold"])
    assert curve.loc[("agreement", 0.3), ["k", "n"]].tolist() == [1, 2]
    assert curve.loc[("agreement", 0.5), ["k", "n", "fitted"]].tolist() == [2, 2, 1]
    assert curve.loc[("kept", 0.5), ["k", "n"]].tolist() == [2, 3]
    # From 0.4 down the first lesion is R+ with the automatic mask only; 0.4 is within 0.1 of the fitted 0.5.
    near = threshold_range(curve.reset_index()).set_index("measure")
    assert near.loc["agreement", ["within", "lowest", "highest", "n"]].tolist() == [0.1, 0.5, 1.0, 2]
    assert near.loc["kept", "n"] == 3


def test_more_rois_asked_for_leave_fewer_lesions() -> None:
    table = lesions((0.2, 1.0, 35, 2), (0.9, 0.8, 50, 50), (0.9, 0.8, 5, 50), (0.4, 0.3, 60, 60))
    found = minimum_rois_table(table, 0.5, SETTINGS).set_index(["measure", "minimum_rois"])
    assert found.loc[("agreement", 1), ["k", "n", "n_manual", "n_automatic"]].tolist() == [3, 4, 4, 4]
    assert found.loc[("agreement", 10), ["k", "n", "n_manual", "n_automatic"]].tolist() == [2, 2, 3, 3]
    assert found.loc[("kept", 10), ["k", "n"]].tolist() == [2, 3]
    assert found.loc[("kept", 50), ["k", "n"]].tolist() == [2, 2]


def test_classes_below_the_configured_number_of_rois_are_made_again_from_shares() -> None:
    """A study that asks for 10 ROIs has no class below; with 1 it would have had them, as the threshold tells."""
    table = lesions((0.2, 0.3, 35, 2), (0.9, 0.8, 50, 50)).assign(minimum_rois=10.0)
    table.loc[0, ["predicted_automatic", "agree"]] = np.nan
    found = minimum_rois_table(table, 0.5, SETTINGS).set_index(["measure", "minimum_rois"])
    assert found.loc[("agreement", 1), ["k", "n", "configured"]].tolist() == [2, 2, 0]
    assert found.loc[("agreement", 10), ["k", "n", "configured"]].tolist() == [1, 1, 1]
    assert 1 not in minimum_rois_table(table, None, SETTINGS)["minimum_rois"].to_numpy()


def test_false_positives_are_counted_by_the_class_they_would_get() -> None:
    place = {"patient_id": ["A", "A", "A", "B", "C"], "lesion_id": [1, 1001, 1002, 1001, 1]}
    table = pd.DataFrame(place).assign(
        cohort="x", timepoint="baseline", kind=["manual", *["false_positive"] * 3, "manual"],
        predicted_automatic=[1, 1, np.nan, 0, np.nan], n_roi_automatic=[50, 40, 0, 3, 0],
        longest_diameter_mm=[20.0, 11.0, 6.0, 8.0, 9.0],
    )  # fmt: skip
    found = false_positive_classes(table).set_index("class")
    assert found["n_components"].to_dict() == {
        "R+": 1, "R-": 1, "no class: too few ROIs": 0, "no class: no ROI": 1, "all": 3,
    }  # fmt: skip
    assert found.loc["all", ["n_scans", "per_scan", "n_patients"]].tolist() == [3, 1.0, 2]
    assert found.loc["R+", "median_n_roi"] == 40
    few = table.assign(predicted_automatic=np.nan)
    assert false_positive_classes(few).set_index("class").loc["no class: too few ROIs", "n_components"] == 2


def test_an_undetected_lesion_gets_no_class_from_the_rois_that_its_overlap_holds() -> None:
    table = lesion_table().assign(detection_dice=0.2)
    table.loc[table["dice"] <= 0.2, "detected"] = 0
    table.loc[:3, ["dice", "detected", "share_automatic", "share_manual"]] = 0.1, 0, 0.9, 0.9
    result = concordance(table, SETTINGS)
    missed = result.lesions["automatic_fate"] == "undetected"
    assert (missed & result.lesions["share_automatic"].notna()).any()
    assert len(result.share_differences) == (~missed & result.lesions["share_automatic"].notna()).sum()
    own = result.minimum_rois.query("configured == 1 and measure == 'agreement'").iloc[0]
    assert own["n"] == result.lesions["compared"].sum()
