"""The same questions with the patient as the unit."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from livermets.stats.results import NAN, Estimate, to_frame


def per_patient_table(lesions: pd.DataFrame) -> pd.DataFrame:
    """One row per patient: lesions by outcome and fate, mean Dice, agreement, and calls that were right per mask.

    ``mean_dice`` counts an undetected lesion with the Dice it has in the table (0); ``mean_dice_detected`` leaves it
    out. Correct calls are counted over the lesions classified with both masks."""
    names = [column for column in ("cohort", "centre", "patient_id") if column in lesions]
    return pd.DataFrame([_patient(group, names) for _, group in lesions.groupby("patient", sort=True)])


def patient_summary(per_patient: pd.DataFrame, level: float) -> pd.DataFrame:
    """Mean over patients (each counted once, however many lesions) of the per-patient shares, with Student's interval
    cut to [0, 1]."""
    estimates = []
    shares = {"agreement": per_patient["agreement"], "mean_dice": per_patient["mean_dice"]}
    for source in ("manual", "automatic"):
        for measure, side in (("sensitivity", "r_plus"), ("specificity", "r_minus")):
            compared = per_patient[f"{side}_compared"].replace(0, np.nan)
            shares[f"{measure}_{source}"] = per_patient[f"{side}_correct_{source}"] / compared
    for measure, share in shares.items():
        estimates.append(_mean_over_patients(measure, share.dropna().to_numpy(float), level))
    return to_frame(estimates, columns=("measure", "value", "low", "high", "level", "method", "n_patients", "note"))


def _patient(group: pd.DataFrame, names: list[str]) -> dict[str, object]:
    compared = group[group["compared"]]
    row: dict[str, object] = {name: group[name].iloc[0] for name in names}
    row |= {"n_lesions": len(group), "n_compared": len(compared)}
    row["n_undetected"] = int((group["automatic_fate"] == "undetected").sum())
    row["n_agree"] = int(compared["agree"].sum())
    row["agreement"] = row["n_agree"] / len(compared) if len(compared) else NAN  # type: ignore[operator]
    row["mean_dice"] = group["dice"].mean()
    row["mean_dice_detected"] = group.loc[group["automatic_fate"] != "undetected", "dice"].mean()
    for side, value in (("r_plus", 1), ("r_minus", 0)):
        of_class = compared[compared["response"] == value]
        row[side] = int((group["response"] == value).sum())
        row[f"{side}_compared"] = len(of_class)
        for source in ("manual", "automatic"):
            row[f"{side}_correct_{source}"] = int((of_class[f"predicted_{source}"] == value).sum())
    return row


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
