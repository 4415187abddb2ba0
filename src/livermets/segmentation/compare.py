"""Two segmentation models on the same scans: paired, lesion by lesion, with patients as clusters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from livermets.errors import input_error
from livermets.stats.agreement import mcnemar_estimates
from livermets.stats.resampling import PatientBootstrap, per_patient_sum
from livermets.stats.results import Estimate

KEY = ["cohort", "patient_id", "timepoint", "lesion_id"]


def compare_segmentations(
    first: pd.DataFrame, second: pd.DataFrame, random: np.random.Generator, replicates: int = 2000, level: float = 0.95
) -> list[Estimate]:
    """Does one model find more lesions, and overlap them better, than another?

    ``first`` and ``second`` are matching tables (``matching.csv``) of the same scans. ``detection_difference`` and
    ``dice_difference`` are first minus second over all manual lesions (a missed one has Dice 0), with intervals that
    resample patients; ``detection_mcnemar_p`` tests whether both find equally many, exactly and allowing for several
    lesions per patient (Durkalski 2003); the counts say how many lesions only one of the two found.

    Raises `InputError` if the tables do not list the same manual lesions."""
    paired = _paired(first, second)
    patient, patients = pd.factorize(paired["patient_id"])
    boot = PatientBootstrap.draw(len(patients), replicates, level, random)
    found = [paired[f"detected_{which}"].to_numpy(dtype=int) for which in ("first", "second")]
    estimates = [
        _difference(f"{name}_difference", paired[f"{column}_first"] - paired[f"{column}_second"], patient, boot)
        for name, column in (("detection", "detected"), ("dice", "dice"))
    ]
    names = {
        "mcnemar_p": "detection_mcnemar_p",
        "manual_only": "detected_by_first_only",
        "automatic_only": "detected_by_second_only",
    }
    tests = mcnemar_estimates(found[0], found[1], patient, boot)
    return estimates + [_renamed(test, names[test.measure]) for test in tests]


def _paired(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    manual = [table[table["kind"] == "manual"] for table in (first, second)]
    paired = manual[0].merge(manual[1], on=KEY, how="outer", suffixes=("_first", "_second"), indicator=True)
    alone = paired[paired["_merge"] != "both"]
    if len(alone):
        row = alone.iloc[0]
        raise input_error(
            f"patient {row['patient_id']}, lesion {row['lesion_id']}",
            f"{len(alone)} manual lesions are in only one of the two tables, this one among them",
            "Compare models on the same scans",
        )
    return paired


def _difference(measure: str, difference: pd.Series, patient: np.ndarray, boot: PatientBootstrap) -> Estimate:
    """The mean paired difference over lesions, with a patient bootstrap."""
    patients = boot.weights.shape[1]
    values = difference.to_numpy(dtype=float)
    sums, sizes = per_patient_sum(values, patient, patients), per_patient_sum(np.ones_like(values), patient, patients)
    (low, high), why = boot.ratio(sums, sizes)
    return Estimate(
        measure, float(values.mean()), low, high, boot.level, "cluster-bootstrap",
        n_lesions=len(values), n_patients=patients, note=why,
    )  # fmt: skip


def _renamed(estimate: Estimate, measure: str) -> Estimate:
    return replace(estimate, measure=measure)
