"""Small lesion tables for the tests of the statistics."""

from __future__ import annotations

import numpy as np
import pandas as pd


def lesion_table(patients: int = 30, seed: int = 0) -> pd.DataFrame:
    """Lesions with scores in which the automatic mask is the worse the smaller the Dice; some undetected, some without
    ROI, some without outcome."""
    random = np.random.default_rng(seed)
    rows = []
    for patient in range(patients):
        tendency = random.normal()
        for lesion in range(random.integers(1, 9)):
            response = int(random.random() < 1 / (1 + np.exp(-tendency)))
            diameter = random.uniform(8, 60)
            dice = float(np.clip(random.beta(4, 2) - 5 / diameter, 0, 1))
            manual = float(np.clip(0.5 + 0.2 * (response - 0.5) + 0.2 * random.normal(), 0, 1))
            automatic = float(np.clip(manual + 0.5 * (1 - dice) * random.normal(), 0, 1))
            n_manual = int(max(0, (diameter - 9) ** 2 / 4))
            n_automatic = n_manual if dice > 0.05 else 0
            rows.append(
                {
                    "cohort": "north" if patient % 3 else "south",
                    "patient_id": f"P{patient:02d}",
                    "timepoint": "TP1" if lesion % 3 == 2 else "baseline",
                    "lesion_id": lesion + 1,
                    "response": response if random.random() > 0.05 else np.nan,
                    "longest_diameter_mm": round(diameter, 1),
                    "dice": round(dice, 3),
                    "detected": int(dice > 0),
                    "n_roi_manual": n_manual,
                    "n_roi_automatic": n_automatic,
                    "share_manual": manual if n_manual else np.nan,
                    "share_automatic": automatic if n_automatic else np.nan,
                    "predicted_manual": float(manual >= 0.5) if n_manual else np.nan,
                    "predicted_automatic": float(automatic >= 0.5) if n_automatic else np.nan,
                }
            )
    table = pd.DataFrame(rows).assign(threshold=0.5, minimum_rois=1)
    shares = {f"calibrated_{source}": 0.1 + 0.8 * table[f"share_{source}"] for source in ("manual", "automatic")}
    return table.assign(**shares)


def minimal(rows: list[tuple]) -> pd.DataFrame:
    """A table of the seven needed columns from (patient, response, manual, automatic, dice, diameter) tuples."""
    columns = ["patient_id", "response", "predicted_manual", "predicted_automatic", "dice", "longest_diameter_mm"]
    table = pd.DataFrame(rows, columns=columns)
    table.insert(1, "lesion_id", range(1, len(table) + 1))
    return table
