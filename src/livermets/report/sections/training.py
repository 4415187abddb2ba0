"""Whom the model was trained on: how many lesions and patients, at which timepoints, and why not more."""

from __future__ import annotations

import pandas as pd

from livermets.report import formatting as fmt
from livermets.report.study import StudyResults

BASELINE = "baseline"


def training_counts(study: StudyResults) -> tuple[int, int] | None:
    """Lesions and patients that the model was fitted on, as it was told; None: not recorded."""
    trained = study.model.get("training_lesions", pd.DataFrame())
    if {"group"} <= set(trained.columns):
        return len(trained), int(trained["group"].nunique())
    facts = (study.model_facts.get("provenance") or {}).get("training_data") or {}
    return (int(facts["lesions"]), int(facts["patients"])) if {"lesions", "patients"} <= set(facts) else None


def trained_on(study: StudyResults) -> str:
    """``36 training lesions of 12 patients``, and how many more could not train."""
    counts = training_counts(study)
    if counts is None:
        return "Lesions that trained it: not recorded."
    lesions, patients = counts
    text = f"{fmt.plural(lesions, 'training lesion')} of {fmt.plural(patients, 'patient')}"
    more = _not_fitted(study, lesions)
    return f"{text} ({fmt.listed(more)})." if more else f"{text}."


def _not_fitted(study: StudyResults, fitted: int) -> list[str]:
    """Why drawn lesions of these timepoints could not train, each with one reason."""
    drawn = study.lesions_of("train")
    if len(drawn) <= fitted or not {"response", "n_roi_manual"} <= set(drawn):
        return []
    unknown = drawn["response"].isna()
    empty = int((~unknown & ~drawn["n_roi_manual"].gt(0)).sum())
    rest = len(drawn) - fitted - int(unknown.sum()) - empty
    reasons = {
        "without a ROI": empty,
        "without a known outcome": int(unknown.sum()),
        "for another reason": rest,
    }
    return [f"{fmt.integer(n)} more {why}" for why, n in reasons.items() if n > 0]


def timepoints(study: StudyResults) -> list[str]:
    """Timepoints that the model was trained on."""
    return study.timepoints_of("train")


def follow_up_sentence(study: StudyResults) -> str:
    """Which images other than baseline trained the model. Nothing says which of two names is the later one, and an
    image of any other name may be a follow-up."""
    trained = study.model.get("training_lesions", pd.DataFrame())
    if "timepoint" not in trained:
        trained = study.lesions_of("train")
    found = dict.fromkeys(str(point) for point in trained["timepoint"])
    order = [point for point in study.response_timepoints if point in found]
    others = [point for point in dict.fromkeys([*order, *found]) if point != BASELINE]
    if not others or not study.model_facts:
        return ""
    named = set(others) <= set(study.response_timepoints)
    return (
        f"Images at {fmt.listed(others)}, named by {'response_timepoints' if named else 'the roles of timepoints'}, "
        "trained the model: where they are follow-up images, they are part of the outcome that it predicts, and its "
        "figures may not hold at baseline."
    )
