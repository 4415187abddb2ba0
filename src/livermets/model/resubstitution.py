"""The final model on the very lesions that it was fitted on: too good by construction, and shown as such."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from livermets.masks.identity import MANUAL, SIDES
from livermets.masks.lesion_table import of_these_patients, with_patient_names
from livermets.stats.diagnostics import auc_estimates, class_diagnostics
from livermets.stats.resampling import Resampling
from livermets.stats.results import COLUMNS, Estimate, to_frame


def resubstitution_tables(lesions: pd.DataFrame, resampling: Resampling) -> dict[str, pd.DataFrame]:
    """Diagnostics of each training cohort and mask over the lesions with a class and an outcome, and the correct calls
    of each patient with the manual mask.

    ``lesions`` went through `masks.lesion_table.checked_lesions`, and are of timepoints whose classes count as
    predictions."""
    cohorts = [(str(name), part) for name, part in lesions.groupby("cohort", sort=False, dropna=False)]
    none = pd.DataFrame(columns=["cohort", "mask_source", *COLUMNS])
    diagnostics = [frame for name, part in cohorts for frame in _diagnostics(name, part, resampling)]
    calls = [calls_per_patient(part, MANUAL) for _, part in cohorts]
    return {
        "resubstitution": pd.concat(diagnostics or [none], ignore_index=True),
        "resubstitution_calls": pd.concat(calls or [calls_per_patient(lesions, MANUAL)], ignore_index=True),
    }


def _diagnostics(cohort: str, lesions: pd.DataFrame, resampling: Resampling) -> Iterator[pd.DataFrame]:
    for side in SIDES:
        known = lesions[lesions["response"].notna() & lesions[f"predicted_{side}"].notna()]
        if len(known):
            yield to_frame(_estimates(of_these_patients(known), side, resampling), cohort=cohort, mask_source=side)


def _estimates(known: pd.DataFrame, side: str, resampling: Resampling) -> list[Estimate]:
    patient = known["patient"].to_numpy()
    boot = resampling.draw(int(patient.max()) + 1)
    response = known["response"].to_numpy(float)
    estimates = class_diagnostics(response, known[f"predicted_{side}"].to_numpy(float), patient, boot)
    if f"share_{side}" in known and (scored := known[f"share_{side}"].notna().to_numpy()).any():
        share = known[f"share_{side}"].to_numpy(float)
        estimates += auc_estimates(share[scored], response[scored], patient[scored], boot)
    return estimates


def calls_per_patient(lesions: pd.DataFrame, side: str) -> pd.DataFrame:
    """One row per patient: lesions of each outcome that one mask classifies, and how many of them it calls right, as in
    Table 3 of Giannini 2020."""
    called = lesions[f"predicted_{side}"]
    counts = {}
    for outcome, value in (("r_plus", 1), ("r_minus", 0)):
        counts[f"{outcome}_classified"] = (lesions["response"] == value) & called.notna()
        counts[f"{outcome}_correct"] = (lesions["response"] == value) & (called == value)
    sums = pd.DataFrame(counts).astype(int).groupby(lesions["patient"], dropna=False).sum()
    return with_patient_names(lesions, sums)
