"""What an automatic segmentation finds and what it makes up, counted over lesions and over all voxels together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.masks.identity import MANUAL, SCAN_KEY
from livermets.overlap.tables import (
    cohort_parts,
    without_independence,
)
from livermets.stats.diagnostics import proportion_estimates
from livermets.stats.resampling import PatientBootstrap, Resampling, per_patient_sum
from livermets.stats.results import NAN, Estimate, to_frame

HALF = 0.5


def detection_estimates(matching: pd.DataFrame, scans: pd.DataFrame, boot: PatientBootstrap) -> list[Estimate]:
    """Lesion-wise recall and precision at 50 % overlap, Dice, precision and recall of all voxels together, and
    false-positive components per scan.

    ``recall_at_50`` is the share of manual lesions whose automatic mask has an intersection over union above one half;
    ``precision_at_50`` the share of automatic lesions that have such a manual one, parts of one lesion counting as one
    (the scoring of LiTS, Bilic et al., Med Image Anal 2023). ``pooled_dice`` is that of one mask made of all scans
    (LiTS: Dice global), so a large lesion weighs more than a small one.

    ``matching`` has the rows of ``matching.csv``, ``scans`` one row per scan; both have ``patient``, the codes of the
    bootstrap's patients. Intervals resample patients."""
    manual = matching["kind"].eq(MANUAL).to_numpy()
    false = matching["kind"].eq("false_positive").to_numpy()
    patient, patients = matching["patient"].to_numpy(np.intp), boot.weights.shape[1]
    automatic_ml = _numbers(matching["volume_automatic_ml"], 0.0)
    manual_ml = np.where(manual, _numbers(matching["volume_ml"], 0.0), 0.0)
    # Every automatic voxel inside a manual lesion belongs to that lesion, so the rows' overlaps add up.
    common_ml = manual_ml * _numbers(matching["recall"], 0.0)
    half = manual & (1 - _numbers(matching["voe"], 1.0) > HALF)
    in_scans = np.bincount(scans["patient"].to_numpy(np.intp), minlength=patients)

    def ratio(measure: str, above: np.ndarray, below: np.ndarray) -> Estimate:
        (low, high), why = boot.ratio(above, below)
        value = float(above.sum() / below.sum()) if below.sum() else NAN
        return Estimate(
            measure,
            value,
            low,
            high,
            boot.level,
            "cluster-bootstrap",
            n_lesions=int(manual.sum()),
            n_patients=int(np.count_nonzero(in_scans)),
            note="there is nothing to count" if np.isnan(value) else why if np.isnan(low) else "",
        )

    def summed(values: np.ndarray) -> np.ndarray:
        return per_patient_sum(values, patient, patients)

    # Its denominator holds false positives, which are no lesions.
    precision = [
        replace(estimate, n_lesions=int(manual.sum()))
        for estimate in proportion_estimates(
            "precision_at_50", half, (manual & (automatic_ml > 0)) | false, patient, boot
        )
    ]
    return [
        *proportion_estimates("recall_at_50", half, manual, patient, boot),
        *precision,
        ratio("pooled_dice", summed(2 * common_ml), summed(manual_ml + automatic_ml)),
        ratio("pooled_precision", summed(common_ml), summed(automatic_ml)),
        ratio("pooled_recall", summed(common_ml), summed(manual_ml)),
        ratio("false_positives_per_scan", summed(false), in_scans.astype(float)),
    ]


def _numbers(column: pd.Series, when_missing: float) -> NDArray[np.float64]:
    """A column as numbers; of tables without a row it has no type of its own."""
    return pd.to_numeric(column).fillna(when_missing).to_numpy(float)


def lesion_wise(matching: pd.DataFrame, scans: pd.DataFrame, resampling: Resampling) -> pd.DataFrame:
    """`detection_estimates` of every cohort and timepoint, over the scans with a manual mask."""
    frames = []
    for cohort, timepoint, part in cohort_parts(scans[scans["manual_lesions"].notna()]):
        people = {patient: code for code, patient in enumerate(sorted(part["patient_id"].unique()))}
        shown = matching.merge(part[list(SCAN_KEY)], on=list(SCAN_KEY))
        estimates = detection_estimates(
            shown.assign(patient=shown["patient_id"].map(people).astype(np.intp)),
            part.assign(patient=part["patient_id"].map(people).astype(np.intp)),
            resampling.draw(len(people)),
        )
        frames.append(to_frame(estimates, cohort=cohort, timepoint=timepoint))
    return without_independence(pd.concat(frames, ignore_index=True)) if frames else pd.DataFrame()
