"""Diagnostics: captions."""

from __future__ import annotations

from tests.unit.reporting.statements.registry import Files, Statement, Values


def _known(files: Files, cohort: str, **_: str) -> Values:
    known = files.both(cohort).dropna(subset=["response"])
    return {"n": len(known), "patients": known["who"].nunique()}


def _training(files: Files, cohort: str, **_: str) -> Values:
    lesions = files.headline(cohort).dropna(subset=["response", "predicted_manual"])
    return {"n": len(lesions), "patients": lesions["who"].nunique()}


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
    Statement(f"{_IN}/under/decision-*", "The first 40 of {all} rows", "concordance/<comparison>/decision.csv",
              "its rows", _decision, rare=True),
    Statement("training-{cohort}-section/caption/*", "resubstitution, {n} lesions of {patients} patients",
              "lesions.csv", "response, predicted_manual, cohort", _training),
)  # fmt: skip
