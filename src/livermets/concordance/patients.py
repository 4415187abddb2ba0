"""The same questions with the patient as the unit."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from livermets.masks.identity import SOURCES
from livermets.masks.lesion_table import NO_CLASS, OTHER
from livermets.stats.results import NAN, Estimate, to_frame


def per_patient_table(lesions: pd.DataFrame) -> pd.DataFrame:
    """One row per patient: lesions by outcome and fate, mean Dice, agreement, and calls that were right per mask.

    ``mean_dice`` counts an undetected lesion with the Dice it has in the table; ``mean_dice_detected`` leaves it
    out. Correct calls are counted over the lesions classified with both masks."""
    names = [column for column in ("cohort", "centre", "patient_id") if column in lesions]
    patient = lesions["patient"]
    sums = _counts(lesions).groupby(patient, dropna=False).sum()
    sums.insert(4, "agreement", sums["n_agree"] / sums["n_compared"].replace(0, np.nan))
    sums.insert(5, "mean_dice", lesions["dice"].groupby(patient, dropna=False).mean())
    detected = lesions["dice"].where(lesions["automatic_fate"] != "undetected")
    sums.insert(6, "mean_dice_detected", detected.groupby(patient, dropna=False).mean())
    who = lesions.drop_duplicates("patient").set_index("patient")[names]
    return who.join(sums).sort_index().reset_index(drop=True)


def patient_summary(per_patient: pd.DataFrame, level: float) -> pd.DataFrame:
    """Mean over patients (each counted once, however many lesions) of the per-patient shares, with Student's interval
    cut to [0, 1]."""
    estimates = []
    shares = {"agreement": per_patient["agreement"], "mean_dice": per_patient["mean_dice"]}
    for source in SOURCES:
        for measure, side in (("sensitivity", "r_plus"), ("specificity", "r_minus")):
            compared = per_patient[f"{side}_compared"].replace(0, np.nan)
            shares[f"{measure}_{source}"] = per_patient[f"{side}_correct_{source}"] / compared
    for measure, share in shares.items():
        estimates.append(_mean_over_patients(measure, share.dropna().to_numpy(float), level))
    return to_frame(estimates, columns=("measure", "value", "low", "high", "level", "method", "n_patients", "note"))


def _counts(lesions: pd.DataFrame) -> pd.DataFrame:
    """One row per lesion with 0 or 1 in every column that is counted per patient."""
    compared = lesions["compared"]
    counts = {
        "n_lesions": pd.Series(1, index=lesions.index),
        "n_compared": compared,
        "n_undetected": lesions["automatic_fate"] == "undetected",
        "n_agree": lesions["agree"] == 1,
    }
    fates = {"n_other": lesions["fate"] == OTHER, "n_no_class": lesions["fate"] == NO_CLASS}
    for side, value in (("r_plus", 1), ("r_minus", 0)):
        counts[side] = lesions["response"] == value
        counts[f"{side}_compared"] = counts[side] & compared
        for source in SOURCES:
            right = lesions[f"predicted_{source}"] == value
            counts[f"{side}_correct_{source}"] = counts[f"{side}_compared"] & right
    return pd.DataFrame(counts | fates).astype(int)


def _mean_over_patients(measure: str, shares: np.ndarray, level: float) -> Estimate:
    n = len(shares)
    if n < 2:
        why = f"{n} patient{'s' * (n != 1)} to average"
        value = float(shares.mean()) if n else NAN
        return Estimate(measure, value, level=level, method="patient-mean-t", n_patients=n, note=why)
    mean, error = float(shares.mean()), float(shares.std(ddof=1) / np.sqrt(n))
    if error == 0:
        why = "every patient has the same value"
        return Estimate(measure, mean, level=level, method="patient-mean-t", n_patients=n, note=why)
    reach = float(stats.t.ppf(0.5 + level / 2, n - 1)) * error
    low, high = max(0.0, mean - reach), min(1.0, mean + reach)
    return Estimate(measure, mean, low, high, level, "patient-mean-t", n_patients=n)
