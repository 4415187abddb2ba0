"""Small ROI tables with known truth for the selection tests: one feature carries the outcome, or none."""

from __future__ import annotations

import numpy as np
import pandas as pd

from livermets.config.selection import SelectionSettings

SETTINGS = SelectionSettings.model_validate({
    "network": {"epochs": 3, "minimum_steps": 30, "learning_rate": 0.03},
    "search": {"population": 6, "generations": 2, "folds": 2, "patience": None},
    "threshold": {"bootstrap": 50},
    "audit": {"outer_folds": 2, "permutations": 0, "feature_gains": False, "comparisons": False},
})  # fmt: skip


def roi_table(
    patients: int = 10, lesions: int = 3, rois: tuple[int, int] = (5, 30), features: int = 8, effect: float = 1.5,
    seed: int = 0, cohort: str = "train",
) -> pd.DataFrame:  # fmt: skip
    """ROI rows with `response`; feature 0 carries the outcome with ``effect``; patients and lesions differ."""
    random = np.random.default_rng(seed)
    parts = []
    for patient in range(1, patients + 1):
        own = random.normal(size=features)
        for lesion in range(1, lesions + 1):
            # Patients alternate for their first lesion, so that both classes are in half of the patients or more.
            response = patient % 2 if lesion == 1 else int(random.random() < 0.5)
            count = int(random.integers(*rois))
            values = 0.7 * (own + random.normal(size=features)) + random.normal(size=(count, features))
            values[:, 0] += effect * (2 * response - 1)
            part = pd.DataFrame(values, columns=[f"original_firstorder_F{i}" for i in range(features)])
            place = {"cohort": cohort, "patient_id": f"{patient:03d}", "timepoint": "baseline", "lesion_id": lesion,
                     "mask_source": "manual", "z": 0, "y": np.arange(count), "x": 0}  # fmt: skip
            parts.append(part.assign(response=response, **place)[[*place, *part.columns, "response"]])
    return pd.concat(parts, ignore_index=True)
