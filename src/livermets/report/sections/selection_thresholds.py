"""The thresholds of the selection in sentences, and the calls of training lesions that rest on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from livermets.report import formatting as fmt
from livermets.report.study import StudyResults

THRESHOLD_RULES = {
    "cross_fitted": "networks cross-fitted, features chosen on the same folds",
    "resubstitution": "final network on its own training lesions",
}


def threshold_words(study: StudyResults) -> str:
    """Sensitivity and specificity at the threshold in use, flagged, with the nested ones beside."""
    table = study.model.get("threshold", pd.DataFrame())
    if not {"used", "sensitivity", "specificity", "method"} <= set(table.columns):
        return ""
    row = table[table["used"] == 1].iloc[0]
    text = (
        f"At the threshold in use ({fmt.number(row['threshold'])}; {_rule(row['method'])}) sensitivity is "
        f"{fmt.percent(row['sensitivity'])} and specificity {fmt.percent(row['specificity'])} on the lesions that the "
        "features and the threshold were chosen on: optimistic. "
    )
    nested = row.get("nested_sensitivity")
    if fmt.is_missing(nested):
        return f"{text}They were not nested, so there is no figure for patients not seen."
    return (
        f"{text}Nested, on patients that neither had seen: {fmt.percent(nested)} and "
        f"{fmt.percent(row['nested_specificity'])}."
    )


def _rule(method: Any) -> str:
    return THRESHOLD_RULES.get(str(method), str(method))


_WAYS = {
    "nested": "nested",
    "cross_fitted": "networks cross-fitted{at} (optimistic)",
    "resubstitution": "resubstitution, as published{at} (optimistic)",
}


def thresholds(study: StudyResults) -> dict[str, float]:
    """The threshold that each rule chose."""
    table = study.model.get("threshold", pd.DataFrame())
    return dict(zip(table["method"], table["threshold"], strict=True)) if {"method", "threshold"} <= set(table) else {}


def calls_thresholds(study: StudyResults) -> str:
    """At which thresholds training lesions are called, and which of them is the model's."""
    found = thresholds(study)
    if not found:
        return ""
    table = study.model["threshold"]
    used = set(table.loc[table["used"] == 1, "method"]) if "used" in table else set()
    owned = dict.fromkeys(used, ", the model’s")
    said = [f"{fmt.number(value)}{owned.get(rule, '')} ({_rule(rule)})" for rule, value in found.items()]
    return f"Thresholds: {fmt.listed(said)}. Nested calls have a threshold of their own in each outer fold."


def correct_calls(table: pd.DataFrame, at: Mapping[str, float]) -> pd.DataFrame:
    """``model/training_patients.csv`` with `right of all` in every cell, a last row for all patients; ``at``: the
    threshold of each rule."""
    total = table.sum(numeric_only=True, min_count=len(table)).to_dict()
    rows = pd.concat([table, pd.DataFrame([{"group": "All", **total}])], ignore_index=True)
    shown = pd.DataFrame({"Patient": rows["group"]})
    for way, words in _WAYS.items():
        named = words.format(at=f", threshold {fmt.number(at[way])}" if way in at else "")
        for side, name in (("r_plus", "R+"), ("r_minus", "R−")):
            right, lesions = rows[f"{side}_correct_{way}"], rows[f"{side}_lesions"]
            if right.notna().any():
                shown[f"{name}: {named}"] = [_of(k, n) for k, n in zip(right, lesions, strict=True)]
    return shown


def _of(right: Any, lesions: Any) -> str:
    if fmt.is_missing(right) or right is pd.NA or not lesions:
        return fmt.MISSING
    return f"{fmt.integer(right)} of {fmt.integer(lesions)}"
