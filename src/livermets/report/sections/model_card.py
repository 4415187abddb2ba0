"""The model card: what the model is, for whom, on what grounds, and where it must not be used."""

from __future__ import annotations

import pandas as pd

from livermets.concordance.diagnostics import CLASSIFIED
from livermets.config.roles import Role
from livermets.masks.identity import SIDES
from livermets.report import formatting as fmt
from livermets.report.document import Block, Bullets, Note, Pairs, Section
from livermets.report.lesions import lesion_flow
from livermets.report.parts import parts_of
from livermets.report.reference_summary import of_reference
from livermets.report.rows import rows_of
from livermets.report.sections.applied import applied_blocks, trained_elsewhere
from livermets.report.sections.estimates import main_comparison
from livermets.report.sections.network_card import network_card
from livermets.report.sections.selection import neurons
from livermets.report.sections.stable_features import filter_of_model
from livermets.report.sections.training import follow_up_sentence, timepoints, trained_on, training_counts
from livermets.report.study import StudyResults
from livermets.stats.results import shown_interval

FILES = "Files"
"""The field that says where the model lies in a results folder."""


def model_card_section(study: StudyResults) -> Section:
    """The card after Mitchell et al. 2019 (model cards for model reporting); that of the network in a study of masks
    alone."""
    if not parts_of(study).classes:
        return network_card(study)
    if not study.model_facts:
        why = Note("There is no model card because no model was fitted in this study.")
        return Section("model-card", "Model card", [*applied_blocks(study), why])
    blocks: list[Block] = [*applied_blocks(study), Pairs(_fields(study)), Bullets(_limits(study))]
    return Section("model-card", "Model card", blocks)


def _fields(study: StudyResults) -> list[tuple[str, str]]:
    facts = study.model_facts
    features = facts.get("features")
    version = (facts.get("versions") or {}).get("livermets") or study.manifest.get("livermets", "")
    architecture = "two-layer network on radiomics features of square axial windows"
    if isinstance(features, list):
        architecture += f"; {fmt.plural(len(features), 'feature')}"
    if neurons(facts) is not None:
        architecture += f", {fmt.plural(neurons(facts), 'hidden neuron')}"
    fields = [
        ("Model", f"livermets {version}".strip()),
        ("Kind", architecture),
        ("Input", f"portal-phase CT in Hounsfield units and a mask of each liver metastasis{_masks(study)}"),
        ("Output", "share of R+ ROIs of each lesion, and its class R+ or R− by the threshold"),
        ("Chosen from", filter_of_model(facts)),
        ("Threshold", _threshold(study)),
        ("Intended use", _use(study)),
        ("Not for", "decisions about patients; other phases, modalities or organs; lesions too small to hold one ROI"),
        ("Trained on", _trained_on(study)),
        ("Validated on", _data(study, "validation")),
        ("Performance", _performance(study)),
        (FILES, "results/model/model.safetensors, results/model/model.json"),
    ]
    return [(name, value) for name, value in fields if value]


def _masks(study: StudyResults) -> str:
    return ", manual or automatic" if parts_of(study).masks else ""


def _use(study: StudyResults) -> str:
    if parts_of(study).masks:
        return "research on how the mask’s source changes a radiomics prediction"
    return "research on the prediction of response from radiomics"


def _threshold(study: StudyResults) -> str:
    value = study.model_facts.get("threshold")
    if isinstance(value, dict):
        value = value.get("value")
    return "" if not isinstance(value, int | float) else f"R+ from a share of {fmt.number(value, 3)}"


def _trained_on(study: StudyResults) -> str:
    """Cohorts, timepoints, and the lesions that trained: those with a ROI and an outcome."""
    if elsewhere := trained_elsewhere(study):
        return elsewhere
    names = [_named(study, name) for name in study.of_role("train")]
    if not names:
        return "none in this study"
    text = f"{'; '.join(names)} ({fmt.listed(timepoints(study))}): {trained_on(study)}"
    return f"{text} {follow_up_sentence(study)}".strip()


