"""Resubstitution against counts by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from livermets.masks.lesion_table import checked_lesions
from livermets.model.resubstitution import resubstitution_tables
from livermets.stats.resampling import Resampling

LESIONS = pd.DataFrame(
    {
        "cohort": ["b"] * 6 + ["a"] * 2,
        "patient_id": ["P1", "P1", "P2", "P2", "P3", "P3", "P1", "P1"],
        "lesion_id": [1, 2] * 4,
        "timepoint": "baseline",
        "response": [1, 0, 1, 0, 1, np.nan, 1, 0],
        "predicted_manual": [1, 1, 1, 0, np.nan, 1, 0, 0],
        "predicted_automatic": [1, 0, np.nan, 0, np.nan, 1, np.nan, np.nan],
        "share_manual": [0.9, 0.7, 0.8, 0.1, np.nan, 0.6, 0.2, 0.3],
        "share_automatic": [0.9, 0.2, np.nan, 0.1, np.nan, 0.6, np.nan, np.nan],
        "dice": 0.5,
        "longest_diameter_mm": 20.0,
    }
)


def tables() -> dict[str, pd.DataFrame]:
    return resubstitution_tables(checked_lesions(LESIONS), Resampling(200, 0.95, np.random.default_rng(0)))


def test_diagnostics_are_of_the_lesions_with_a_class_and_an_outcome_by_cohort_and_mask():
    found = tables()["resubstitution"].drop_duplicates(["cohort", "mask_source", "measure"])
    counts = found.set_index(["cohort", "mask_source", "measure"])[["k", "n"]]
    assert counts.loc[("b", "manual", "accuracy")].tolist() == [3, 4]
    assert counts.loc[("b", "manual", "sensitivity")].tolist() == [2, 2]
    assert counts.loc[("b", "automatic", "specificity")].tolist() == [2, 2]
    assert counts.loc[("a", "manual", "accuracy")].tolist() == [1, 2]
    assert ("a", "automatic", "accuracy") not in counts.index
    area = found[(found["cohort"] == "b") & (found["mask_source"] == "manual") & (found["measure"] == "auc")]
    assert area["value"].item() == 1.0


def test_calls_of_each_patient_with_the_manual_mask():
    calls = tables()["resubstitution_calls"]
    assert calls.to_numpy().tolist() == [
        ["b", "P1", 1, 1, 1, 0],
        ["b", "P2", 1, 1, 1, 1],
        ["b", "P3", 0, 0, 0, 0],
        ["a", "P1", 1, 0, 1, 1],
    ]
