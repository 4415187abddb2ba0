"""Area under the ROC curve: its variance for independent (DeLong) and for clustered lesions (Obuchowski)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from livermets.stats.proportions import UNDEFINED, Interval, around_logit
from livermets.stats.resampling import PatientBootstrap

_NO_VARIANCE = 1e-15


@dataclass(frozen=True)
class AucCovariance:
    """AUCs of several scores on the same lesions, with their covariance."""

    auc: NDArray[np.float64]
    """One area per score."""
    covariance: NDArray[np.float64]
    """(scores, scores)."""
    degrees_of_freedom: float
    """Of Student's t for the interval; infinite for DeLong."""

    def interval(self, level: float, index: int = 0) -> Interval:
        """Interval of one AUC; undefined when the variance is 0.

        DeLong's is symmetric and cut to [0, 1], as pROC and SAS give it; the clustered one is symmetric on the logit
        scale, which keeps its level better with few patients."""
        value, variance = float(self.auc[index]), float(self.covariance[index, index])
        if np.isinf(self.degrees_of_freedom):
            return _wald(value, variance, level, self.degrees_of_freedom, 0.0)
        if not (0 < value < 1 and variance > _NO_VARIANCE):
            return UNDEFINED
        quantile = float(stats.t.ppf(0.5 + level / 2, self.degrees_of_freedom))
        return around_logit(value, quantile * float(np.sqrt(variance)) / (value * (1 - value)))

    def difference(self, level: float) -> tuple[float, Interval, float]:
        """First AUC minus the second: value, interval, two-sided p of no difference."""
        value = float(self.auc[0] - self.auc[1])
        contrast = np.array([1.0, -1.0])
        variance = float(contrast @ self.covariance[:2, :2] @ contrast)
        if variance <= _NO_VARIANCE:
            return value, UNDEFINED, float("nan")
        p = 2 * stats.t.sf(abs(value) / np.sqrt(variance), self.degrees_of_freedom)
        return value, _wald(value, variance, level, self.degrees_of_freedom, -1.0), float(p)


def placements(score: NDArray, response: NDArray) -> tuple[NDArray, NDArray]:
    """For each R+ lesion the share of R- lesions with a lower score, and for each R- the share of R+ with a higher one
    (ties count half). Both have the AUC as their mean. By midranks: Sun and Xu, IEEE Signal Process Lett 2014."""
    positive, negative = score[response == 1], score[response == 0]
    everything = stats.rankdata(np.concatenate([positive, negative]))
    among_positive, among_negative = stats.rankdata(positive), stats.rankdata(negative)
    m, n = len(positive), len(negative)
    return (everything[:m] - among_positive) / n, 1 - (everything[m:] - among_negative) / m


def delong(scores: NDArray, response: NDArray) -> AucCovariance:
    """AUCs of one or more scores (rows) on the same lesions, taking lesions as independent.

    Needs two lesions of each class. DeLong, DeLong and Clarke-Pearson, Biometrics 1988."""
    pairs = [placements(row, response) for row in np.atleast_2d(scores)]
    above, below = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
    covariance = np.atleast_2d(np.cov(above)) / above.shape[1] + np.atleast_2d(np.cov(below)) / below.shape[1]
    return AucCovariance(above.mean(axis=1), covariance, np.inf)


def obuchowski(scores: NDArray, response: NDArray, patient: NDArray[np.intp]) -> AucCovariance:
    """AUCs of one or more scores (rows) on the same lesions, allowing correlated lesions within a patient.

    Reduces to DeLong with one lesion per patient. Needs two patients with R+ and two with R- lesions. The variance is
    Obuchowski's; intervals take Student's t with the smaller of these two patient counts minus one, since the normal
    quantile is too narrow for few patients. Obuchowski, Biometrics 1997."""
    clusters = int(patient.max()) + 1
    positive, negative = response == 1, response == 0
    n_positive, n_negative = _count(patient[positive], clusters), _count(patient[negative], clusters)
    auc, above, below = [], [], []
    for row in np.atleast_2d(scores):
        v10, v01 = placements(row, response)
        theta = v10.mean()
        auc.append(theta)
        above.append(np.bincount(patient[positive], v10, clusters) - n_positive * theta)
        below.append(np.bincount(patient[negative], v01, clusters) - n_negative * theta)
    a, b = np.array(above), np.array(below)
    m, n = n_positive.sum(), n_negative.sum()
    i10, i01 = np.count_nonzero(n_positive), np.count_nonzero(n_negative)
    either = np.count_nonzero(n_positive + n_negative)
    cross = either / (either - 1) * (a @ b.T)
    covariance = i10 / (i10 - 1) * (a @ a.T) / m**2 + i01 / (i01 - 1) * (b @ b.T) / n**2 + (cross + cross.T) / (m * n)
    return AucCovariance(np.array(auc), covariance, float(min(i10, i01) - 1))


def bootstrap_auc(score: NDArray, response: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap) -> NDArray:
    """The AUC in every resample of patients (NaN where a class is missing), shape (replicates,)."""
    if not len(boot.weights):
        return np.empty(0)
    patients = boot.weights.shape[1]
    positive, negative = response == 1, response == 0
    n_positive, n_negative = _count(patient[positive], patients), _count(patient[negative], patients)
    kernel = _patient_kernel(score, response, patient, patients)
    with np.errstate(invalid="ignore", divide="ignore"):
        wins = np.einsum("bp,bp->b", boot.weights @ kernel, boot.weights)
        return wins / ((boot.weights @ n_positive) * (boot.weights @ n_negative))


def _patient_kernel(score: NDArray, response: NDArray, patient: NDArray[np.intp], patients: int) -> NDArray:
    """(patients, patients): wins of the R+ lesions of one patient over the R- lesions of another, ties half."""
    kernel = np.zeros((patients, patients))
    negative_score, negative_patient = score[response == 0], patient[response == 0]
    for own_score, own_patient in zip(score[response == 1], patient[response == 1], strict=True):
        wins = (own_score > negative_score) + 0.5 * (own_score == negative_score)
        kernel[own_patient] += np.bincount(negative_patient, wins, patients)
    return kernel


def _count(patient: NDArray[np.intp], patients: int) -> NDArray:
    return np.bincount(patient, minlength=patients)


def _wald(value: float, variance: float, level: float, degrees_of_freedom: float, lowest: float) -> Interval:
    if not variance > _NO_VARIANCE:
        return UNDEFINED
    reach = float(stats.t.ppf(0.5 + level / 2, degrees_of_freedom)) * np.sqrt(variance)
    return max(lowest, float(value - reach)), min(1.0, float(value + reach))
