"""Diagnostics: captions."""

from __future__ import annotations

from tests.unit.reporting.statements.registry import Files, Statement, Values


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
    table = files.csv(f"concordance/{cohort}/subgroup_differences.csv")
    table = table[table["grouping"].eq("centre") == (kind == "centre")]
    return {
        "out": int(((table["low"] > 0) | (table["high"] < 0)).sum()), "all": int(table["low"].notna().sum()), "null": 0,
        "without": int(table["low"].isna().sum()),
        "chance": 1 - table["level"].iloc[0],
    }  # fmt: skip


def _decision(files: Files, cohort: str, **_: str) -> Values:
    return {"all": len(files.csv(f"concordance/{cohort}/decision.csv"))}


def _recalibrated(files: Files, *, shown: bool, **_: str) -> Values:
    fitted, table = files.csv("model/training_lesions.csv"), files.csv("model/recalibration.csv").set_index("measure")
    slope, intercept = table.loc["calibration_slope"], table.loc["calibration_intercept"]
    if (slope["low"] > 0) != shown:
        raise ValueError("the interval of the slope says the opposite")
    return {
        "n": len(fitted), "patients": fitted["group"].nunique(), "slope": slope["value"], "low": slope["low"],
        "high": slope["high"], "intercept": intercept["value"], "low2": intercept["low"], "high2": intercept["high"],
    }  # fmt: skip


_IN = "diagnostics-{cohort}-section"
_CLASSES = "predicted_manual, predicted_automatic, response"
STATEMENTS = (
    Statement(f"{_IN}/caption/diagnostics-{{again}}", "Diagnostics of {n} lesions of {patients} patients",
              "lesions.csv", _CLASSES, _known),
    Statement(f"{_IN}/caption/confusion-*", "over {n} lesions", "lesions.csv", _CLASSES, _known),
    Statement(f"{_IN}/caption/*-roc", "{n} lesions of {patients} patients", "lesions.csv", _CLASSES, _known),
    *(
        Statement(
            f"{_IN}/caption/{kind}-differences-*", text,
            "concordance/<comparison>/subgroup_differences.csv", "low, high, level",
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
        Statement(
            f"{_IN}/caption/*-calibration",
            "recalibrated on {n} training lesion… of {patients} patient…, each scored without its patient: slope "
            f"{{slope}} ({{low}} to {{high}}), intercept {{intercept}} ({{low2}} to {{high2}}){end}",
            "model/training_lesions.csv, model/recalibration.csv", "calibration_slope, calibration_intercept",
            lambda files, cohort, shown=shown, **_: _recalibrated(files, shown=shown), rare=True,
        )
        for end, shown in ((".", True), (", so that the training lesions do not even show", False))
    ),
    Statement(f"{_IN}/caption/*", "the lesions that both masks classify ({n} lesion… of {patients} patient",
              "lesions.csv", "predicted_manual, predicted_automatic", _both),
    Statement(f"{_IN}/caption/patient-summary-*", "of the {n} lesion… that both masks classify, Dice is of all {all} "
              "lesion", "lesions.csv", "predicted_manual, predicted_automatic, timepoint", _drawn),
    Statement(f"{_IN}/under/decision-*", "The first 40 of {all} rows", "concordance/<comparison>/decision.csv",
              "its rows", _decision, rare=True),
    Statement("training-{cohort}-section/caption/training-calls-*", "resubstitution, {n} lesion… of {patients} patient",
              "lesions.csv", "response, predicted_manual, cohort", _training),
    *(
        Statement("training-{cohort}-section/caption/*", f"{{n}} lesion… of {{patients}} patient… with the {mask} mask",
                  "lesions.csv", f"response, predicted_{mask}, cohort",
                  lambda files, cohort, mask=mask: _training(files, cohort, mask))
        for mask in ("manual", "automatic")
    ),
)  # fmt: skip
