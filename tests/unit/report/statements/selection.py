"""Selection of features and neurons: sentences and captions."""

from __future__ import annotations

import json

import pandas as pd
from tests.unit.report.statements.intervals import ENDS, quoted
from tests.unit.report.statements.registry import Files, Statement, Values


def _facts(files: Files) -> dict:
    return json.loads((files.folder / "model/model.json").read_text())


def _model(files: Files, **_: str) -> Values:
    model = _facts(files)
    return {"features": len(model["features"]), "neurons": model["hidden_neurons"], "threshold": model["threshold"]}


def _dropped(files: Files, **_: str) -> Values:
    return {"n": len(files.csv("model/dropped_features.csv"))}


def _fitted(files: Files, **_: str) -> Values:
    fitted = files.csv("model/training_lesions.csv")
    drawn = files.lesions()
    drawn = drawn[drawn["cohort"].isin(files.role("train")) & drawn["timepoint"].isin(files.predicting)]
    patients = len(fitted[["cohort", "patient_id"]].drop_duplicates())
    unknown = drawn["response"].isna()
    empty = ~unknown & ~(drawn["n_roi_manual"] > 0)
    return {"n": len(fitted), "patients": patients, "unknown": int(unknown.sum()), "empty": int(empty.sum())}


def _bars(files: Files, **_: str) -> Values:
    table = files.csv("model/frequency.csv")
    return {"shown": 25, "chosen": int((table["n_selected"] > 0).sum()), "all": len(table)}


def _thresholds(files: Files, **_: str) -> Values:
    return files.csv("model/threshold.csv").set_index("method")["threshold"].to_dict()


def _permutation(files: Files, **_: str) -> Values:
    table = files.csv("model/permutation.csv")
    true, null = table[table["permutation"] == 0].iloc[0], table[table["permutation"] != 0]
    smallest = 1 / (len(null) + 1)
    return {
        "true": true["value"], "n": len(null), "mean": null["value"].mean(), "sd": null["value"].std(),
        "p": true["p_value"], "smallest": smallest, "never": 0.05 if smallest > 0.05 else float("nan"),
    }  # fmt: skip


def _nested(files: Files, measure: str) -> Values:
    table = files.csv("model/evaluation.csv")
    said = quoted(table[table["measure"] == measure])
    verdict = "compatible with chance"
    if said["low"] > 0.5 or said["high"] < 0.5:
        verdict = "above chance" if said["low"] > 0.5 else "below chance"
    return {**said, "chance": 0.5, "verdict": verdict}


def _folds(files: Files, **_: str) -> Values:
    ours = files.csv("model/predictions.csv").query("model == 'ga_network'")
    patients = [part["group"].nunique() for _, part in ours.groupby(["repeat", "fold"])]
    return {"n": len(patients), "few": min(patients), "most": max(patients)}


def _rows(files: Files, stem: str, **_: str) -> Values:
    return {"all": len(files.csv(f"model/{stem.replace('-', '_')}.csv"))}


def _searches(files: Files, **_: str) -> Values:
    settings = _facts(files)["provenance"]["settings"]
    search, audit = settings["search"], settings["audit"]
    return {
        "n": audit["population"] or search["population"], "g": audit["generations"] or search["generations"],
        "n2": search["population"], "g2": search["generations"],
    }  # fmt: skip


def _threshold(files: Files, **_: str) -> Values:
    fitted, threshold = files.csv("model/training_lesions.csv"), files.csv("model/threshold.csv")
    used = threshold[threshold["used"] == 1].iloc[0]
    plus = fitted[f"share_{used['method']}"] >= used["threshold"]
    return {"threshold": used["threshold"], **_right(plus, fitted["response"])}


def _nested_calls(files: Files, **_: str) -> Values:
    calls = files.csv("model/predictions.csv").query("model == 'ga_network'")
    return _right(calls["predicted"].eq(1), calls["response"])


def _right(plus: pd.Series, response: pd.Series) -> Values:
    return {"sensitivity": plus[response == 1].mean(), "specificity": 1 - plus[response == 0].mean()}


_MODELS = {
    "the network on all features": "network_all_features", "LASSO": "lasso",
    "the genetic selection among unstable features too": "ga_network_unfiltered",
    "the longest diameter alone": "longest_diameter", "LASSO on whole-lesion features": "lasso_whole_lesion",
    "the clinical covariates alone": "clinical", "the genetic selection with clinical covariates": "radiomics_clinical",
}  # fmt: skip


def _within(files: Files, model: str = "ga_network", measure: str = "auc_within_folds") -> Values:
    table = files.csv("model/comparison.csv")
    return quoted(table[table["measure"].eq(measure) & table["model"].eq(model)])


def _added(files: Files, verdict: str) -> Values:
    said = _within(files, "radiomics_clinical", "auc_within_folds_added")
    told = "not told" if said["low"] <= 0 <= said["high"] else "told"
    return {**said, "verdict": f"{told} from nothing"}


