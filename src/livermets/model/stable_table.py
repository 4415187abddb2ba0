"""The ICC of every candidate feature over masks, and in how many fits it could be selected, as a table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from livermets.config.selection import MasksBy
from livermets.model.mask_values import MaskValues
from livermets.model.selection import Selected
from livermets.model.stable_features import rating_sums
from livermets.randomness import generator
from livermets.stats.one_way_icc import REFERENCE, one_way_icc
from livermets.stats.resampling import PatientBootstrap

COLUMNS = (
    "feature", "by", "icc", "low", "high", "level", "method", "threshold", "reaches", "stable", "n_folds_stable",
    "n_folds", "folds_stable", "n_masks", "n_lesions", "n_patients", "reference", "note",
)  # fmt: skip
METHOD = "ICC(1), cluster-bootstrap"


def stable_features_table(selected: Selected) -> pd.DataFrame:
    """One row per kind of masks and candidate feature: its ICC over all training lesions with an interval by resampling
    patients, whether it reaches the ``threshold``, whether it was ``stable`` in the final fit (by every kind), and the
    share of the nested fits in which it was. Without a row where every feature could be selected."""
    parts = [_of_kind(selected, by, masks) for by, masks in selected.inputs.data.masks.items()]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def _of_kind(selected: Selected, by: MasksBy, masks: MaskValues) -> pd.DataFrame:
    inputs, names = selected.inputs, selected.inputs.data.names
    icc, ends, notes, patients = _intervals(selected, masks)
    unstable = [set(one.unstable) for one in selected.chosen[1:]]
    folds = [sum(name not in left_out for left_out in unstable) for name in names]
    asked = inputs.settings.stable_features.icc
    table = pd.DataFrame(
        {
            "feature": names,
            "by": by,
            "icc": icc,
            "low": [low for low, _ in ends],
            "high": [high for _, high in ends],
            "level": inputs.settings.threshold.level,
            "method": METHOD,
            "threshold": asked,
            "reaches": (np.nan_to_num(icc, nan=-1.0) >= asked).astype(int),
            "stable": [int(name not in selected.fitted.unstable) for name in names],
            "n_folds_stable": folds,
            "n_folds": len(unstable),
            "folds_stable": [count / len(unstable) if unstable else np.nan for count in folds],
            "n_masks": len(masks.lesion),
            "n_lesions": len(masks.lesions),
            "n_patients": patients,
            "reference": REFERENCE,
            "note": notes,
        }
    )
    return table.sort_values("icc", ascending=False, kind="stable", na_position="last")[list(COLUMNS)]


def _intervals(selected: Selected, masks: MaskValues) -> tuple[np.ndarray, list[tuple[float, float]], list[str], int]:
    """ICC, interval and remark of every feature, and the number of patients behind them."""
    inputs, sums = selected.inputs, rating_sums(masks)
    codes, patient = np.unique(inputs.data.patient[masks.lesions], return_inverse=True)
    threshold = inputs.settings.threshold
    random = generator(inputs.seed, "stable features")
    boot = PatientBootstrap.draw(len(codes), threshold.bootstrap, threshold.level, random)
    icc = one_way_icc(sums)
    resampled = one_way_icc(sums, boot.weights[:, patient])
    ends, notes = [], []
    for value, column in zip(icc, resampled.T, strict=True):
        found, why = boot.interval(column, len(codes))
        ends.append(found)
        notes.append("lesions and masks do not differ in this feature" if np.isnan(value) else why)
    return icc, ends, notes, len(codes)
