"""What the features of `selection_tables.roi_table` are over other masks of its lesions: some keep their value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from tests.selection_tables import SETTINGS

from livermets.config.selection import SelectionSettings, StableFeaturesSettings
from livermets.features import feature_columns

KEYS = ["cohort", "patient_id", "timepoint", "lesion_id"]
LOOSE = ("original_firstorder_F2", "original_firstorder_F3")
"""Features that do not keep their value."""


def filtered(icc: float | None = 0.75, base: SelectionSettings = SETTINGS, **more: Any) -> SelectionSettings:
    """Settings under which only stable features may be selected."""
    return base.model_copy(update={"stable_features": StableFeaturesSettings(icc=icc, **more)})


def altered_table(rois: pd.DataFrame, masks: int = 6, seed: int = 0) -> pd.DataFrame:
    """One row per lesion and altered mask: its mean over the ROIs of `rois`, and a little noise; much in `LOOSE`."""
    random = np.random.default_rng(seed)
    names = feature_columns(rois)
    means = rois.groupby(KEYS, sort=False, dropna=False)[names].mean().reset_index()
    table = means.loc[means.index.repeat(masks)].reset_index(drop=True)
    table[names] += random.normal(0, [5.0 if name in LOOSE else 0.1 for name in names], (len(table), len(names)))
    draws = np.tile(np.arange(masks), len(means))
    return table.assign(kind="border", draw=draws, dice=0.8, n_roi=9)


def reader_table(rois: pd.DataFrame, source: str, seed: int = 1) -> pd.DataFrame:
    """A further reader's ROI table of the same lesions."""
    random = np.random.default_rng(seed)
    names = feature_columns(rois)
    noise = random.normal(0, [5.0 if name in LOOSE else 0.1 for name in names], (len(rois), len(names)))
    table = rois.drop(columns="response").assign(mask_source=source)
    lesion = table.groupby(KEYS, sort=False, dropna=False).ngroup()
    table[names] += noise[lesion]  # the same in all ROIs of a lesion, or their mean would hide it
    return table
