"""Diagnostics: captions."""

from __future__ import annotations

import json

from tests.unit.report.statements.intervals import ENDS, quoted
from tests.unit.report.statements.registry import Files, Statement, Values


def _known(files: Files, cohort: str, **_: str) -> Values:
    known = files.both(cohort).dropna(subset=["response"])
    return {"n": len(known), "patients": known["who"].nunique()}


def _training(files: Files, cohort: str, mask: str = "manual") -> Values:
    lesions = files.headline(cohort).dropna(subset=["response", f"predicted_{mask}"])
    return {"n": len(lesions), "patients": lesions["who"].nunique()}


def _drawn(files: Files, cohort: str, **_: str) -> Values:
    return {"n": len(files.both(cohort)), "all": len(files.headline(cohort))}


def _both(files: Files, cohort: str, **_: str) -> Values:
    both = files.both(cohort)
    return {"n": len(both), "patients": both["who"].nunique()}


def _differences(files: Files, cohort: str, kind: str) -> Values:
    table = files.csv(f"concordance/{cohort}/automatic/subgroup_differences.csv")
    table = table[table["grouping"].eq("centre") == (kind == "centre")]
    return {
        "out": int(((table["low"] > 0) | (table["high"] < 0)).sum()), "all": int(table["low"].notna().sum()), "null": 0,
        "without": int(table["low"].isna().sum()),
        "chance": 1 - table["level"].iloc[0],
    }  # fmt: skip


def _decision(files: Files, cohort: str, **_: str) -> Values:
    return {"all": len(files.csv(f"concordance/{cohort}/automatic/decision.csv"))}


def _recalibrated(files: Files, **_: str) -> Values:
    fitted, table = files.csv("model/training_lesions.csv"), files.csv("model/recalibration.csv").set_index("measure")
    slope, intercept = table.loc["calibration_slope"], table.loc["calibration_intercept"]
    return {
        "n": len(fitted), "patients": fitted["group"].nunique(), "slope": slope["value"], "low": slope["low"],
        "high": slope["high"], "intercept": intercept["value"], "low2": intercept["low"], "high2": intercept["high"],
    }  # fmt: skip


def _clipped(files: Files, **_: str) -> Values:
    margin = json.loads((files.folder / "model/model.json").read_text())["recalibration"]["margin"]
    scores = files.csv("model/predictions.csv").query("model == 'ga_network'")["score"]
    outside = (scores < margin) | (scores > 1 - margin)
    return {"k": int(outside.sum()), "n": len(scores), "margin": margin, "zero": 0, "one": 1}


def _uncertain(files: Files, **_: str) -> Values:
    slope = files.csv("model/recalibration.csv").set_index("measure").loc["calibration_slope"]
    if slope["low"] > 0:
        raise ValueError("the interval of the slope leaves out 0")
    return {"zero": 0}


def _ranks(files: Files, **_: str) -> Values:
    table = files.csv("model/evaluation.csv")
    return quoted(table[table["measure"] == "auc"])


def _scored(files: Files, cohort: str, **_: str) -> Values:
    known = files.both(cohort).dropna(subset=["response", "share_manual", "share_automatic"])
    return {"n": len(known), "patients": known["who"].nunique()}


def _margin(files: Files, **_: str) -> Values:
    given = files.config.get("statistics") or {}
    return {"margin": given.get("probability_margin", 0.01), "zero": 0, "one": 1}


def _model_threshold(files: Files, **_: str) -> Values:
    return {"value": json.loads((files.folder / "model/model.json").read_text())["threshold"]}


def _seen(files: Files, cohort: str) -> Values:
    seen = files.every(f"{cohort}/segmentation/automatic/*/*/scan_metrics.csv")["seen_in_training"].dropna()
    return {"k": int(seen.sum()), "n": len(seen)}


def _both_training(files: Files, cohort: str) -> Values:
    return {"n": len(files.headline(cohort).dropna(subset=["response", "predicted_manual", "predicted_automatic"]))}


