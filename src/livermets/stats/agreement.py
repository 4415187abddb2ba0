"""Do two masks put the same lesions in the same class? Specific agreement, kappa and McNemar's test of 0/1 classes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from livermets.stats.proportions import UNDEFINED, clopper_pearson_patients, cluster_logit_t
from livermets.stats.resampling import PatientBootstrap, per_patient_sum
from livermets.stats.results import NAN, Estimate, by_method

MINIMUM_DISCORDANT = 5
"""Below this many discordant lesions the chi-squared approximation of Durkalski's test says nothing; the exact test
still does."""


def specific_agreement(
    measure: str, value: int, first: NDArray, second: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap
) -> list[Estimate]:
    """Of the calls of one class (R+ 1, R- 0) by either mask, the share that the other mask makes too: 2a / (2a+b+c).

    Kappa can be low where one class is rare and the masks agree on nearly every lesion; these two show on which class.
    Cicchetti and Feinstein, J Clin Epidemiol 1990;43:551."""
    hit = 2.0 * ((first == value) & (second == value))
    calls = (first == value).astype(float) + (second == value)
    k, n, lesions = int(hit.sum()), int(calls.sum()), int(np.count_nonzero(calls))
    patients = boot.weights.shape[1]
    sums = per_patient_sum(hit, patient, patients), per_patient_sum(calls, patient, patients)
    intervals = {
        "ratio-logit-t": (cluster_logit_t(hit, calls, boot.level), "needs two lesions and a value between 0 and 1"),
        "cluster-logit-t": (cluster_logit_t(*sums, boot.level), "needs two patients and a value between 0 and 1"),
        "cluster-bootstrap": boot.ratio(*sums),
    }
    if n and k in (0, n):
        patient_exact = clopper_pearson_patients(*sums, boot.level)
        intervals["clopper-pearson-patients"] = (patient_exact, "needs two patients")
    estimate = Estimate(
        measure,
        k / n if n else NAN,
        level=boot.level,
        n=n,
        k=k,
        n_lesions=lesions,
        n_patients=int(np.count_nonzero(sums[1])),
        note="" if n else "no lesion is called so with either mask",
    )
    return by_method(estimate, intervals)


def kappa_estimates(
    first: NDArray, second: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap, names: tuple[str, str]
) -> list[Estimate]:
    """Cohen's kappa: 1 = always alike, 0 = no more often than chance, below 0 = less often than chance. ``names`` are
    those of the two masks, for the reason where there is no interval.

    Intervals: Fleiss, Cohen and Everitt's (statsmodels), which takes lesions as independent; by patient, linearised on
    Fisher's z scale, and a bootstrap (with 8 to 16 patients the first of these keeps its level better)."""
    lesions, clusters = len(first), len(np.unique(patient))
    cells = _cells(first, second)
    table = np.array([[np.count_nonzero(cells[2 * i + j]) for j in (0, 1)] for i in (0, 1)], float)
    value, interval = _kappa_with_interval(table, boot.level)
    counts = np.column_stack([per_patient_sum(cell, patient, boot.weights.shape[1]) for cell in cells])
    resampled, why = boot.interval(_kappa(*(boot.weights @ counts).T), clusters)
    obstacle = _kappa_obstacle(first, second, names)
    if obstacle:
        resampled, why = UNDEFINED, obstacle
    linear = UNDEFINED if obstacle else _linearised_kappa(first, second, patient, boot.level)
    intervals = {
        "fleiss-1969": (interval, obstacle or "its variance is 0"),
        "cluster-linear-z-t": (linear, obstacle or "needs two patients that differ"),
        "cluster-bootstrap": (resampled, why),
    }
    return by_method(Estimate("kappa", value, level=boot.level, n_lesions=lesions, n_patients=clusters), intervals)


