"""Calibration and net benefit: only of probabilities, and a share of R+ ROIs is none."""

from __future__ import annotations

import numpy as np
import pandas as pd

from livermets.concordance.optional_tables import OPTIONAL_TABLES, empty
from livermets.config.statistics import StatisticsSettings
from livermets.masks.identity import CALIBRATED, SIDES
from livermets.stats.calibration import calibration_curve, calibration_estimates
from livermets.stats.curves import decision_table
from livermets.stats.resampling import PatientBootstrap
from livermets.stats.results import to_frame

TABLES = ("calibration", "calibration_summary", "decision")
LEFT_OUT = (
    "calibration and decision curves left out: the share of R+ ROIs is no probability of response "
    "(its networks are fitted as if both classes were equally frequent), and"
)


def recalibrated_tables(
    scored: pd.DataFrame, settings: StatisticsSettings, boot: PatientBootstrap
) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Calibration curve, slope, calibration-in-the-large and Brier score, and net benefit of the probabilities
    ``calibrated_*``, which a logistic recalibration on training lesions made of the shares; empty without them, and
    then the note says why. ``scored``: lesions with outcome and both shares."""
    if not set(CALIBRATED) <= set(scored):
        return empty(*TABLES), [f"{LEFT_OUT} the table has no columns {' and '.join(CALIBRATED)}"]
    if scored[list(CALIBRATED)].isna().to_numpy().any():
        return empty(*TABLES), [f"{LEFT_OUT} the model was not recalibrated on training lesions"]
    response, patient = scored["response"].to_numpy(), scored["patient"].to_numpy(np.intp)
    probabilities = {side: scored[f"calibrated_{side}"].to_numpy(float) for side in SIDES}
    curves, summaries = [], []
    for side, probability in probabilities.items():
        curve = calibration_curve(probability, response, settings.calibration_bins, settings.level)
        curves.append(curve.assign(mask_source=side))
        estimates = calibration_estimates(probability, response, patient, settings.probability_margin, boot)
        summaries.append(to_frame(estimates).assign(mask_source=side))
    tables = {
        "calibration": pd.concat(curves, ignore_index=True),
        "calibration_summary": pd.concat(summaries, ignore_index=True),
        "decision": decision_table(probabilities, response, patient, settings.decision_thresholds, boot),
    }
    return {name: table[list(OPTIONAL_TABLES[name])] for name, table in tables.items()}, []