def _outscored(files: Files, **_: str) -> Values:
    table = files.csv("model/comparison.csv").query("measure == 'auc_within_folds'").drop_duplicates("model")
    others = table.loc[table["model"] != "ga_network", "value"]
    ours = _within(files)
    fitted = files.csv("model/training_lesions.csv")
    counts = {"n": len(fitted), **_patients(files)}
    return {"k": int((others > ours["value"]).sum()), "all": len(others), **counts, **ours}


def _patients(files: Files, **_: str) -> Values:
    return {"patients": len(files.csv("model/training_lesions.csv")[["cohort", "patient_id"]].drop_duplicates())}


def _highest(files: Files, model: str, verdict: str) -> Values:
    said = _within(files, _MODELS[model], "auc_within_folds_difference")
    told = "does not tell" if said["low"] <= 0 <= said["high"] else "tells"
    return {**said, "verdict": f"{told} the two apart"}


def _stability(files: Files, **_: str) -> Values:
    row = files.csv("model/stability.csv").set_index("measure").loc["stability"]
    verdict = "are not shown to be chosen" if row["low"] <= 0 else "are chosen"
    return {
        "n": row["n_searches"], "value": row["value"], "low": row["low"], "high": row["high"], "verdict": verdict,
        "zero": 0, "one": 1,
    }  # fmt: skip


def _unstable(files: Files, **_: str) -> Values:
    dropped = files.csv("model/dropped_features.csv")
    unstable = int(dropped["reason"].eq("unstable").sum())
    return {"n": len(dropped), "unstable": unstable, "rest": len(dropped) - unstable}


def _stable(files: Files, **_: str) -> Values:
    table = files.csv("model/stable_features.csv")
    first = table.drop_duplicates("feature")
    always = first["n_folds_stable"].eq(first["n_folds"])
    return {
        "icc": table["threshold"].iloc[0], "kept": int(first["stable"].sum()), "all": len(first),
        "always": int(always.sum()), "folds": first["n_folds"].iloc[0], "level": table["level"].iloc[0],
    }  # fmt: skip


def _masks(files: Files, kind: str, **_: str) -> Values:
    by = {"altered masks": "altered", "masks of several readers": "readers"}[kind]
    table = files.csv("model/stable_features.csv")
    row = table[table["by"] == by].iloc[0]
    return {"masks": row["n_masks"], "lesions": row["n_lesions"], "patients": row["n_patients"]}


def _without_filter(files: Files, **_: str) -> Values:
    area, less = (
        _within(files, "ga_network_unfiltered", m) for m in ("auc_within_folds", "auc_within_folds_difference")
    )
    return {"area": area["value"], **less}


