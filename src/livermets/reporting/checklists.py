"""Reporting checklists answered from what the run left behind: done here, not applicable, or you must write this."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd
import yaml

from livermets.reporting import formatting as fmt
from livermets.reporting.lesions import has_automatic_masks
from livermets.reporting.model import ChecklistTable, Paragraph, Section
from livermets.reporting.results import StudyResults
from livermets.reporting.tables import csv_download

NAMES = ("clear", "tripod_ai", "metrics")
STATES = {
    "done": "done, here",
    "partly": "partly here, complete it",
    "write": "you must write this",
    "na": "not applicable",
}


@cache
def checklist(name: str) -> dict[str, Any]:
    """One checklist as stored beside this module: title, source, what its items were held against, items."""
    text = resources.files("livermets.reporting").joinpath("data", f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def evidence(study: StudyResults) -> set[str]:
    """Which artefacts exist: the only grounds on which an item is called done."""
    concordance = [table for tables in study.concordance.values() for table in tables.items() if len(table[1])]
    stems = {stem for stem, _ in concordance}
    model = {stem for stem, table in study.model.items() if len(table)}
    centres = _centres(study)
    training = set(_centres(study, "train"))
    facts = {
        "scans": len(study.scans) > 0,
        "outcome": bool(study.lesions["response"].notna().any()),
        "automatic": has_automatic_masks(study.lesions),
        "model": bool(study.model_facts),
        "threshold": "threshold" in model,
        "frequency": "frequency" in model,
        "comparison": "comparison" in model,
        "nested": "evaluation" in model,
        "validation": bool(study.of_role("validation")),
        "external": bool(centres and set(_centres(study, "validation")) - training),
        "concordance": "agreement" in stems,
        "diagnostics": "diagnostics" in stems,
        "auc_comparison": "auc_comparison" in stems,
        "calibration": "calibration_summary" in stems,
        "subgroups": any(_has_groups(tables) for tables in study.concordance.values()),
        "icc": any("icc" in stem for stem in stems),
        "centres": bool(centres),
        "several_centres": len(centres) > 1,
    }
    return {name for name, holds in facts.items() if holds}


def _has_groups(tables: Mapping[str, pd.DataFrame]) -> bool:
    groups = tables.get("subgroups", pd.DataFrame())
    return "grouping" in groups and bool(groups["grouping"].isin(["cohort", "centre", "timepoint"]).any())


def _centres(study: StudyResults, role: str | None = None) -> list[str]:
    if "centre" not in study.lesions:
        return []
    lesions = study.lesions if role is None else study.cohort_lesions(*study.of_role(role))
    return [str(c) for c in lesions["centre"].dropna().unique() if c not in ("", "not stated")]


def _phrases(study: StudyResults) -> dict[str, str]:
    features = study.model_facts.get("features")
    dropped = len(study.model.get("dropped_features", pd.DataFrame()))
    training = study.cohort_lesions(*study.of_role("train"))
    centres = _centres(study)
    return {
        "features_sentence": f"The model uses {fmt.plural(len(features), 'feature')}."
        if isinstance(features, list)
        else "The number of features is in the model file.",
        "dropped_sentence": f"Constant or duplicate features dropped before the search: {fmt.integer(dropped)}.",
        "centres_sentence": f"{fmt.plural(len(centres), 'centre')} in the lesion table ({fmt.listed(centres)}).",
        "validation_sentence": f"Measured on {fmt.plural(len(study.of_role('validation')), 'validation cohort')} "
        f"({fmt.listed(study.of_role('validation'))}) that nothing was fitted on.",
        "n_training_patients": fmt.plural(int(training["patient"].nunique()), "training patient"),
    }  # fmt: skip


def answered(
    name: str, study: StudyResults, statements: Mapping[str, str] | None = None
) -> list[tuple[str, str, str, str, str]]:
    """(item, topic, state, answer, anchor) for every item. A statement given in the configuration answers its item."""
    content, found, phrases = checklist(name), evidence(study), _phrases(study)
    given = {key.replace(" ", "").lower(): text for key, text in (statements or {}).items()}
    rows = []
    for item in content["items"]:
        number = str(item["n"])
        own = given.get(f"{content['title']}{number}".replace(" ", "").lower())
        state, answer = ("done", own) if own else _answer(item, found, phrases)
        rows.append((number, item["topic"], state, answer, "" if own else item.get("at", "")))
    return rows


def _answer(item: Mapping[str, Any], found: set[str], phrases: Mapping[str, str]) -> tuple[str, str]:
    if "na" in item:
        return "na", item["na"]
    if "write" in item:
        return "write", item["write"]
    if not set(item.get("needs", [])) <= found:
        return "write", item["otherwise"]
    return ("partly" if item.get("partly") else "done"), item["answer"].format(**phrases)


def checklist_section(study: StudyResults, statements: Mapping[str, str] | None = None) -> Section:
    """The three checklists with their counts."""
    sections = []
    for name in NAMES:
        content, rows = checklist(name), answered(name, study, statements)
        counts = {state: sum(row[2] == state for row in rows) for state in STATES}
        said = fmt.listed([f"{n} {STATES[state]}" for state, n in counts.items() if n])
        caption = f"{content['title']} ({content['source']}), {fmt.plural(len(rows), 'item')}: {said}."
        frame = pd.DataFrame(rows, columns=["item", "topic", "state", "answer", "section"])
        identifier = f"checklist-{name.replace('_', '-')}"
        block = ChecklistTable(f"{identifier}-table", caption, rows, csv_download(identifier, frame))
        sections.append(Section(identifier, content["title"], [Paragraph(content["checked"]), block]))
    text = (
        "Items are numbered as in the sources and worded by us. An item is called done only where this run left the "
        "artefact that "
        "answers it; whatever a program cannot know is yours to write (report.statements in the configuration takes "
        "your answers)."
    )
    return Section("checklists", "Reporting checklists", [Paragraph(text)], sections)
