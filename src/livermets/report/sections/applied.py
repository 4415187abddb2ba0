"""Whose networks and response model made the masks and classes, where a study applies those of another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from livermets.report import formatting as fmt
from livermets.report.document import Block, Note, Pairs, Paragraph
from livermets.report.results import StudyResults


def applied_blocks(study: StudyResults) -> list[Block]:
    """Which bundle it was and what it brought; nothing where the study fitted all by itself."""
    applied = study.applied
    if not applied:
        return []
    text = f"This study applies what another one has fitted, the study “{applied['study']}”, as its bundle brings it."
    unseen = (
        "A bundle names nobody: whether a patient of this study was among those who trained cannot be told from it, "
        "and no scan is marked as seen in training by a network that it brings."
    )
    return [Paragraph(text), Pairs(list(_brought(applied))), Note(unseen, "info")]


def selection_elsewhere(study: StudyResults) -> list[Block]:
    """What stands in place of the search and its audit, where the response model was brought; else nothing."""
    if not study.applied.get("model"):
        return []
    why = (
        f"The search that chose these features, its audit and its threshold are in the report of the study "
        f"“{study.applied['study']}”, whose response model is applied here as it is."
    )
    return [Note(why, "info")]


def trained_elsewhere(study: StudyResults) -> str:
    """``the study “A”: 36 lesions of 12 patients (20 R+, 16 R−)``; empty where the model was fitted here."""
    model = study.applied.get("model")
    return f"the study “{study.applied['study']}”: {_lesions(model)}" if model else ""


def _brought(applied: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    versions = applied.get("versions") or {}
    yield "Results of that study", f"{applied['created']}, livermets {versions.get('livermets', 'unknown')}"
    yield "SHA-256 of the bundle", str(applied["sha256"])
    for name, network in applied["networks"].items():
        patients = fmt.plural(network["training_patients"], "patient")
        yield f"Network {name}", f"finds {fmt.listed(network['classes'][1:])}; trained on {patients} of that study"
    if applied["model"]:
        yield "Response model", f"fitted on {_lesions(applied['model'])} of that study"


def _lesions(model: Mapping[str, Any]) -> str:
    lesions, plus = model["training_lesions"], model["training_responders"]
    patients = fmt.plural(model["training_patients"], "patient")
    outcomes = f"{fmt.integer(plus)} R+, {fmt.integer(lesions - plus)} R−"
    return f"{fmt.plural(lesions, 'lesion')} of {patients} ({outcomes})"
