"""The audit of the genetic selection: did it converge, what did it pick, would it again, is it more than chance?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from livermets.report import formatting as fmt
from livermets.report.model import Block, Details, Figure, Note, Pairs, Paragraph, Section
from livermets.report.pictures import picture_file
from livermets.report.results import StudyResults
from livermets.report.sections import selection_doubts as doubts
from livermets.report.sections import selection_words as words
from livermets.report.sections.diagnostics import RESUBSTITUTION
from livermets.report.sections.estimates import estimate_table, measure_name
from livermets.report.tables import csv_download, frame_table

# Parts of the audit that rest on searches of their own, whose size is said with them.
_SEARCHED = ("Frequency and stability", "Nested evaluation", "Permutation null", "Comparison models")

# What the selection left: heading, stems of its tables and pictures, caption, and why it may be missing.
_PARTS = (
    ("Convergence", ("generations", "convergence"),
     "Best and mean fitness (patient-grouped cross-validated score on the training cohort) by generation of the "
     "search.",
     "the search left no log"),
    ("Selected features", ("selection",), "Candidate features: in the final model or not, how often selected, gain "
        "of the cross-validated score and its cost.", "selection.csv is missing"),
    ("Frequency and stability", ("frequency", "stability"),
     "", "the search was not repeated"),
    ("Nested evaluation", ("evaluation", "predictions"),
     "Nested, patient-grouped evaluation on the training cohort: search, threshold and network are repeated in each "
     "outer training part.",
     "nested evaluation was switched off"),
    ("Permutation null", ("permutation",),
     "Searches with outcomes permuted by patient (each patient gets the outcomes of one with about as many lesions): "
     "what they find when there is nothing to find.",
     "no permutation was asked for"),
    ("Comparison models", ("comparison",),
     "Other models in the same outer folds: longest diameter alone, LASSO, whole-lesion features, all features.",
     "comparisons were switched off"),
    ("Correct calls per training patient", ("training_patients",),
     "Lesions called right of all, by outcome, for each training patient (Giannini 2020, Table 3): by nested models, "
     "which had not seen the patient, and by both rules of the threshold.",
     "training_patients.csv is missing"),
    ("Threshold", ("threshold", "roc_training", "training_lesions"),
     "Share of R+ ROIs from which a lesion is called R+ (Youden index on the training cohort), by rule, with the "
     "interval over resamples of patients. Sensitivity and specificity are optimistic: the features were chosen on "
     "these lesions.", "threshold.csv is missing"),
    ("Dropped features", ("dropped_features",),
     "Features dropped before the search because they were constant or duplicates.", "no feature was dropped"),
)  # fmt: skip


def selection_section(study: StudyResults) -> Section:
    """One part per artefact, in the order in which one would doubt them."""
    if not study.model and not study.model_facts:
        why = "The selection is not reported because results/model is empty: no model was fitted in this study."
        return Section("selection", "Selection of features and neurons", [Note(why)])
    blocks: list[Block] = [Paragraph(_headline(study))]
    if study.model_facts:
        blocks.append(Pairs(_facts(study.model_facts)))
    if study.trained_on_synthetic:
        blocks.append(Note("The model was fitted on synthetic lesions: it proves nothing clinical.", "caution"))
    used = set(RESUBSTITUTION)
    sections = []
    for title, stems, caption, why in _PARTS:
        sections.append(_part(study, title, stems, caption, why))
        used |= set(stems)
    rest = _rest(study, used)
    if rest:
        sections.append(Section("selection-further", "Further tables of the selection", rest))
    return Section("selection", "Selection of features and neurons", blocks, sections)


def _headline(study: StudyResults) -> str:
    facts = study.model_facts
    features = facts.get("features")
    parts = []
    if isinstance(features, list):
        parts.append(f"The final model uses {fmt.plural(len(features), 'feature')}")
        if neurons(facts) is not None:
            parts[-1] += f" and {fmt.plural(neurons(facts), 'hidden neuron')}"
        parts[-1] += "."
    dropped = study.model.get("dropped_features", pd.DataFrame())
    if len(dropped):
        parts.append(
            f"{fmt.plural(len(dropped), 'feature was', 'features were')} dropped beforehand as constant or duplicate."
        )
    if study.of_role("train"):
        parts.append(
            f"Everything in this part was fitted on the training data alone ({fmt.listed(study.of_role('train'))}, "
            f"{fmt.listed(words.timepoints(study))}): {words.trained_on(study)}"
        )
        parts += [text for text in [words.follow_up_sentence(study)] if text]
    return " ".join(parts) or "The fitted model and its audit."


def neurons(facts: dict[str, Any]) -> Any:
    """Hidden neurons of the model, under any of the names the model file may use."""
    for key in ("hidden_neurons", "neurons"):
        if key in facts:
            return facts[key]
    return None


def _facts(facts: dict[str, Any]) -> list[tuple[str, str]]:
    hidden = ("format", "versions", "digests", "settings", "features", "scaler", "extraction", "provenance")
    rows = [
        (k.replace("_", " "), _text(v)) for k, v in facts.items() if k not in hidden and not isinstance(v, list | dict)
    ]
    features = facts.get("features")
    if isinstance(features, list):
        rows.append(("features", fmt.listed([str(f) for f in features])))
    return rows


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return fmt.yes_no(value)
    if isinstance(value, int | float):
        return fmt.significant(value)
    return value if isinstance(value, str) else json.dumps(value)


def _part(study: StudyResults, title: str, stems: tuple[str, ...], caption: str, why: str) -> Section:
    identifier = f"selection-{title.lower().replace(' ', '-')}"
    blocks: list[Block] = [Paragraph(_WORDS[title](study))] if title in _WORDS and _WORDS[title](study) else []
    if title in _SEARCHED and words.search_size(study):
        caption = f"{caption} {words.search_size(study)}".strip()
        if title == "Comparison models" and words.smaller_search(study):
            caption += " The other models are fitted in full, to the disadvantage of the genetic selection."
    if title in _EXPLAINED:
        caption = f"{caption} {_EXPLAINED[title](study)}".strip()
    drawn = [stem for stem in stems if stem in study.model_pictures]
    blocks += [_picture(study, stem, _caption(stem, caption)) for stem in drawn]
    for stem in stems:
        table = study.model.get(stem, pd.DataFrame())
        if len(table):
            blocks.append(
                _table(study, stem, table, _caption(stem, caption), folded=len(table) > 12 or stem in _DETAILED)
            )
    if not blocks:
        blocks = [Note(f"Not shown because {why}.")]
    return Section(identifier, title, blocks)


_CAPTIONS = {
    "frequency": "How often each feature was selected over the nested searches (repeats and outer folds).",
    "stability": "Stability index of the nested searches (Nogueira 2018), and the range of their numbers of features "
    "and neurons.",
}


def _caption(stem: str, caption: str) -> str:
    """What is said of the whole part, after what is said of this table or picture."""
    return f"{_CAPTIONS.get(stem, '')} {caption}".strip()


_DETAILED = ("roc_training", "generations", "predictions", "training_lesions")


_WORDS = {
    "Permutation null": words.permutation_words, "Nested evaluation": words.nested_words,
    "Threshold": words.threshold_words, "Frequency and stability": doubts.stability_words,
    "Comparison models": doubts.comparison_words,
}  # fmt: skip


_EXPLAINED = {"Convergence": words.fitness_words, "Correct calls per training patient": words.calls_thresholds}


_DATA_OF = {"convergence": "generations"}
_INTERVALS = {
    "convergence": "Band: one standard deviation of the generation; one search, no interval.",
    "roc_training": "Intervals of the threshold are in the table, by bootstrap of patients.",
    "comparison": "Intervals by bootstrap of patients.",
    "permutation": "The null itself is shown, hence no interval.",
}


def _picture(study: StudyResults, stem: str, caption: str) -> Figure:
    table = study.model.get(_DATA_OF.get(stem, stem), pd.DataFrame())
    if stem == "frequency":
        caption = f"{caption} {words.frequency_figure(study)}"
    n = f" {words.trained_on(study)} {_INTERVALS.get(stem, 'No interval.')}"
    identifier = f"selection-figure-{stem.replace('_', '-')}"
    download = csv_download(identifier, table) if len(table) else None
    return Figure(
        identifier, caption + n, caption, picture_file(study.model_pictures[stem], identifier), download=download
    )


def _table(study: StudyResults, stem: str, table: pd.DataFrame, caption: str, folded: bool) -> Block:
    identifier = f"selection-{stem.replace('_', '-')}-table"
    shown: Block
    if {"measure", "low", "high", "method", "n_lesions"} <= set(table.columns):
        renamed = table.assign(model=table["model"].map(_model_name)) if "model" in table else table
        within = words.WITHIN_FOLDS if table["measure"].astype(str).str.startswith("auc_within").any() else ""
        shown = estimate_table(identifier, renamed, caption, ("model",), within)
    elif stem == "training_patients":
        shown = _correct_calls(identifier, table, caption, words.thresholds(study))
    else:
        rules = list(dict.fromkeys(table["rule"].dropna().astype(str))) if "rule" in table else []
        hidden = {"rule", *(c for c in ("note", "level") if c in table and table[c].nunique() < 2)}
        shown = frame_table(
            identifier, table, caption, columns=[str(c) for c in table if c not in hidden],
            formats={"measure": measure_name, **({"method": _rule} if stem in _BY_RULE else {})}, labels=_LABELS,
            most_rows=40, note=". ".join(rules),
        )  # fmt: skip
    return Details(f"Table: {stem.replace('_', ' ')}", [shown]) if folded else shown


def _correct_calls(identifier: str, table: pd.DataFrame, caption: str, at: Mapping[str, float]) -> Block:
    shown = frame_table(identifier, words.correct_calls(table, at), caption, most_rows=len(table) + 1)
    return replace(shown, download=csv_download(identifier, table))


def _rule(code: Any) -> str:
    return words.THRESHOLD_RULES.get(str(code), str(code))


_BY_RULE = ("threshold", "roc_training")
_LABELS = {"p_smallest": "Smallest p possible", "nested_sensitivity": "Sensitivity, nested",
           "nested_specificity": "Specificity, nested", "nested_youden": "Youden, nested",
           "sensitivity": "Sensitivity (optimistic)", "specificity": "Specificity (optimistic)",
           "youden": "Youden (optimistic)"}  # fmt: skip


def _model_name(code: str) -> str:
    return MODEL_NAMES.get(code, code.replace("_", " "))


MODEL_NAMES = {
    "ga_network": "Genetic selection", "network_all_features": "Network, all features", "lasso": "LASSO",
    "longest_diameter": "Longest diameter", "lasso_whole_lesion": "LASSO, whole lesion",
}  # fmt: skip


def _rest(study: StudyResults, used: set[str]) -> list[Block]:
    blocks: list[Block] = []
    for stem in study.model_pictures:
        if stem not in used:
            blocks.append(_picture(study, stem, f"{stem.replace('_', ' ').capitalize()}."))
    for stem, table in study.model.items():
        if stem not in used and len(table):
            blocks.append(_table(study, stem, table, f"{stem.replace('_', ' ').capitalize()}.", folded=True))
    return blocks
