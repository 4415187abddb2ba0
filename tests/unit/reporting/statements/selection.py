"""Selection of features and neurons: sentences and captions."""

from __future__ import annotations

import json

from tests.unit.reporting.statements.registry import Files, Statement, Values


def _model(files: Files, **_: str) -> Values:
    model = json.loads((files.folder / "model/model.json").read_text())
    return {"features": len(model["features"]), "neurons": model["hidden_neurons"], "threshold": model["threshold"]}


def _dropped(files: Files, **_: str) -> Values:
    return {"n": len(files.csv("model/dropped_features.csv"))}


def _fitted(files: Files, **_: str) -> Values:
    fitted = files.csv("model/training_lesions.csv")
    return {"n": len(fitted), "patients": len(fitted[["cohort", "patient_id"]].drop_duplicates())}


def _permutation(files: Files, **_: str) -> Values:
    table = files.csv("model/permutation.csv")
    true, null = table[table["permutation"] == 0].iloc[0], table[table["permutation"] != 0]
    return {"true": true["value"], "n": len(null), "mean": null["value"].mean(), "sd": null["value"].std(),
            "p": true["p_value"]}  # fmt: skip


def _nested(files: Files, **_: str) -> Values:
    table = files.csv("model/evaluation.csv")
    row = table[table["measure"].str.startswith("auc") & table["value"].notna()].iloc[0]
    verdict = "above chance" if row["low"] > 0.5 else "compatible with chance"
    return {"value": row["value"], "low": row["low"], "high": row["high"], "chance": 0.5, "verdict": verdict}


def _rows(files: Files, stem: str, **_: str) -> Values:
    return {"all": len(files.csv(f"model/{stem.replace('-', '_')}.csv"))}


STATEMENTS = (
    Statement("selection/paragraph/", "uses {features} features and {neurons} hidden neurons", "model/model.json",
              "features, hidden_neurons", _model),
    Statement("selection/paragraph/", "{n} feature… dropped beforehand", "model/dropped_features.csv",
              "one row per feature", _dropped),
    Statement("selection-*/caption/selection-figure-*", "{n} training lesions of {patients} patients",
              "model/training_lesions.csv", "one row per lesion", _fitted, rare=True),
    Statement("selection-permutation-null/paragraph/",
              "the statistic is {true}; over {n} permutations … it is {mean} on average (SD {sd}), {p:p}",
              "model/permutation.csv", "value, p_value", _permutation),
    Statement("selection-nested-evaluation/paragraph/", "AUC {value} ({low} to {high}), {verdict:w} ({chance})",
              "model/evaluation.csv", "auc: value, low, high", _nested),
    Statement("selection-*/under/selection-{stem}-table", "The first 40 of {all} rows",
              "model/<table>.csv", "its rows", _rows, rare=True),
)  # fmt: skip
