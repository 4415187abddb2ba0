"""Cohorts, flow of lesions, lesions of every analysis, scans, the check; the list of lesions."""

from __future__ import annotations

import json

from tests.unit.report.statements.registry import Files, Statement, Values


def _flow(files: Files, **_: str) -> Values:
    lesions = files.lesions()
    return {"lesions": len(lesions), "cohorts": lesions["cohort"].nunique()}


def _described(files: Files, cohort: str, **_: str) -> Values:
    lesions = files.headline(cohort)
    manual, automatic = lesions["predicted_manual"], lesions["predicted_automatic"]
    both = lesions[manual.notna() & automatic.notna()]
    same = int((both["predicted_manual"] == both["predicted_automatic"]).sum())
    undetected = automatic.isna() & lesions["detected"].ne(1)
    return {
        "lesions": len(lesions), "scans": len(lesions[["who", "timepoint"]].drop_duplicates()),
        "patients": lesions["who"].nunique(), "manual": int(manual.notna().sum()),
        "manual_none": int((manual.isna() & lesions["n_roi_manual"].eq(0)).sum()),
        "automatic": int(automatic.notna().sum()), "undetected": int(undetected.sum()),
        "automatic_none": int((automatic.isna() & ~undetected & lesions["n_roi_automatic"].eq(0)).sum()),
        "same": same, "other": len(both) - same, "no_class": len(lesions) - len(both),
    }  # fmt: skip


def _left_out(files: Files, cohort: str, **_: str) -> Values:
    return {"n": len(files.config["cohorts"][cohort].get("exclude") or [])}


def _apart(files: Files, cohort: str, timepoint: str, **_: str) -> Values:
    return {"n": int(files.lesions(cohort)["timepoint"].eq(timepoint).sum())}


def _scans(files: Files, **_: str) -> Values:
    return {"n": len(list(files.folder.glob("*/intake/*/*/scan.json")))}


def _remarks(files: Files, **_: str) -> Values:
    return {"n": len(files.csv("check/problems.csv")) + len(files.every("*/liver/*/*_problems.csv"))}


def _lesions(files: Files, **_: str) -> Values:
    return {"n": len(files.lesions())}


def _finding_counts(files: Files, cohort: str, **_: str) -> Values:
    table = files.csv("lesions.csv")
    table = table[table["cohort"].eq(cohort)]
    found = table["kind"].eq("automatic") if "kind" in table else table["lesion_id"].lt(0)
    scans = len(list(files.folder.glob(f"{cohort}/intake/*/*/scan.json")))
    counted = found & table["timepoint"].isin(files.predicting)
    lesions = len(files.lesions(cohort)) - len(files.headline(cohort))
    return {"n": int(counted.sum()), "scans": scans, "findings": int((found & ~counted).sum()), "lesions": lesions}


def _predicted(files: Files, cohort: str, **_: str) -> Values:
    lesions = files.headline(cohort)
    both = lesions.dropna(subset=["predicted_manual", "predicted_automatic"])
    same = int((both["predicted_manual"] == both["predicted_automatic"]).sum())
    return {
        "n": len(lesions), "patients": lesions["who"].nunique(), "same": same, "other": len(both) - same,
        "lost": len(lesions) - len(both),
    }  # fmt: skip


def _called(files: Files, cohort: str, mask: str, **_: str) -> Values:
    called = files.headline(cohort)[f"predicted_{mask}"]
    plus = int(called.eq(1).sum())
    return {"k": int(called.notna().sum()), "n": len(called), "plus": plus, "minus": int(called.eq(0).sum())}


def _false_positives(files: Files, cohort: str, **_: str) -> Values:
    scans = files.every(f"{cohort}/segmentation/automatic/*/*/scan_metrics.csv")
    return {"n": int(scans.loc[scans["timepoint"].isin(files.predicting), "false_positives"].sum())}


def _model(files: Files) -> dict:
    return json.loads((files.folder / "model/model.json").read_text())


STATEMENTS = (
    Statement("cohorts/caption/flow-counts", "the {lesions} lesions of {cohorts} cohort", "lesions.csv",
              "one row per lesion, cohort", _flow),
    Statement(
        "cohorts/described/flow-{cohort}",
        "{lesions} lesion… in {scans} scan… of {patients} patient…. Manual mask: {manual} classified, {manual_none} "
        "without a ROI. Automatic mask: {automatic} classified, {undetected} without a class since not detected, "
        "{automatic_none} without a ROI. Both masks: {same} in the same class, {other} in another, {no_class} without",
        "lesions.csv", "predicted_manual, predicted_automatic, detected, n_roi_manual, n_roi_automatic", _described,
    ),
    Statement("cohorts/described/flow-{cohort}", "Counted apart: {n} lesion… at {timepoint:w}.", "lesions.csv",
              "timepoint", _apart),
    Statement("scans/caption/scans-table", "Spacing of {n} scan", "<cohort>/intake/*/*/scan.json", "spacing_xyz_mm",
              _scans),
    Statement("check/caption/check-remarks", "({n} remark", "check/problems.csv", "one row per remark", _remarks),
    Statement("lesions/caption/lesion-table", "({n} lesion", "lesions.csv", "one row per lesion", _lesions),
    Statement("prediction-{cohort}/paragraph/", "{n} lesion… of {patients} patient", "lesions.csv",
              "cohort, patient_id, timepoint", _predicted),
    *(
        Statement("prediction-{cohort}/note/", f"Not shown: {said} at other timepoints", "lesions.csv",
                  "kind, timepoint", _finding_counts, rare=True)
        for said in ("{lesions} lesion…", "{findings} finding…", "{lesions} lesion… and {findings} finding…")
    ),
    *(
        Statement("prediction-{cohort}/paragraph/",
                  f"With the {mask} mask {{k}} of {{n}} could be classified: {{plus}} R+ and {{minus}} R−",
                  "lesions.csv", f"predicted_{mask}, timepoint",
                  lambda files, mask=mask, **names: _called(files, mask=mask, **names))
        for mask in ("manual", "automatic")
    ),
    Statement("prediction-{cohort}/paragraph/",
              "the same class to {same} lesion…, another to {other}; {lost} have no class with at least one mask",
              "lesions.csv",
              "predicted_manual, predicted_automatic, timepoint", _predicted),
    Statement("prediction-{cohort}/paragraph/", "automatic masks hold {n} component",
              "<cohort>/segmentation/automatic/*/*/scan_metrics.csv", "false_positives, timepoint", _false_positives),
    Statement("prediction-{cohort}/caption/*", "{n} finding", "lesions.csv", "kind, timepoint", _finding_counts,
              rare=True),
    Statement("prediction-{cohort}/caption/*", "class of {n} lesion", "lesions.csv", "timepoint", _predicted),
)  # fmt: skip
