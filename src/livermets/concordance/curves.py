"""What the shares say beyond the classes: ROC curves and areas; of recalibrated shares, calibration and net benefit."""

from __future__ import annotations

import numpy as np
import pandas as pd

from livermets.concordance.diagnostics import compare_aucs, scored
from livermets.concordance.optional_tables import OPTIONAL_TABLES, empty
from livermets.concordance.recalibrated import recalibrated_tables
from livermets.config.statistics import StatisticsSettings
from livermets.masks.identity import SHARES, SIDES
from livermets.stats.curves import roc_table
from livermets.stats.diagnostics import auc_obstacle
from livermets.stats.resampling import PatientBootstrap

TABLES = ("roc", "auc_comparison", "calibration", "calibration_summary", "decision")


def curve_tables(
    known: pd.DataFrame, settings: StatisticsSettings, boot: PatientBootstrap
) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Every table by name, of lesions classified with both masks whose outcome is known; and what could not be
    computed."""
    missing = [column for column in SHARES if column not in known]
    if missing:
        return empty(*TABLES), [
            f"no AUC difference, ROC, calibration and decision curve: the table lacks {' and '.join(missing)}"
        ]
    lesions = scored(known)
    response, patient = lesions["response"].to_numpy(), lesions["patient"].to_numpy(np.intp)
    why = auc_obstacle(response)
    if why:
        return empty(*TABLES), [f"ROC, calibration and decision curves not computed: {why}"]
    manual, automatic = (lesions[column].to_numpy() for column in SHARES)
    curves = [
        roc_table(score, response).assign(mask_source=side)
        for side, score in zip(SIDES, (manual, automatic), strict=True)
    ]
    recalibrated, notes = recalibrated_tables(lesions, settings, boot)
    return {
        "roc": pd.concat(curves, ignore_index=True)[list(OPTIONAL_TABLES["roc"])],
        "auc_comparison": compare_aucs(manual, automatic, response, patient, boot),
        **recalibrated,
    }, notes
