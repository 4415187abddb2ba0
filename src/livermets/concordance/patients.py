"""The same questions with the patient as the unit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from livermets.masks.detected import UNDETECTED
from livermets.masks.identity import SIDES
from livermets.masks.lesion_table import NO_CLASS, OTHER, with_patient_names
from livermets.stats.means import mean_over_patients
from livermets.stats.results import to_frame

_LESION_COUNTS = ("n_lesions", "n_compared", "n_undetected", "n_agree")


def per_patient_table(lesions: pd.DataFrame) -> pd.DataFrame:
    """One row per patient: lesions by outcome and fate, mean Dice, agreement, and calls that were right per mask.

    ``mean_dice`` counts an undetected lesion with the Dice it has in the table; ``mean_dice_detected`` leaves it
    out. Correct calls are counted over the lesions classified with both masks."""
    patient = lesions["patient"]
    sums = _counts(lesions).groupby(patient, dropna=False).sum()
    detected = lesions["dice"].where(lesions["automatic_fate"] != UNDETECTED)
    means = pd.DataFrame(
        {
            "agreement": sums["n_agree"] / sums["n_compared"].replace(0, np.nan),
            "mean_dice": lesions["dice"].groupby(patient, dropna=False).mean(),
            "mean_dice_detected": detected.groupby(patient, dropna=False).mean(),
        }
    )
    lesion_counts, class_counts = sums[list(_LESION_COUNTS)], sums.drop(columns=list(_LESION_COUNTS))
    return with_patient_names(lesions, pd.concat([lesion_counts, means, class_counts], axis=1))


def patient_summary(per_patient: pd.DataFrame, level: float) -> pd.DataFrame:
    """Mean over patients (each counted once, however many lesions) of the per-patient shares, with Student's interval
    cut to [0, 1]."""
    estimates = []
    shares = {"agreement": per_patient["agreement"], "mean_dice": per_patient["mean_dice"]}
    for side in SIDES:
        for measure, outcome in (("sensitivity", "r_plus"), ("specificity", "r_minus")):
            compared = per_patient[f"{outcome}_compared"].replace(0, np.nan)
            shares[f"{measure}_{side}"] = per_patient[f"{outcome}_correct_{side}"] / compared
    for measure, share in shares.items():
        estimates.append(mean_over_patients(measure, share.dropna().to_numpy(float), level))
    return to_frame(estimates, columns=("measure", "value", "low", "high", "level", "method", "n_patients", "note"))


def _counts(lesions: pd.DataFrame) -> pd.DataFrame:
    """One row per lesion with 0 or 1 in every column that is counted per patient."""
    compared = lesions["compared"]
    counts = {
        "n_lesions": pd.Series(1, index=lesions.index),
        "n_compared": compared,
        "n_undetected": lesions["automatic_fate"] == UNDETECTED,
        "n_agree": lesions["agree"] == 1,
    }
    fates = {"n_other": lesions["fate"] == OTHER, "n_no_class": lesions["fate"] == NO_CLASS}
    for outcome, value in (("r_plus", 1), ("r_minus", 0)):
        counts[outcome] = lesions["response"] == value
        counts[f"{outcome}_compared"] = counts[outcome] & compared
        for side in SIDES:
            right = lesions[f"predicted_{side}"] == value
            counts[f"{outcome}_correct_{side}"] = counts[f"{outcome}_compared"] & right
    return pd.DataFrame(counts | fates).astype(int)
