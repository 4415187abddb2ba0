"""Reporting checklists answered from what the run left behind, item by item, each answer with the file it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd
import yaml

from livermets.config.radiomics import RadiomicsSettings
from livermets.report import formatting as fmt
from livermets.report.document import ChecklistRow, ChecklistTable, Paragraph, Section
from livermets.report.evidence import (
    Fact,
    centres,
    class_words,
    difference_intervals,
    facts,
    feature_classes,
    groupings,
    intervals,
)
from livermets.report.parts import parts_of
from livermets.report.preprocessing import grid_words
from livermets.report.sections.stable_features import unstable_count
from livermets.report.study import StudyResults
from livermets.report.tables import csv_download

NAMES = ("clear", "tripod_ai", "metrics")
STATES = {
    "done": "done by this study",
    "partly": "partly done",
    "not": "not done",
    "write": "not answered; the authors must",
    "na": "not applicable",
}
UNPROVEN = ("not", "write", "na")
"""States of an answer that rests on no artefact: nothing is claimed."""


@cache
def checklist(name: str) -> dict[str, Any]:
    """One checklist as stored beside this module: title, source, what its items were held against, items."""
    text = resources.files("livermets.report").joinpath("data", f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def answered(name: str, study: StudyResults, statements: Mapping[str, str] | None = None) -> list[ChecklistRow]:
    """Every item with its state and answer. A statement given in the configuration answers its item."""
    content, found, phrases = checklist(name), facts(study), _phrases(study)
    given = {key.replace(" ", "").lower(): text for key, text in (statements or {}).items()}
    rows = []
    for item in content["items"]:
        own = given.get(f"{content['title']}{item['n']}".replace(" ", "").lower())
        if own:
            row = ChecklistRow(str(item["n"]), item["topic"], "done", own, "", "configuration: report.statements")
        else:
            row = _row(item, found, phrases)
        rows.append(row)
    return rows


def _row(item: Mapping[str, Any], found: Mapping[str, Fact], phrases: Mapping[str, str]) -> ChecklistRow:
    number, topic = str(item["n"]), str(item["topic"])
    for case in item.get("answers", []):
        rests_on = [found[name] for name in case["needs"]]
        if all(fact.holds for fact in rests_on):
            sources = "; ".join(dict.fromkeys(fact.source for fact in rests_on))
            answer = case["text"].format_map(phrases)
            return ChecklistRow(
                number, topic, case["state"], f"{answer[:1].upper()}{answer[1:]}", case.get("at", ""), sources
            )
    state = next(state for state in UNPROVEN if state in item)
    return ChecklistRow(number, topic, state, item[state])


def _phrases(study: StudyResults) -> dict[str, str]:
    """What the answers say in numbers and names, from the same tables as the report."""
    with_interval, estimates = intervals(study)
    compared = study.model.get("comparison", pd.DataFrame())
    others = max(compared["model"].nunique() - 1, 0) if "model" in compared else 0
    tested = fmt.listed(study.of_role("validation"))
    training, testing = set(centres(study, "train")), set(centres(study, "validation"))
    classes = feature_classes(study)
    return {
        "n_features_roi": fmt.plural(sum(classes.values()), "feature"),
        "class_counts": ", ".join(f"{class_words(name)} {n}" for name, n in sorted(classes.items())),
        "n_comparisons": fmt.plural(others, "comparison"),
        "interval_words": f"{fmt.count_of(with_interval, estimates)} estimates of the concordance, in all cohorts and "
        "groups, have an interval",
        "lesions_by": fmt.listed(["cohort", "timepoint", *(["centre"] if centres(study) else [])]),
        "groups_words": fmt.listed(groupings(study)),
        "differences_words": f"{fmt.count_of(*difference_intervals(study))} differences",
        "centres_words": f"{fmt.plural(len(centres(study)), 'centre')} ({fmt.listed(centres(study))})",
        "validation_words": f"{fmt.plural(len(study.of_role('validation')), 'validation cohort')} ({tested})",
        "external_words": f"{_lesions_at(study, testing - training)} ({fmt.listed(sorted(testing - training))})",
        "same_source_words": f"{_lesions_at(study, training & testing)} ({fmt.listed(sorted(training & testing))})",
        "training_balance": _balance(study),
        **_model_phrases(study),
        **_setting_phrases(study),
    }


def _lesions_at(study: StudyResults, where: set[str]) -> str:
    lesions = study.lesions_of("validation")
    lesions = lesions[lesions["centre"].isin(list(where))] if "centre" in lesions else lesions.iloc[:0]
    return f"{fmt.plural(len(lesions), 'validation lesion')} of {fmt.plural(lesions['patient'].nunique(), 'patient')}"


def _balance(study: StudyResults) -> str:
    response = study.lesions_of("train")["response"]
    counts = f"{fmt.integer(response.eq(1).sum())} R+ and {fmt.integer(response.eq(0).sum())} R−"
    return f"{counts} lesions in the training cohorts"


def _model_phrases(study: StudyResults) -> dict[str, str]:
    features = study.model_facts.get("features")
    threshold = study.model_facts.get("threshold")
    dropped = len(study.model.get("dropped_features", pd.DataFrame()))
    why = "constant, duplicate or unstable" if unstable_count(study) else "constant or duplicate"
    return {
        "n_selected": fmt.plural(len(features), "feature") if isinstance(features, list) else "features",
        "n_neurons": fmt.plural(study.model_facts.get("hidden_neurons"), "hidden neuron"),
        "threshold": f"R+ from {fmt.number(threshold)}" if isinstance(threshold, int | float) else "see there",
        "dropped_words": f"{fmt.plural(dropped, f'{why} feature')} dropped",
    }


_ORIGINS = {"roi": "the ROI’s own minimum", "mask": "the lesion’s minimum"}


def _setting_phrases(study: StudyResults) -> dict[str, str]:
    radiomics, network = study.config.radiomics, study.config.selection.network
    side, pixel_mm = fmt.integer(radiomics.size), radiomics.pixel_spacing_mm
    pixels = "" if pixel_mm is None else f", after resampling to pixels of {fmt.significant(pixel_mm)} mm"
    return {
        "binning": f"{_grey_levels(radiomics)}, from {_ORIGINS[radiomics.binning]}",
        "image_types": f"images: {fmt.listed(list(radiomics.image_types))}",
        "window": f"axial windows of {side} × {side} pixels{pixels}",
        "weights": f"classes {network.class_weight}, lesions {network.lesion_weight}",
        **grid_words(study.config.preprocess, study.scans),
    }


def _grey_levels(radiomics: RadiomicsSettings) -> str:
    if radiomics.bin_count:
        return f"{radiomics.bin_count} grey levels"
    unit = "SD" if radiomics.intensity == "zscore" else "HU"
    return f"grey levels {fmt.significant(radiomics.bin_width)} {unit} wide"


def checklist_section(study: StudyResults, statements: Mapping[str, str] | None = None) -> Section:
    """The checklists with their counts; of a study of masks alone, what these ask of images and masks."""
    sections = []
    masks_only = not parts_of(study).classes
    for name in NAMES:
        content, rows = checklist(name), answered(name, study, statements)
        if masks_only:
            rows = [row for row in rows if row.item in content.get("of_masks", ())]
        if not rows:
            continue
        counts = {state: sum(row.state == state for row in rows) for state in STATES}
        said = "; ".join(f"{n} {STATES[state].split(';')[0]}" for state, n in counts.items() if n)
        caption = f"{content['title']} ({content['source']}), {fmt.plural(len(rows), 'item')}: {said}."
        frame = pd.DataFrame(rows)
        identifier = f"checklist-{name.replace('_', '-')}"
        block = ChecklistTable(f"{identifier}-table", caption, rows, csv_download(identifier, frame))
        sections.append(Section(identifier, content["title"], [Paragraph(content["checked"]), block]))
    text = (
        "Items are numbered as in the sources and worded by us. “Done” and “partly done” rest on the files named under "
        "the answer, and only on them; partly done says what is missing. Whatever a program cannot know is for the "
        "authors (report.statements in the configuration takes their answers, which count as done)."
    )
    if masks_only:
        text += (
            " This study predicts nothing: only the items about patients, images and masks are shown, and the "
            "checklists of prediction models are left out."
        )
    return Section("checklists", "Reporting checklists", [Paragraph(text)], sections)
