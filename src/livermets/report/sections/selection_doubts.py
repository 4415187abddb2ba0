"""What speaks against the selection: models that score higher in the same folds, features that another search would
not choose."""

from __future__ import annotations

import pandas as pd

from livermets.model.names import CLINICAL, WITH_CLINICAL
from livermets.report import formatting as fmt
from livermets.report.rows import rows_of
from livermets.report.sections.selection_words import OURS, smaller_search
from livermets.report.study import StudyResults
from livermets.stats.results import shown_interval

ADDED = "auc_within_folds_added"
_NAMES = {
    "ga_network_unfiltered": "the genetic selection among unstable features too",
    "network_all_features": "the network on all features",
    "lasso": "LASSO",
    "longest_diameter": "the longest diameter alone",
    "lasso_whole_lesion": "LASSO on whole-lesion features",
    CLINICAL: "the clinical covariates alone",
    WITH_CLINICAL: "the genetic selection with clinical covariates",
}


def outscored(study: StudyResults) -> str:
    """Which other models score higher in the same outer folds, and whether the difference is told; empty if none."""
    found = _areas(study)
    if OURS not in found:
        return ""
    ours = found.pop(OURS)
    higher = sorted((m for m in found if found[m]["value"] > ours["value"]), key=lambda m: -found[m]["value"])
    if not higher:
        return ""
    named = [f"{_name(model)} {fmt.number(found[model]['value'])}" for model in higher]
    text = (
        f"In the same outer folds of the training cohort ({fmt.plural(ours['n_lesions'], 'lesion')} of "
        f"{fmt.plural(ours['n_patients'], 'patient')}) {fmt.count_of(len(higher), len(found))} other models score "
        "higher than the genetic selection, whose AUC within folds is "
        f"{fmt.estimate(ours['value'], ours['low'], ours['high'])}: {fmt.listed(named)}."
    )
    text += _difference(study, higher[0])
    if smaller_search(study):
        text += " The searches of the genetic selection were smaller there than the model’s own, to its disadvantage."
    return text


def unstable(study: StudyResults) -> str:
    """That other searches choose other features, where their overlap is no better than chance; empty elsewhere."""
    row = _stability(study)
    return stability_words(study) if row is not None and row["low"] <= 0 else ""


def stability_words(study: StudyResults) -> str:
    """The stability index against chance."""
    row = _stability(study)
    if row is None:
        return ""
    scale = "0 is what features drawn at random reach, 1 is the same features every time"
    index = (
        f"the stability index of {fmt.plural(row['n_searches'], 'search', 'searches')} is "
        f"{fmt.estimate(row['value'], row['low'], row['high'])}; {scale}"
    )
    if row["low"] <= 0:
        return f"The selected features are not shown to be chosen again more often than by chance: {index}."
    return f"The selected features are chosen again more often than by chance: {index}."


def comparison_words(study: StudyResults) -> str:
    """How the models compare in the same folds, and what an area below one half means."""
    found = _areas(study)
    if OURS not in found or len(found) < 2:
        return ""
    text = outscored(study) or "No other model scores higher than the genetic selection in the same outer folds."
    below = [model for model in found if found[model]["value"] < 0.5]
    if not below:
        return text
    named = fmt.listed([f"{_name(model)} ({fmt.number(found[model]['value'])})" for model in below])
    patients = fmt.plural(found[below[0]]["n_patients"], "patient")
    return (
        f"{text} Below chance: {named}. The direction of a model is fitted on the training patients of each fold; with "
        f"{patients} in all it can point the other way in those held out."
    )


def disadvantage_words(study: StudyResults) -> str:
    """That the other models are fitted in full beside smaller searches; empty where the searches are as large."""
    if not smaller_search(study):
        return ""
    return "The other models are fitted in full, to the disadvantage of the genetic selection."


def covariate_words(study: StudyResults) -> str:
    """Which covariates were compared, and whether radiomics adds to them; empty where there are none."""
    row = shown_interval(rows_of(study.model.get("comparison", pd.DataFrame()), ADDED, model=WITH_CLINICAL))
    if row is None or fmt.is_missing(row["value"]):
        return ""
    text = (
        f"Clinical covariates ({fmt.listed(list(study.config.covariates))}) by ridge logistic regression, alone and "
        "with the score of the genetic selection as one value more; where one is not known the median of the training "
        "lesions stands in. Added to them, radiomics "
    )
    if fmt.is_missing(row["low"]):
        return f"{text}moves the AUC within folds by {fmt.number(row['value'])}, without an interval."
    told = "is not told from nothing" if row["low"] <= 0 <= row["high"] else "is told from nothing"
    return f"{text}moves the AUC within folds by {fmt.estimate(row['value'], row['low'], row['high'])}, which {told}."


def _areas(study: StudyResults) -> dict[str, pd.Series]:
    """The row to quote of every model's AUC within folds."""
    table = rows_of(study.model.get("comparison", pd.DataFrame()), "auc_within_folds")
    rows = (
        {str(model): shown_interval(part) for model, part in table.groupby("model", sort=False, dropna=False)}
        if len(table)
        else {}
    )
    return {model: row for model, row in rows.items() if row is not None and not fmt.is_missing(row["value"])}


def _difference(study: StudyResults, model: str) -> str:
    table = study.model.get("comparison", pd.DataFrame())
    row = shown_interval(rows_of(table, "auc_within_folds_difference", model=model))
    if row is None or fmt.is_missing(row["low"]):
        return ""
    told = "does not tell the two apart" if row["low"] <= 0 <= row["high"] else "tells the two apart"
    ends = fmt.estimate(row["value"], row["low"], row["high"])
    return f" The highest, {_name(model)}, less the genetic selection: {ends}, which {told}."


def _stability(study: StudyResults) -> pd.Series | None:
    row = shown_interval(rows_of(study.model.get("stability", pd.DataFrame()), "stability"))
    return None if row is None or fmt.is_missing(row["low"]) else row


def _name(model: str) -> str:
    return _NAMES.get(model, model.replace("_", " "))


def selection_findings(study: StudyResults) -> list[str]:
    """What weakens the model itself, where it is true."""
    return [sentence for sentence in (outscored(study), unstable(study)) if sentence]
