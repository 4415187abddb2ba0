"""Do the two masks of a lesion lead to the same class?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from livermets.stats.diagnostics import proportion_estimates
from livermets.stats.proportions import UNDEFINED
from livermets.stats.resampling import PatientBootstrap, per_patient_sum
from livermets.stats.results import NAN, Estimate

MINIMUM_DISCORDANT = 5
"""Below this many discordant lesions the chi-squared approximation of Durkalski's test says nothing; the exact test
still does."""


def agreement_estimates(
    manual: NDArray, automatic: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap
) -> list[Estimate]:
    """Share of lesions classified alike, Cohen's kappa, McNemar's test and the two discordant counts.

    ``manual`` and ``automatic`` are 0/1 for the same lesions."""
    if len(manual) == 0:
        return [Estimate("agreement", NAN, level=boot.level, note="no lesion is classified with both masks")]
    every = np.ones(len(manual), bool)
    return [
        *proportion_estimates("agreement", manual == automatic, every, patient, boot),
        *kappa_estimates(manual, automatic, patient, boot),
        *mcnemar_estimates(manual, automatic, patient, boot),
    ]


def kappa_estimates(
    manual: NDArray, automatic: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap
) -> list[Estimate]:
    """Cohen's kappa: 1 = always alike, 0 = no more often than chance, below 0 = less often than chance.

    Intervals: Fleiss, Cohen and Everitt's (statsmodels), which takes lesions as independent; a patient bootstrap."""
    lesions, clusters = len(manual), len(np.unique(patient))
    cells = _cells(manual, automatic)
    table = np.array([[np.count_nonzero(cells[2 * i + j]) for j in (0, 1)] for i in (0, 1)], float)
    value, interval = _kappa_with_interval(table, boot.level)
    counts = np.column_stack([per_patient_sum(cell, patient, boot.weights.shape[1]) for cell in cells])
    resampled, why = boot.interval(_kappa(*(boot.weights @ counts).T), clusters)
    if math.isnan(value):
        resampled, why = UNDEFINED, "both masks put every lesion in one and the same class"
    return [
        Estimate("kappa", value, low, high, boot.level, method, n_lesions=lesions, n_patients=clusters,
                 note=note if math.isnan(low) else "")
        for method, (low, high), note in (
            ("fleiss-1969", interval, "both masks put every lesion in one and the same class"),
            ("cluster-bootstrap", resampled, why),
        )
    ]  # fmt: skip


def mcnemar_estimates(
    manual: NDArray, automatic: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap
) -> list[Estimate]:
    """McNemar's p, exact and allowing for clustering, that both masks call R+ equally often; the discordant counts."""
    from statsmodels.stats.contingency_tables import mcnemar

    cells = _cells(manual, automatic)
    both_minus, automatic_only, manual_only, both_plus = (int(np.count_nonzero(cell)) for cell in cells)
    exact = mcnemar([[both_minus, automatic_only], [manual_only, both_plus]], exact=True).pvalue
    common: dict[str, Any] = {"level": boot.level, "n_lesions": len(manual), "n_patients": len(np.unique(patient))}
    clustered, why = _durkalski_or_why_not(cells[2], cells[1], patient)
    return [
        Estimate("mcnemar_p", float(exact), method="exact-binomial", **common),
        Estimate("mcnemar_p", clustered, method="durkalski-2003", note=why, **common),
        Estimate("manual_only", manual_only, method="count", **common),
        Estimate("automatic_only", automatic_only, method="count", **common),
    ]


def _durkalski_or_why_not(
    first_only: NDArray[np.bool_], second_only: NDArray[np.bool_], patient: NDArray[np.intp]
) -> tuple[float, str]:
    if np.count_nonzero(first_only | second_only) < MINIMUM_DISCORDANT:
        return NAN, f"fewer than {MINIMUM_DISCORDANT} discordant lesions, too few for a test that allows for clustering"
    p = durkalski_p(first_only, second_only, patient)
    return p, "in every patient as many lesions differ one way as the other" if math.isnan(p) else ""


def durkalski_p(first_only: NDArray, second_only: NDArray, patient: NDArray[np.intp]) -> float:
    """McNemar's test for correlated pairs within patients: chi-squared with one degree of freedom.

    Each patient's difference of discordant shares is one observation. With one lesion per patient it is McNemar's test
    without continuity correction. NaN without discordant lesions. Durkalski et al., Stat Med 2003."""
    patients = int(patient.max()) + 1
    size = np.bincount(patient, minlength=patients)
    gap = per_patient_sum(first_only, patient, patients) - per_patient_sum(second_only, patient, patients)
    share = gap[size > 0] / size[size > 0]
    if not np.any(share):
        return NAN
    return float(stats.chi2.sf(share.sum() ** 2 / np.sum(share**2), 1))


def _cells(manual: NDArray, automatic: NDArray) -> list[NDArray[np.bool_]]:
    """Which lesion is in which cell of the 2x2 table, in the order (0,0), (0,1), (1,0), (1,1)."""
    return [(manual == row) & (automatic == column) for row in (0, 1) for column in (0, 1)]


def _kappa(neither: NDArray, automatic_only: NDArray, manual_only: NDArray, both: NDArray) -> NDArray:
    total = neither + automatic_only + manual_only + both
    chance = (both + manual_only) * (both + automatic_only) + (neither + manual_only) * (neither + automatic_only)
    with np.errstate(invalid="ignore", divide="ignore"):
        return ((neither + both) * total - chance) / (total**2 - chance)


def _kappa_with_interval(table: NDArray, level: float) -> tuple[float, tuple[float, float]]:
    from statsmodels.stats.inter_rater import cohens_kappa

    with np.errstate(invalid="ignore", divide="ignore"):
        result = cohens_kappa(table)
    value, error = float(result.kappa), math.sqrt(max(float(result.var_kappa), 0.0))
    if math.isnan(value):
        return NAN, UNDEFINED
    reach = float(stats.norm.ppf(0.5 + level / 2)) * error
    if error == 0:
        return value, UNDEFINED
    return value, (max(-1.0, value - reach), min(1.0, value + reach))
