"""Resampling whole patients: the lesions of one patient are not independent."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from livermets.stats.proportions import UNDEFINED, Interval

MINIMUM_PATIENTS = 3
_MOST_UNDEFINED = 0.2


@dataclass(frozen=True)
class PatientBootstrap:
    """Resamples of patients, drawn once and used for every statistic, so that differences are paired."""

    weights: NDArray[np.float64]
    """(replicates, patients): how often each patient is drawn in each resample; rows sum to the number of patients."""
    level: float = 0.95

    @classmethod
    def draw(cls, patients: int, replicates: int, level: float, random: np.random.Generator) -> PatientBootstrap:
        """``replicates`` resamples, with replacement, of ``patients`` patients."""
        if not patients:
            return cls(np.zeros((replicates, 0)), level)
        equal = np.full(patients, 1 / patients)
        return cls(random.multinomial(patients, equal, size=replicates).astype(np.float64), level)

    def ratio(self, numerator: NDArray, denominator: NDArray) -> tuple[Interval, str]:
        """Interval of ``sum(numerator) / sum(denominator)`` (one entry per patient), and why it is missing, if so."""
        with np.errstate(invalid="ignore", divide="ignore"):
            values = (self.weights @ numerator) / (self.weights @ denominator)
        return self.interval(values, int(np.count_nonzero(denominator)))

    def interval(self, values: NDArray, contributing: int) -> tuple[Interval, str]:
        """Expanded percentile interval of one value per resample; NaN marks a resample where it is undefined.

        Plain percentiles are too narrow for few clusters; Hesterberg (2015) takes wider ones so that the interval of a
        mean would have the width of Student's. ``contributing`` is the number of patients behind the value."""
        if contributing < MINIMUM_PATIENTS:
            who = f"{contributing} patient{'s' * (contributing != 1)} contribute{'s' * (contributing == 1)}"
            return UNDEFINED, f"{who}, at least {MINIMUM_PATIENTS} are needed to resample"
        if not len(values):
            return UNDEFINED, "no interval was asked for (no resamples of patients)"
        defined = values[np.isfinite(values)]
        if len(defined) < (1 - _MOST_UNDEFINED) * len(values):
            return UNDEFINED, "undefined in more than a fifth of the resamples of patients"
        if np.ptp(defined) < 1e-12:
            return UNDEFINED, "the same in every resample of patients, which says nothing about its uncertainty"
        tail = expanded_tail(self.level, contributing)
        low, high = np.quantile(defined, [tail, 1 - tail])
        return (float(low), float(high)), ""


def expanded_tail(level: float, clusters: int) -> float:
    """Probability left in each tail by the expanded percentile interval of ``clusters`` independent units."""
    reach = math.sqrt(clusters / (clusters - 1)) * stats.t.ppf(0.5 + level / 2, clusters - 1)
    return float(stats.norm.cdf(-reach))


def per_patient_sum(values: ArrayLike, patient: NDArray[np.intp], patients: int) -> NDArray[np.float64]:
    """Sum of ``values`` over the lesions of each patient; ``patient`` holds codes 0 … patients-1."""
    return np.bincount(patient, weights=np.asarray(values, float), minlength=patients).astype(np.float64)


@dataclass(frozen=True)
class Resampling:
    """How patients are resampled for the intervals of one set of tables: every draw goes on in the same stream."""

    replicates: int
    level: float
    random: np.random.Generator

    def draw(self, patients: int) -> PatientBootstrap:
        """Resamples of this many patients."""
        return PatientBootstrap.draw(patients, self.replicates, self.level, self.random)
