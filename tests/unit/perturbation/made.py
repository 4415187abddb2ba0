"""Simulated tables of altered masks with a known truth: a lesion keeps its class above a Dice of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

KINDS = ("erosion", "dilation", "shift")
COLUMNS = (
    "cohort", "patient_id", "timepoint", "lesion_id", "longest_diameter_mm", "kind", "draw", "dial", "dice",
    "volume_ratio", "assd_mm", "n_roi", "share", "predicted", "same_class", "fate", "share_reference",
    "predicted_reference",
)  # fmt: skip


def lesion_list(patient: NDArray | Sequence[int], diameter_mm: NDArray | Sequence[float]) -> pd.DataFrame:
    """Lesions by patient and diameter, numbered within the patient."""
    frame = pd.DataFrame({"cohort": "c", "patient_id": [f"p{code}" for code in patient], "timepoint": "baseline"})
    frame["lesion_id"] = frame.groupby("patient_id").cumcount() + 1
    return frame.assign(longest_diameter_mm=np.asarray(diameter_mm, float))


def masks_of(lesions: pd.DataFrame, per_kind: int, kinds: Sequence[str] = KINDS, seed: int = 0) -> pd.DataFrame:
    """Masks of every lesion and kind, spread evenly over Dice 0.1 to 0.97; all keep the class (R+) and the share 0.8.

    ASSD falls with Dice as a sphere's does with a shift; erosion and dilation change the volume as concentric masks."""
    random = np.random.default_rng(seed)
    table = lesions.loc[lesions.index.repeat(len(kinds) * per_kind)].reset_index(drop=True)
    table["kind"] = np.tile(np.repeat(list(kinds), per_kind), len(lesions))
    table["draw"] = np.tile(np.arange(per_kind), len(kinds) * len(lesions))
    step = (table["draw"] + random.random(len(table))) / per_kind
    dice = 0.1 + 0.87 * step
    smaller = dice / (2 - dice)
    ratio = np.select([table["kind"] == "erosion", table["kind"] == "dilation"], [smaller, 1 / smaller], 1.0)
    table = table.assign(dial=1 - step, dice=dice, volume_ratio=ratio, n_roi=50, share=0.8, share_reference=0.8)
    table["assd_mm"] = (1 - dice) * table["longest_diameter_mm"] / 4
    return table.assign(predicted=1.0, same_class=1.0, fate="classified", predicted_reference=1.0)[list(COLUMNS)]


def changed(table: pd.DataFrame, where: pd.Series | NDArray, fate: str = "classified") -> pd.DataFrame:
    """The table with another class (or none, by the fate) in some rows."""
    rows = np.asarray(where, bool)
    table = table.copy()
    table.loc[rows, "same_class"] = 0.0
    table.loc[rows, "predicted"] = 0.0 if fate == "classified" else np.nan
    table.loc[rows, "fate"] = fate
    return table


def with_threshold(lesions: pd.DataFrame, per_kind: int, seed: int = 0, kinds: Sequence[str] = KINDS) -> pd.DataFrame:
    """Lesions keep their class at a Dice from their column ``threshold`` on."""
    table = masks_of(lesions, per_kind, kinds, seed)
    own = lesions["threshold"].to_numpy().repeat(len(kinds) * per_kind)
    return changed(table, table["dice"] < own)
