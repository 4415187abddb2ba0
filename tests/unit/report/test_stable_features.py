"""The sentences about stable features say the numbers of their table, and nothing where there is none."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd

from livermets.report.sections.selection import selection_section
from livermets.report.sections.stable_features import (
    dropped_sentence,
    filter_of_model,
    stable_caption,
    stable_words,
    unfiltered_caption,
)


def study(**tables: pd.DataFrame) -> SimpleNamespace:
    return SimpleNamespace(model=tables)


def iccs(by: str = "altered", folds: int = 5, masks: int = 200) -> pd.DataFrame:
    """Four candidates: two always stable, one in some folds, one never."""
    return pd.DataFrame({
        "feature": list("abcd"), "by": by, "icc": [0.9, 0.8, 0.76, np.nan], "level": 0.9, "threshold": 0.75,
        "stable": [1, 1, 1, 0], "n_folds_stable": [folds, folds, min(folds, 2), 0], "n_folds": folds,
        "n_masks": masks, "n_lesions": 10, "n_patients": 1,
    })  # fmt: skip


def compared(difference: float) -> pd.DataFrame:
    area = {"measure": "auc_within_folds", "value": 0.6, "low": 0.4, "high": 0.8}
    less = {"measure": "auc_within_folds_difference", "value": difference, "low": -0.3, "high": 0.1}
    rows = [{**area, "model": "ga_network"}, *({**one, "model": "ga_network_unfiltered"} for one in (area, less))]
    return pd.DataFrame(rows).assign(method="cluster-bootstrap")


def test_what_was_asked_and_what_kept_to_it() -> None:
    said = stable_words(study(stable_features=iccs()))
    assert "those with an ICC of at least 0.75 over altered masks." in said
    assert "3 of 4 features did so in the final fit, 2 in every one of 5 outer folds." in said
    assert said.endswith("The ICC rests on 200 masks of 10 lesions of 1 patient (altered masks).")
    assert stable_caption(study(stable_features=iccs())) == "90\u00a0% intervals resample patients."


def test_both_kinds_of_masks_are_counted_apart_and_features_once() -> None:
    said = stable_words(study(stable_features=pd.concat([iccs(), iccs("readers", masks=20)])))
    assert "over altered masks and masks of several readers. 3 of 4 features" in said
    assert "rests on 200 masks of 10 lesions of 1 patient (altered masks) and 20 masks" in said


def test_without_nested_folds_none_is_counted() -> None:
    said = stable_words(study(stable_features=iccs(folds=0)))
    assert "3 of 4 features did so in the final fit. The ICC" in said
    assert "fold" not in said


def test_the_selection_without_the_filter_stands_in_the_same_paragraph() -> None:
    made = study(stable_features=iccs(), comparison=compared(-0.1))
    assert (
        "AUC within folds of 0.60; the difference, this less that of stable ones alone, is −0.10 (−0.30 to 0.10)."
        in (stable_words(made))
    )
    assert "the same seed and settings" in unfiltered_caption(made)
    assert unfiltered_caption(study(comparison=compared(0.1).query("model == 'ga_network'"))) == ""


def test_dropped_features_are_told_apart() -> None:
    reasons = pd.DataFrame({"feature": list("abc"), "reason": ["unstable", "constant", "duplicate"]})
    said = "3 features were dropped beforehand: 1 as unstable over masks, 2 as constant or duplicate."
    assert dropped_sentence(study(dropped_features=reasons)) == said
    plain = study(dropped_features=reasons.iloc[1:])
    assert dropped_sentence(plain) == "2 features were dropped beforehand as constant or duplicate."
    assert dropped_sentence(study()) == ""


def test_a_model_says_what_it_was_chosen_from() -> None:
    masks = {"altered": {"lesions": 22, "masks": 416}}
    facts = {"provenance": {"stable_features": {"icc": 0.75, "masks": masks, "stable": 33, "left_out": 14}}}
    assert filter_of_model(facts) == "33 of 47 features, those with an ICC of at least 0.75 over altered masks"
    assert filter_of_model({"provenance": {}}) == filter_of_model({}) == ""


def test_a_study_without_the_filter_has_no_such_part(made_study) -> None:
    made = made_study.results
    parts = [section.title for section in selection_section(made).sections]
    assert "Stable features" in parts
    made = replace(made, model={k: table for k, table in made.model.items() if k != "stable_features"})
    parts = [section.title for section in selection_section(made).sections]
    assert "Stable features" not in parts
    assert "Permutation null" in parts
