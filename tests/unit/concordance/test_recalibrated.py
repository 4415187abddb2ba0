"""No calibration of what is no probability."""

from __future__ import annotations

import pandas as pd
from tests.lesion_tables import lesion_table

from livermets.concordance.result import ConcordanceResult, concordance
from livermets.config.statistics import StatisticsSettings
from livermets.report.findings import in_words
from livermets.report.lesions import lesion_flow

FAST = StatisticsSettings(bootstrap_replicates=200)
LEFT_OUT = ("calibration", "calibration_summary", "decision")


def without(*columns: str) -> ConcordanceResult:
    return concordance(lesion_table().drop(columns=list(columns)), FAST)


def test_shares_without_a_recalibration_are_neither_calibrated_nor_decided_upon() -> None:
    """The rule: a share from networks fitted to balanced classes is no probability. ROC curve and AUC need none."""
    result = without("calibrated_manual", "calibrated_automatic")
    assert all(getattr(result, name).empty for name in LEFT_OUT)
    assert len(result.roc)
    assert len(result.auc_comparison)
    assert any("no probability of response" in note and "calibrated_manual" in note for note in result.notes)
    empty = concordance(lesion_table().assign(calibrated_manual=float("nan")), FAST)
    assert all(getattr(empty, name).empty for name in LEFT_OUT)
    assert any("was not recalibrated on training lesions" in note for note in empty.notes)


def test_calibration_is_that_of_the_probabilities_not_of_the_shares() -> None:
    result = concordance(lesion_table(), FAST)
    lesions = result.lesions[result.lesions["compared"] & result.lesions["response"].notna()]
    brier = result.calibration_summary.query("measure == 'brier'").set_index("mask_source")["value"]
    for source in ("manual", "automatic"):
        assert brier[source] == ((lesions[f"calibrated_{source}"] - lesions["response"]) ** 2).mean()
    treated = result.decision.query("strategy == 'manual' and threshold == 0.5")["n_treated"].iloc[0]
    assert treated == (lesions["calibrated_manual"] >= 0.5).sum()


def test_few_rois_are_a_reason_of_their_own() -> None:
    table = lesion_table().assign(minimum_rois=30)
    for source in ("manual", "automatic"):
        few = table[f"n_roi_{source}"] < 30
        table.loc[few, f"predicted_{source}"] = float("nan")
    result = concordance(table, FAST)
    few = pd.Series(table["n_roi_manual"]).between(1, 29)
    assert (result.lesions["manual_fate"] == "too few ROIs").sum() == few.sum() > 0
    assert result.accounting["n_lesions"].iloc[:-1].sum() == len(table)


def test_a_class_withheld_for_few_rois_has_its_reason_in_summary_and_flow() -> None:
    table = lesion_table().assign(minimum_rois=30)
    for source in ("manual", "automatic"):
        table.loc[table[f"n_roi_{source}"] < 30, f"predicted_{source}"] = float("nan")
    lesions = concordance(table, FAST).lesions.assign(patient=0, timepoint="baseline")
    few = [int((lesions[f"{source}_fate"] == "too few ROIs").sum()) for source in ("manual", "automatic")]
    flow = lesion_flow(lesions)
    assert [flow.manual_few_rois, flow.automatic_few_rois] == few
    assert min(few) > 0
    for source in ("manual", "automatic"):
        counts = {name: value for name, value in vars(flow).items() if name.startswith(source)}
        assert sum(counts.values()) - counts.get("automatic_detected", 0) == len(lesions)
    lines = in_words(vars(concordance(table, FAST)), lesions).splitlines()
    reasons = next(line for line in lines if "no class with at least one mask: " in line).rstrip(".").split("; ")
    said = {
        "manual": ("whose manual mask holds fewer ROIs", "both masks hold fewer ROIs"),
        "automatic": ("whose automatic mask holds fewer ROIs", "both masks hold fewer ROIs"),
    }
    for source, words in said.items():
        named = [reason.split(": ")[-1] for reason in reasons if any(w in reason for w in words)]
        count = sum(int(reason.split()[0]) for reason in named)
        assert count == (lesions[f"{source}_fate"] == "too few ROIs").sum()
