"""Diagnostics: captions."""

from __future__ import annotations

from tests.unit.reporting.statements.registry import Files, Statement, Values


def _known(files: Files, cohort: str, **_: str) -> Values:
    known = files.both(cohort).dropna(subset=["response"])
    return {"n": len(known), "patients": known["who"].nunique()}


def _training(files: Files, cohort: str, **_: str) -> Values:
    lesions = files.lesions(cohort).dropna(subset=["response", "predicted_manual"])
    return {"n": len(lesions), "patients": lesions["who"].nunique()}


def _differences(files: Files, cohort: str, kind: str) -> Values:
    table = files.csv(f"concordance/{cohort}/subgroup_differences.csv")
    table = table[table["grouping"].eq("centre") == (kind == "centre")]
    return {
        "out": int(((table["low"] > 0) | (table["high"] < 0)).sum()), "all": len(table), "null": 0,
        "chance": 1 - table["level"].iloc[0],
    }  # fmt: skip


def _decision(files: Files, cohort: str, **_: str) -> Values:
    return {"all": len(files.csv(f"concordance/{cohort}/decision.csv"))}


_IN = "diagnostics-{cohort}-section"
_CLASSES = "predicted_manual, predicted_automatic, response"
STATEMENTS = (
    Statement(f"{_IN}/caption/diagnostics-{{again}}", "Diagnostics of {n} lesions of {patients} patients",
              "lesions.csv", _CLASSES, _known),
    Statement(f"{_IN}/caption/confusion-*", "over {n} lesions", "lesions.csv", _CLASSES, _known),
    Statement(f"{_IN}/caption/*-roc", "{n} lesions of {patients} patients", "lesions.csv", _CLASSES, _known),
    *(
        Statement(
            f"{_IN}/caption/{kind}-differences-*", "{out} of {all} intervals leave out {null}; {chance:%} % of them",
            "concordance/<comparison>/subgroup_differences.csv", "low, high, level",
            lambda files, cohort, kind=kind, **_: _differences(files, cohort, kind),
        )
        for kind in ("group", "centre")
    ),
    Statement(f"{_IN}/under/decision-*", "The first 40 of {all} rows", "concordance/<comparison>/decision.csv",
              "its rows", _decision, rare=True),
    Statement("training-{cohort}-section/caption/*", "resubstitution, {n} lesions of {patients} patients",
              "lesions.csv", "response, predicted_manual, cohort", _training),
)  # fmt: skip