STATEMENTS = (
    *(
        Statement(place, text, "model/comparison.csv", f"auc_within_folds: {ENDS}", _outscored)
        for place in ("summary/bullet/", "selection-comparison-models/paragraph/")
        for text in ("({n} lesion… of {patients} patient…) {k} of {all} other models score higher than the "
                     "genetic selection, whose AUC within folds is "
                     "{value} ({low} to {high})",)
    ),
    *(
        Statement(place, f"{name} {{value}}", "model/comparison.csv", f"{model}: auc_within_folds",
                  lambda files, model=model: _within(files, model), within="other models score higher", rare=True)
        for place in ("summary/bullet/", "selection-comparison-models/paragraph/")
        for name, model in _MODELS.items()
    ),
    *(
        Statement(place, "The highest, {model:w}, less the genetic selection: {value} ({low} to {high}), which "
                  "{verdict:w}.", "model/comparison.csv", f"auc_within_folds_difference: {ENDS}", _highest)
        for place in ("summary/bullet/", "selection-comparison-models/paragraph/")
    ),
    Statement("selection-*", "moves the AUC within folds by {value} ({low} to {high}), which is {verdict:w}.",
              "model/comparison.csv", f"radiomics_clinical: auc_within_folds_added: {ENDS}", _added, rare=True),
    Statement("selection-comparison-models/paragraph/", "with {patients} patient… in all", "model/training_lesions.csv",
              "patient_id", _patients),
    *(
        Statement("selection-comparison-models/paragraph/", f"{name} ({{value}})", "model/comparison.csv",
                  f"{model}: auc_within_folds", lambda files, model=model: _within(files, model), rare=True)
        for name, model in _MODELS.items()
    ),
    *(
        Statement(place, "The selected features {verdict:w} again more often than by chance: the stability index of "
                  "{n} search… is {value} ({low} to {high}); {zero} is what features drawn at random reach, {one} is",
                  "model/stability.csv", "stability: value, low, high, n_searches", _stability)
        for place in ("summary/bullet/", "selection-frequency-and-stability/paragraph/")
    ),
    Statement("selection/paragraph/", "uses {features} features and {neurons} hidden neurons", "model/model.json",
              "features, hidden_neurons", _model),
    Statement("selection/paragraph/", "{n} feature… dropped beforehand", "model/dropped_features.csv",
              "one row per feature", _dropped),
    Statement("selection/paragraph/", "{unstable} as unstable over masks, {rest} as constant or duplicate.",
              "model/dropped_features.csv", "reason", _unstable),
    Statement("selection-stable-features/paragraph/", "those with an ICC of at least {icc} over",
              "model/stable_features.csv", "threshold", _stable),
    Statement("selection-stable-features/paragraph/", "{kept} of {all} features did so in the final fit, {always} in "
              "every one of {folds} outer fold", "model/stable_features.csv", "stable, n_folds_stable, n_folds",
              _stable),
    Statement("selection-stable-features/paragraph/", "{masks} mask… of {lesions} lesion… of {patients} patient… "
              "({kind:w})", "model/stable_features.csv", "n_masks, n_lesions, n_patients", _masks),
    Statement("selection-stable-features/paragraph/", "an AUC within folds of {area}; the difference, this less "
              "that of stable ones alone, is {value} ({low} to {high})",
              "model/comparison.csv", f"auc_within_folds, its difference: {ENDS}",
              _without_filter),
    Statement("selection-stable-features/caption/selection-*stable-features*", "{level:%} % intervals",
              "model/stable_features.csv", "level", _stable),
    *(
        Statement(where, text, "model/training_lesions.csv, lesions.csv", "one row per lesion, timepoint", _fitted,
                  rare=True)
        for where in ("selection/paragraph/", "selection-*/caption/selection-figure-*")
        for text in ("{n} training lesion… of {patients} patient….",
                     "{n} training lesion… of {patients} patient… ({empty} more without a ROI",
                     "{n} training lesion… of {patients} patient… ({unknown} more without a known outcome)",
                     "ROI and {unknown} more without a known outcome)")
    ),
    *(
        Statement("selection-*/caption/selection-figure-frequency", text, "model/frequency.csv", "n_selected", _bars,
                  rare=True)
        for text in ("the {shown} most often selected of the {chosen} feature… selected at least once, of {all} cand",
                     "Bars: the {chosen} feature… selected at least once, of {all} candidate")
    ),
    *(
        Statement("selection-*/caption/selection-training-patients-table", text, "model/threshold.csv",
                  "method, threshold", _thresholds, rare=True)
        for text in ("{cross_fitted}… (networks cross-fitted", "{resubstitution}… (final network on")
    ),
    Statement("selection-permutation-null/paragraph/",
              "the statistic is {true}; over {n} permutations … it is {mean} on average (SD {sd}), {p:p} "
              "(the smallest that so many permutations allow: {smallest})",
              "model/permutation.csv", "value, p_value", _permutation),
    Statement("selection-permutation-null/paragraph/", "So few permutations cannot show p ≤ {never}",
              "model/permutation.csv", "permutation", _permutation, rare=True),
    *(
        Statement("selection-nested-evaluation/paragraph/", f"{words} {{value}} ({{low}} to {{high}}), {{verdict:w}} "
                  "({chance})", "model/evaluation.csv", f"{measure}: {ENDS}",
                  lambda files, measure=measure, **_: _nested(files, measure), rare=measure != "auc")
        for words, measure in (("AUC over all folds", "auc"), ("AUC within folds", "auc_within_folds"))
    ),
    *(
        Statement("selection-nested-evaluation/paragraph/", text, "model/predictions.csv", "repeat, fold, group",
                  _folds, rare=True)
        for text in ("here {n} fold… of {few} to {most} patient", "here {n} fold… of {most} patient")
    ),
    *(
        Statement("selection-*", text, "model/model.json", "provenance.settings.search and .audit", _searches,
                  rare=True)
        for text in (
            "smaller than the model's own: {n} individual…, at most {g} generation…, not {n2} individual…, at most "
            "{g2} generation", "as large as the model's own: {n2} individual…, at most {g2} generation",
        )
    ),
    Statement("selection-threshold/paragraph/",
              "At the threshold in use ({threshold}; … sensitivity is {sensitivity:%} % and specificity "
              "{specificity:%} % on the lesions that", "model/training_lesions.csv, model/threshold.csv",
              "share of the rule used, response; threshold", _threshold, rare=True),
    Statement("selection-threshold/paragraph/", "on patients that neither had seen: {sensitivity:%} % and "
              "{specificity:%} %", "model/predictions.csv", "ga_network: predicted, response", _nested_calls,
              rare=True),
    Statement("selection-*/under/selection-{stem}-table", "The first 40 of {all} rows",
              "model/<table>.csv", "its rows", _rows, rare=True),
)  # fmt: skip
