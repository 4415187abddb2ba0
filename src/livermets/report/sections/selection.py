"""The audit of the genetic selection: did it converge, what did it pick, would it again, is it more than chance?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from livermets.model.names import MODEL_NAMES
from livermets.report import formatting as fmt
from livermets.report.document import Block, Details, Figure, Note, Pairs, Paragraph, Section
from livermets.report.pictures import picture_file
from livermets.report.sections import selection_words as words
from livermets.report.sections.applied import selection_elsewhere
from livermets.report.sections.estimates import estimate_table, measure_name
from livermets.report.sections.selection_parts import PARTS, Part
from livermets.report.sections.selection_thresholds import THRESHOLD_RULES, correct_calls, thresholds
from livermets.report.sections.stable_features import dropped_sentence
from livermets.report.sections.training import follow_up_sentence, timepoints, trained_on
from livermets.report.study import StudyResults
from livermets.report.tables import csv_download, frame_table


def selection_section(study: StudyResults) -> Section:
    """One part per artefact, in the order in which one would doubt them."""
    if not study.model and not study.model_facts:
        why = "The selection is not reported because results/model is empty: no model was fitted in this study."
        return Section("selection", "Selection of features and neurons", [Note(why)])
    blocks: list[Block] = [Paragraph(_headline(study))]
    if study.model_facts:
        blocks.append(Pairs(_facts(study.model_facts)))
    if study.made_up("response"):
        blocks.append(Note("The model was fitted on synthetic lesions: it proves nothing clinical.", "caution"))
    if elsewhere := selection_elsewhere(study):
        return Section("selection", "Selection of features and neurons", [*elsewhere, *blocks])
    sections = [_part(study, part) for part in PARTS if not part.only_if_made or _is_made(study, part)]
    rest = _rest(study, {stem for part in PARTS for stem in part.stems})
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
    parts += [text for text in [dropped_sentence(study)] if text]
    if study.of_role("train"):
        parts.append(
            f"Everything in this part was fitted on the training data alone ({fmt.listed(study.of_role('train'))}, "
            f"{fmt.listed(timepoints(study))}): {trained_on(study)}"
        )
        parts += [text for text in [follow_up_sentence(study)] if text]
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


def _is_made(study: StudyResults, part: Part) -> bool:
    return any(len(study.model.get(stem, pd.DataFrame())) for stem in part.stems)


def _part(study: StudyResults, part: Part) -> Section:
    said, caption = part.paragraph(study), part.caption_of(study)
    blocks: list[Block] = [Paragraph(said)] if said else []
    drawn = [stem for stem in part.stems if stem in study.model_pictures]
    blocks += [_picture(study, stem, _caption(stem, caption)) for stem in drawn]
    for stem in part.stems:
        table = study.model.get(stem, pd.DataFrame())
        if len(table):
            folded = len(table) > 12 or stem in _DETAILED
            blocks.append(_table(study, stem, table, _caption(stem, caption), folded=folded))
    if not blocks:
        blocks = [Note(f"Not shown because {part.missing}.")]
    return Section(part.id, part.title, blocks)


_CAPTIONS = {
    "frequency": "How often each feature was selected over the nested searches (repeats and outer folds).",
    "stability": "Stability index of the nested searches (Nogueira 2018), and the range of their numbers of features "
    "and neurons.",
}


def _caption(stem: str, caption: str) -> str:
    """What is said of the whole part, after what is said of this table or picture."""
    return f"{_CAPTIONS.get(stem, '')} {caption}".strip()


_DETAILED = ("stable_features", "roc_training", "generations", "predictions", "training_lesions")


_DATA_OF = {"convergence": "generations"}
_INTERVALS = {
    "convergence": "Band: one standard deviation of the generation; one search, no interval.",
    "roc_training": "Intervals of the threshold are in the table, by bootstrap of patients.",
    "comparison": "Intervals by bootstrap of patients.",
    "stable_features": "",
    "permutation": "The null itself is shown, hence no interval.",
}


def _picture(study: StudyResults, stem: str, caption: str) -> Figure:
    table = study.model.get(_DATA_OF.get(stem, stem), pd.DataFrame())
    if stem == "frequency":
        caption = f"{caption} {words.frequency_figure(study)}"
    n = f" {trained_on(study)} {_INTERVALS.get(stem, 'No interval.')}"
    identifier = f"selection-figure-{stem.replace('_', '-')}"
    download = csv_download(identifier, table) if len(table) else None
    return Figure(
        identifier,
        (caption + n).rstrip(),
        caption,
        picture_file(study.model_pictures[stem], identifier),
        download=download,
    )


def _table(study: StudyResults, stem: str, table: pd.DataFrame, caption: str, folded: bool) -> Block:
    identifier = f"selection-{stem.replace('_', '-')}-table"
    shown: Block
    if {"measure", "low", "high", "method", "n_lesions"} <= set(table.columns):
        renamed = table.assign(model=table["model"].map(_model_name)) if "model" in table else table
        within = words.WITHIN_FOLDS if table["measure"].astype(str).str.startswith("auc_within").any() else ""
        shown = estimate_table(identifier, renamed, caption, ("centre",) if "centre" in table else ("model",), within)
    elif stem == "training_patients":
        shown = _correct_calls(identifier, table, caption, thresholds(study))
    else:
        rules = list(dict.fromkeys(table["rule"].dropna().astype(str))) if "rule" in table else []
        constant = (c for c in ("note", "level") if c in table and table[c].nunique() < 2)
        hidden = {"rule", *_SAID_BEFORE.get(stem, ()), *constant}
        formats = {"measure": measure_name, "method": _rule} if stem in _BY_RULE else {"measure": measure_name}
        shown = frame_table(
            identifier,
            table,
            caption,
            columns=[str(c) for c in table if c not in hidden and c not in _DOWNLOADED],
            formats=formats,
            labels=_LABELS,
            most_rows=40,
            note=". ".join(rules),
        )
    return Details(f"Table: {stem.replace('_', ' ')}", [shown]) if folded else shown


def _correct_calls(identifier: str, table: pd.DataFrame, caption: str, at: Mapping[str, float]) -> Block:
    shown = frame_table(identifier, correct_calls(table, at), caption, most_rows=len(table) + 1)
    return replace(shown, download=csv_download(identifier, table))


def _rule(code: Any) -> str:
    return THRESHOLD_RULES.get(str(code), str(code))


_BY_RULE = ("threshold", "roc_training")
_DOWNLOADED = ("reference", "n_folds_stable")
"""Columns of the download alone."""
_SAID_BEFORE = {"stable_features": {"method", "threshold", "n_masks", "n_lesions", "n_patients", "n_folds"}}
"""Columns of tables that the sentence or caption before them has said."""
_LABELS = {
    "p_smallest": "Smallest p possible",
    "icc": "ICC",
    "by": "Masks",
    "reaches": "Reaches the threshold",
    "stable": "Could be selected",
    "folds_stable": "Share of outer folds in which it could",
    "nested_sensitivity": "Sensitivity, nested",
    "nested_specificity": "Specificity, nested",
    "nested_youden": "Youden, nested",
    "sensitivity": "Sensitivity (optimistic)",
    "specificity": "Specificity (optimistic)",
    "youden": "Youden (optimistic)",
}


def _model_name(code: str) -> str:
    return MODEL_NAMES.get(code, code.replace("_", " "))


def _rest(study: StudyResults, used: set[str]) -> list[Block]:
    blocks: list[Block] = []
    for stem in study.model_pictures:
        if stem not in used:
            blocks.append(_picture(study, stem, f"{stem.replace('_', ' ').capitalize()}."))
    for stem, table in study.model.items():
        if stem not in used and len(table):
            blocks.append(_table(study, stem, table, f"{stem.replace('_', ' ').capitalize()}.", folded=True))
    return blocks
