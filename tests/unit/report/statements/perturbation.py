"""How good must a mask be?"""

from __future__ import annotations

import pandas as pd
from tests.unit.report.statements.registry import Files, Statement, Values

_LIKE = "perturbation/like_sources.csv"
_NEEDED, _CLAIMS, _README = "perturbation/needed.csv", "perturbation/claims.csv", "results/README.md"


def _of_dice(files: Files) -> pd.DataFrame:
    needed = files.csv(_NEEDED)
    return needed[needed["measure"] == "dice"]


def _target(files: Files, **_: str) -> Values:
    return {"target": _of_dice(files)["target_agreement"].min()}


def needed_at(files: Files, size: str, **_: str) -> Values:
    """The row of a diameter at the lowest target."""
    table = _of_dice(files)
    table = table[table["target_agreement"] == table["target_agreement"].min()]
    row = table[table["longest_diameter_mm"] == float(size)].iloc[0]
    return {"value": row["value"], "low": row["low"], "high": row["high"]}


def _counts(files: Files, **_: str) -> Values:
    row = _of_dice(files).iloc[0]
    return {"lesions": row["n_lesions"], "patients": row["n_patients"]}


def _targets(files: Files, **_: str) -> Values:
    targets = sorted(_of_dice(files)["target_agreement"].unique())
    return {"first": targets[0], "second": targets[-1]}


def _pairs(files: Files, **_: str) -> Values:
    table = files.lesions().dropna(subset=["predicted_manual", "predicted_automatic", "longest_diameter_mm"])
    table = table[(table["dice"] > 0) & ~table["cohort"].isin(files.role("train"))]
    return {"n": len(table)}


def _level(files: Files, **_: str) -> Values:
    return {"level": files.csv(_NEEDED)["level"].iloc[0]}


def _like(files: Files, source: str, **_: str) -> Values:
    table = files.csv("perturbation/like_sources.csv")
    row = table[(table["mask_source"].astype(str) == source) & (table["size"] == "all")].iloc[0]
    return {"value": row["value"], "low": row["low"], "high": row["high"]}


def _nothing(files: Files, **_: str) -> Values:
    return {}


IN_SUMMARY = (
    Statement("summary/paragraph/", "How good must a mask be?", _NEEDED, "measure", _nothing),
    Statement("summary/paragraph/", "At the other diameters none can be told", _NEEDED, "value", _nothing, rare=True),
    Statement(
        "summary/paragraph/", "For {target:%} % of altered masks to keep the class", _NEEDED, "target_agreement",
        _target,
    ),
    Statement(
        "summary/paragraph/", "{value} ({low} to {high}) at {size:w} mm", _NEEDED, "value, low, high", needed_at,
        within="altered masks",
    ),
    Statement(
        "summary/paragraph/", "{value} at {size:w} mm", _NEEDED, "value", needed_at, within="altered masks",
        rare=True,
    ),
)  # fmt: skip
STATEMENTS = (
    Statement(
        "perturbation/paragraph/", "For {target:%} % of altered masks to keep the class", _NEEDED, "target_agreement",
        _target,
    ),
    Statement(
        "perturbation/paragraph/", "{value} ({low} to {high}) at {size:w} mm", _NEEDED, "value, low, high", needed_at
    ),
    Statement("perturbation/paragraph/", "{value} at {size:w} mm", _NEEDED, "value", needed_at, rare=True),
    Statement(
        "perturbation/caption/perturbation-curves", "pointwise intervals; {lesions} lesion… of {patients} patient",
        _NEEDED, "n_lesions, n_patients", _counts,
    ),
    Statement(
        "perturbation/caption/perturbation-curves", "Dotted: {first:%} % and {second:%} %", _NEEDED,
        "target_agreement", _targets,
    ),
    Statement(
        "perturbation/caption/perturbation-curves", "Ticks: {n} lesion", "lesions.csv",
        "predicted_manual, predicted_automatic, dice", _pairs,
    ),
    Statement(
        "perturbation/caption/perturbation-needed-*", "with {level:%} % intervals", _NEEDED, "level", _level
    ),
    Statement(
        "perturbation/caption/perturbation-claims", "target {target:%} %", _CLAIMS, "target_agreement",
        lambda files, **_: {"target": files.csv(_CLAIMS)["target_agreement"].iloc[0]},
    ),
    Statement(
        "perturbation/caption/perturbation-slope", "per {step} of Dice lost (mean absolute move, {none} to {all})",
        _README, "perturbation/slope.csv", lambda files, **_: {"step": 0.1, "none": 0, "all": 1},
    ),
    Statement(
        "perturbation/caption/perturbation-held", "ratio ({one}: as often)", _README,
        "perturbation/held_against_pairs.csv", lambda files, **_: {"one": 1},
    ),
    Statement(
        "perturbation/paragraph/", "errors like those of {source:w}, {value:%} % ({low:%} to {high:%} %) of masks keep",
        _LIKE, "value, low, high", _like,
    ),
    Statement(
        "perturbation/paragraph/", "errors like those of {source:w}, {value:%} % of masks keep", _LIKE, "value", _like,
        rare=True,
    ),
    Statement(
        "perturbation/caption/perturbation-like-sources", "ratio ({one}: as often)", _README,
        "perturbation/like_sources.csv", lambda files, **_: {"one": 1},
    ),
    Statement(
        "perturbation/caption/perturbation-masks", "as near as there is to {dice}", _README, "<timepoint>.png",
        lambda files, **_: {"dice": 0.7},
    ),
)  # fmt: skip