def _named(study: StudyResults, name: str) -> str:
    """A cohort, and that it is made up where it is."""
    return f"{name}, synthetic" if study.cohorts[name].synthetic else name


def _data(study: StudyResults, role: Role) -> str:
    """Cohorts with lesions whose classes count as predictions; others tested masks, and no model."""
    parts = []
    for name in study.of_role(role):
        lesions = study.lesions_of(role, name)
        if len(lesions):
            flow = lesion_flow(lesions)
            counts = f"{fmt.plural(flow.patients, 'patient')}, {fmt.plural(flow.lesions, 'lesion')}"
            points = fmt.listed([str(point) for point in lesions["timepoint"].unique()], "or")
            outcomes = f"{fmt.integer(flow.responders)} R+, {fmt.integer(flow.non_responders)} R−"
            parts.append(f"{_named(study, name)} ({counts} at {points}: {outcomes})")
    return "; ".join(parts) or "none in this study"


def _performance(study: StudyResults) -> str:
    name = main_comparison(study)
    if not parts_of(study).masks:
        own = of_reference(study.concordance.get(name or "", {}), CLASSIFIED)
        area = _area(own)
        return f"ROC AUC in validation, {_among(own)} with a class: {area}" if area else "not computed"
    diagnostics = study.concordance.get(name or "", {}).get("diagnostics", pd.DataFrame())
    parts = []
    for source in SIDES:
        if area := _area(diagnostics.query("mask_source == @source") if len(diagnostics) else diagnostics):
            parts.append(f"{area} with the {source} mask")
    if not parts:
        return "not computed; see the part on diagnostics"
    text = f"ROC AUC in validation, {_among(diagnostics)} with a class from both masks: {fmt.listed(parts)}"
    every = study.concordance.get(name or "", {}).get("diagnostics_all", pd.DataFrame())
    if {"population", "mask_source"} <= set(every):
        every = every[every["population"].eq(CLASSIFIED) & every["mask_source"].eq("manual")]
        if area := _area(every):
            text += f"; all {_among(every)} that the manual mask classifies: {area} with that mask"
    return text


def _area(diagnostics: pd.DataFrame) -> str:
    shown = shown_interval(rows_of(diagnostics, "auc"))
    if shown is None or fmt.is_missing(shown["value"]):
        return ""
    return fmt.estimate(shown["value"], shown["low"], shown["high"])


def _among(diagnostics: pd.DataFrame) -> str:
    """``25 lesions of 8 patients (10 R+, 15 R−)``"""
    area, plus, minus = (rows_of(diagnostics, measure) for measure in ("auc", "sensitivity", "specificity"))
    return (
        f"{fmt.plural(area['n_lesions'].iloc[0], 'lesion')} of {fmt.plural(area['n_patients'].iloc[0], 'patient')} "
        f"({fmt.integer(plus['n'].iloc[0])} R+, {fmt.integer(minus['n'].iloc[0])} R−)"
    )


def _limits(study: StudyResults) -> list[str]:
    limits = ["Nothing in this run shows that the model was reviewed by clinicians or approved by an authority."]
    if study.made_up("response"):
        limits.append(
            "It was trained on synthetic lesions, whose texture was made to depend on the outcome: it proves nothing "
            "clinical."
        )
    if not parts_of(study).fits_response:
        return [*limits, _without_class(study)]
    counts = training_counts(study)
    drawn = study.lesions_of("train")
    patients = int(drawn["patient"].nunique()) if counts is None else counts[1]
    if patients < 100:
        limits.append(
            f"It was trained on {fmt.plural(patients, 'patient')}; features chosen from so few may not be chosen again."
        )
    if trained_elsewhere(study):
        limits.append("From how many centres its training lesions came is not in its bundle.")
    elif "centre" not in drawn or drawn["centre"].nunique() < 2:
        limits.append("Training knows at most one centre: other scanners and protocols are untried.")
    return [*limits, _without_class(study)]


def _without_class(study: StudyResults) -> str:
    missed = ", or that the network does not find," if parts_of(study).masks else ""
    return f"Lesions that hold no ROI or too few for a class{missed} get no class; it is not a detection tool."