def _linearised_kappa(first: NDArray, second: NDArray, patient: NDArray[np.intp], level: float) -> tuple[float, float]:
    """Interval of kappa from the influence of each lesion, summed by patient; t with one degree of freedom fewer than
    patients, symmetric on the scale of Fisher's z."""
    clusters = len(np.unique(patient))
    same, (p, q) = (first == second).astype(float), (float(first.mean()), float(second.mean()))
    observed, chance = float(same.mean()), p * q + (1 - p) * (1 - q)
    value = (observed - chance) / (1 - chance)
    by_chance = first * q + second * p + (1 - first) * (1 - q) + (1 - second) * (1 - p) - 2 * chance
    influence = ((same - observed) * (1 - chance) - (1 - observed) * by_chance) / (1 - chance) ** 2
    sums = np.bincount(patient, influence)
    variance = clusters / max(clusters - 1, 1) * float(np.sum(sums**2)) / len(first) ** 2
    if clusters < 2 or abs(value) >= 1 or variance < 1e-15:
        return UNDEFINED
    reach = float(stats.t.ppf(0.5 + level / 2, clusters - 1)) * math.sqrt(variance) / (1 - value**2)
    return math.tanh(math.atanh(value) - reach), math.tanh(math.atanh(value) + reach)


def _kappa_obstacle(first: NDArray, second: NDArray, names: tuple[str, str]) -> str:
    """Why kappa, or its interval, says nothing; empty if it does."""
    classes = [np.unique(values) for values in (first, second)]
    single = [name for name, found in zip(names, classes, strict=True) if len(found) == 1]
    if len(single) == 2:
        same = "one and the same class" if classes[0] == classes[1] else "one class, each another"
        return f"both masks put every lesion in {same}"
    if single:
        return f"the {single[0]} mask puts every lesion in one class, so kappa is 0 whatever the other does"
    if (first == second).all():
        return "the masks agree on every lesion, which says nothing about the uncertainty of kappa"
    return ""


def mcnemar_estimates(
    first: NDArray,
    second: NDArray,
    patient: NDArray[np.intp],
    boot: PatientBootstrap,
    names: tuple[str, str],
    differing: str = "discordant",
) -> list[Estimate]:
    """McNemar's p, exact and allowing for clustering, that both masks call R+ equally often; the discordant counts,
    ``<name>_only`` for each of the ``names``. ``differing``: what notes call the discordant lesions."""
    from statsmodels.stats.contingency_tables import mcnemar

    cells = _cells(first, second)
    both_minus, second_only, first_only, both_plus = (int(np.count_nonzero(cell)) for cell in cells)
    exact = mcnemar([[both_minus, second_only], [first_only, both_plus]], exact=True).pvalue
    common: dict[str, Any] = {"level": boot.level, "n_lesions": len(first), "n_patients": len(np.unique(patient))}
    clustered, why = _durkalski_or_why_not(cells[2], cells[1], patient, differing)
    return [
        Estimate("mcnemar_p", float(exact), method="exact-binomial", **common),
        Estimate("mcnemar_p", clustered, method="durkalski-2003", note=why, **common),
        Estimate(f"{names[0]}_only", first_only, method="count", **common),
        Estimate(f"{names[1]}_only", second_only, method="count", **common),
    ]


def _durkalski_or_why_not(
    first_only: NDArray[np.bool_], second_only: NDArray[np.bool_], patient: NDArray[np.intp], differing: str
) -> tuple[float, str]:
    if np.count_nonzero(first_only | second_only) < MINIMUM_DISCORDANT:
        few = f"fewer than {MINIMUM_DISCORDANT} {differing} lesions"
        return NAN, f"{few}, too few for a test that allows for clustering"
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


def _cells(first: NDArray, second: NDArray) -> list[NDArray[np.bool_]]:
    """Which lesion is in which cell of the 2x2 table, in the order (0,0), (0,1), (1,0), (1,1)."""
    return [(first == row) & (second == column) for row in (0, 1) for column in (0, 1)]


def _kappa(neither: NDArray, second_only: NDArray, first_only: NDArray, both: NDArray) -> NDArray:
    total = neither + second_only + first_only + both
    chance = (both + first_only) * (both + second_only) + (neither + first_only) * (neither + second_only)
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