_IN = "diagnostics-{cohort}-section"
_CLASSES = "predicted_manual, predicted_automatic, response"
STATEMENTS = (
    Statement(f"{_IN}/caption/diagnostics-{{again}}", "Diagnostics of {n} lesion… of {patients} patient",
              "lesions.csv", _CLASSES, _known),
    Statement(f"{_IN}/caption/confusion-*", "over {n} lesion", "lesions.csv", _CLASSES, _known),
    Statement(f"{_IN}/caption/*-roc", "{n} lesion… of {patients} patient", "lesions.csv", _CLASSES, _known),
    *(
        Statement(
            f"{_IN}/caption/{kind}-differences-*", text,
            "concordance/<comparison>/<source>/subgroup_differences.csv", "low, high, level",
            lambda files, cohort, kind=kind, **_: _differences(files, cohort, kind), rare=True,
        )
        for kind in ("group", "centre")
        for text in (
            "{out} of {all} interval… leave out {null}; {chance:%} % of them",
            "{out} of {all} interval… leave out {null} ({without} difference… without an interval); {chance:%} % of",
            "None of the {without} difference… has an interval",
        )
    ),
    *(
        Statement(f"{_IN}/caption/{place}", "{n} lesion… of {patients} patient… with an outcome and a share from both",
                  "lesions.csv", "response, share_manual, share_automatic", _scored, rare=True)
        for place in ("*-calibration", "calibration-summary-*", "*-decision")
    ),
    Statement(f"{_IN}/caption/calibration-summary-*", "closer than {margin} to {zero} or {one} are moved",
              "config.yaml", "statistics.probability_margin", _margin, rare=True),
    Statement(
        f"{_IN}/caption/*-calibration",
        "recalibrated on {n} training lesion… of {patients} patient…, each scored without its patient: slope {slope} "
        "({low} to {high}), intercept {intercept} ({low2} to {high2}).",
        "model/training_lesions.csv, model/recalibration.csv", "calibration_slope, calibration_intercept",
        _recalibrated, rare=True,
    ),
    Statement(f"{_IN}/caption/*-calibration", "{k} of {n} shares lay closer than {margin} to {zero} or {one}",
              "model/predictions.csv, model/model.json", "score of ga_network, recalibration.margin", _clipped,
              rare=True),
    Statement(f"{_IN}/caption/*-calibration", "The slope is uncertain: its interval includes {zero}.",
              "model/recalibration.csv", "calibration_slope: low, high", _uncertain, rare=True),
    Statement(f"{_IN}/caption/*-calibration", "told by their ROC AUC, {value} ({low} to {high})",
              "model/evaluation.csv", f"auc: {ENDS}", _ranks, rare=True),
    Statement(f"{_IN}/caption/*", "the lesions that both masks classify ({n} lesion… of {patients} patient",
              "lesions.csv", "predicted_manual, predicted_automatic", _both),
    Statement(f"{_IN}/caption/patient-summary-*", "of the {n} lesion… that both masks classify, Dice is of all {all} "
              "lesion", "lesions.csv", "predicted_manual, predicted_automatic, timepoint", _drawn),
    Statement(f"{_IN}/under/decision-*", "The first 40 of {all} rows", "concordance/<comparison>/<source>/decision.csv",
              "its rows", _decision, rare=True),
    *(
        Statement(f"training-{{cohort}}-section/{place}", "at the model’s threshold ({value})", "model/model.json",
                  "threshold", _model_threshold)
        for place in ("note/", "caption/training-calls-*")
    ),
    Statement("training-{cohort}-section/note/", "trained on patients of {k} of {n} of these scans",
              "<cohort>/segmentation/automatic/**/scan_metrics.csv", "seen_in_training", _seen, rare=True),
    Statement("training-{cohort}-section/caption/*", "not the same lesions, {n} with a class from both", "lesions.csv",
              "response, predicted_manual, predicted_automatic", _both_training, rare=True),
    Statement("training-{cohort}-section/caption/training-calls-*", "resubstitution, {n} lesion… of {patients} patient",
              "lesions.csv", "response, predicted_manual, cohort", _training),
    *(
        Statement("training-{cohort}-section/caption/*", f"{{n}} lesion… of {{patients}} patient… with the {mask} mask",
                  "lesions.csv", f"response, predicted_{mask}, cohort",
                  lambda files, cohort, mask=mask: _training(files, cohort, mask))
        for mask in ("manual", "automatic")
    ),
)  # fmt: skip
