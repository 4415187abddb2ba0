"""Differences of shares and of areas under the ROC curve: on the same lesions, and between groups of lesions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from livermets.stats.auc import bootstrap_auc, delong, obuchowski
from livermets.stats.diagnostics import auc_obstacle, clustered_obstacle, patients_of_rarer_class
from livermets.stats.proportions import Interval, quoted_share
from livermets.stats.resampling import PatientBootstrap, per_patient_sum
from livermets.stats.results import NAN, Estimate

BOOTSTRAP = "cluster-bootstrap"
Scored = tuple[NDArray, NDArray, NDArray[np.intp]]
"""Score, outcome (0/1) and patient of every lesion of a group."""


@dataclass(frozen=True)
class PairedShares:
    """Two ratings of the same lesions by how many each has right that the other has not."""

    first_only: int
    second_only: int
    p: float
    """McNemar's, exact; lesions independent."""
    difference: Estimate


def paired_shares(
    measure: str,
    first: NDArray[np.bool_],
    second: NDArray[np.bool_],
    among: NDArray[np.bool_],
    patient: NDArray[np.intp],
    boot: PatientBootstrap,
) -> PairedShares:
    """The share of lesions with ``first`` minus that with ``second``, among the same lesions; patients resampled whole,
    both ratings together."""
    patients = boot.weights.shape[1]
    count = per_patient_sum(among, patient, patients)
    only = first & ~second & among, second & ~first & among
    k, n = [int(part.sum()) for part in only], int(among.sum())
    gain = per_patient_sum(only[0].astype(float) - only[1], patient, patients)
    (low, high), why = boot.ratio(gain, count)
    difference = Estimate(
        measure,
        (k[0] - k[1]) / n if n else NAN,
        low,
        high,
        boot.level,
        BOOTSTRAP,
        n_lesions=n,
        n_patients=int(np.count_nonzero(count)),
        note=why if math.isnan(low) else "",
    )
    p = stats.binomtest(k[0], sum(k)).pvalue if sum(k) else NAN
    return PairedShares(k[0], k[1], p, difference)


@dataclass(frozen=True)
class AucDifference:
    """First AUC minus second by one method."""

    method: str
    value: float
    low: float
    high: float
    p: float
    """NaN for the bootstrap, whose interval is given and whose p is not."""


@dataclass(frozen=True)
class PairedAucs:
    """Two scores of the same lesions."""

    first: float
    second: float
    differences: tuple[AucDifference, ...]


def paired_aucs(
    first: NDArray, second: NDArray, response: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap
) -> PairedAucs | None:
    """AUC of the first score minus that of the second on the same lesions; None where no AUC can be computed.

    Paired DeLong (lesions independent), paired Obuchowski and a patient bootstrap (both allow clustering)."""
    if auc_obstacle(response):
        return None
    scores = np.vstack([first, second])
    independent = delong(scores, response)
    value, interval, p = independent.difference(boot.level)
    found = [AucDifference("delong", value, *interval, p)]
    if not clustered_obstacle(response, patient):
        _, interval, p = obuchowski(scores, response, patient).difference(boot.level)
        found.append(AucDifference("obuchowski-1997", value, *interval, p))
    resampled = bootstrap_auc(first, response, patient, boot) - bootstrap_auc(second, response, patient, boot)
    interval, _ = boot.interval(resampled, patients_of_rarer_class(response, patient))
    found.append(AucDifference(BOOTSTRAP, value, *interval, NAN))
    return PairedAucs(independent.auc[0], independent.auc[1], tuple(found))


def share_difference(
    measure: str,
    hit: NDArray[np.bool_],
    among: NDArray[np.bool_],
    groups: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    patient: NDArray[np.intp],
    boot: PatientBootstrap,
) -> Estimate:
    """The share of ``hit`` among the lesions ``among`` of the first group minus that of the second.

    Patients are resampled whole, so one with lesions in both groups is paired with himself or herself. Where a share is
    0 or 100 %, by `square_and_add`."""
    patients = boot.weights.shape[1]
    sums = [
        (per_patient_sum(hit & among & group, patient, patients), per_patient_sum(among & group, patient, patients))
        for group in groups
    ]
    with np.errstate(invalid="ignore", divide="ignore"):
        first, second = (np.float64(k.sum()) / n.sum() for k, n in sums)
        resampled = [(boot.weights @ k) / (boot.weights @ n) for k, n in sums]
    contributing = min(int(np.count_nonzero(n)) for _, n in sums)
    interval, why = boot.interval(resampled[0] - resampled[1], contributing)
    method = BOOTSTRAP
    if contributing and {first, second} & {0.0, 1.0}:
        interval, why, method = square_and_add(sums[0], sums[1], boot.level), "", "square-and-add"
    return Estimate(
        measure,
        float(first - second),
        *interval,
        boot.level,
        method,
        n_lesions=int(sum(n.sum() for _, n in sums)),
        n_patients=int(np.count_nonzero(sums[0][1] + sums[1][1])),
        note=why,
    )


def square_and_add(first: tuple[NDArray, NDArray], second: tuple[NDArray, NDArray], level: float) -> Interval:
    """Interval of the difference of two shares from the quoted interval of each, taken as independent.

    For shares of 0 and 100 %, which are the same in every resample: a resampled difference could not lie beyond 0 or
    beyond the other share. Both arrays of a group hold one count per patient. Newcombe, Stat Med 1998;17:873; Zou and
    Donner, Stat Med 2008;27:1693."""
    (p, low1, high1), (q, low2, high2) = (
        (k.sum() / n.sum(), *quoted_share(k, n, level)[:2]) for k, n in (first, second)
    )
    return p - q - math.hypot(p - low1, high2 - q), p - q + math.hypot(high1 - p, q - low2)


def auc_difference(measure: str, groups: Sequence[Scored], boot: PatientBootstrap) -> Estimate:
    """AUC of the first group of lesions minus that of the second; patients are resampled whole."""
    people = np.concatenate([patient for *_, patient in groups])
    estimate = Estimate(
        measure,
        NAN,
        level=boot.level,
        method=BOOTSTRAP,
        n_lesions=len(people),
        n_patients=len(np.unique(people)),
        note=next(filter(None, (auc_obstacle(response) for _, response, _ in groups)), ""),
    )
    if estimate.note:
        return estimate
    value = np.subtract(*(delong(score, response).auc[0] for score, response, _ in groups))
    contributing = min(patients_of_rarer_class(response, patient) for _, response, patient in groups)
    (low, high), why = boot.interval(np.subtract(*(bootstrap_auc(*group, boot) for group in groups)), contributing)
    return replace(estimate, value=float(value), low=low, high=high, note=why)
