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
    drawn = files.lesions()
    drawn = drawn[drawn["cohort"].isin(files.role("train")) & drawn["timepoint"].isin(files.predicting)]
    patients = len(fitted[["cohort", "patient_id"]].drop_duplicates())
    return {"n": len(fitted), "patients": patients, "more": len(drawn) - len(fitted)}


def _permutation(files: Files, **_: str) -> Values:
    table = files.csv("model/permutation.csv")
    true, null = table[table["permutation"] == 0].iloc[0], table[table["permutation"] != 0]
    return {"true": true["value"], "n": len(null), "mean": null["value"].mean(), "sd": null["value"].std(),
            "p": true["p_value"], "smallest": 1 / (len(null) + 1)}  # fmt: skip


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
    *(
        Statement(where, text, "model/training_lesions.csv, lesions.csv", "one row per lesion, timepoint", _fitted,
                  rare=True)
        for where in ("selection/paragraph/", "selection-*/caption/selection-figure-*")
        for text in ("{n} training lesion… of {patients} patient….",
                     "{n} training lesion… of {patients} patient… ({more} more without a ROI or an outcome)")
    ),
    Statement("selection-permutation-null/paragraph/",
              "the statistic is {true}; over {n} permutations … it is {mean} on average (SD {sd}), {p:p} "
              "(the smallest that so many permutations allow: {smallest})",
              "model/permutation.csv", "value, p_value", _permutation),
    Statement("selection-nested-evaluation/paragraph/", "AUC {value} ({low} to {high}), {verdict:w} ({chance})",
              "model/evaluation.csv", "auc: value, low, high", _nested),
    Statement("selection-*/under/selection-{stem}-table", "The first 40 of {all} rows",
              "model/<table>.csv", "its rows", _rows, rare=True),
)  # fmt: skip
