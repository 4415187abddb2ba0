"""The power of the tests of equivalence, and the width of intervals, against the number of patients: by simulation.

Studies of other patients are simulated, each gets the interval that a study gets (`stats.equivalence`), and counted is
how often it lies within the margins."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livermets.stats.equivalence import EQUIVALENT, against_margins, clustered_auc_difference, clustered_share
from livermets.stats.proportions import Interval, clopper_pearson
from livermets.stats.resampling import PatientBootstrap, per_patient_sum

_FOR_WIDTH = 200
"""Studies of one size whose widths are averaged: a mean needs fewer than a share."""
AtLevel = Callable[[float], Interval]
"""The interval of one simulated study at a level."""


@dataclass(frozen=True)
class Levels:
    """Of the interval that is held against the margins, and of the one whose width is asked."""

    test: float
    width: float


@dataclass(frozen=True)
class Power:
    """What studies of one size give."""

    n_patients: int
    n_lesions: float
    """On average."""
    power: float
    """Share of the simulated studies that find equivalence; one whose interval is undefined does not."""
    low: float
    high: float
    """95 % interval of the power, exact, for the number of simulated studies."""
    half_width: float
    """Half the mean width of the interval, of the first `_FOR_WIDTH` studies; NaN where it is undefined in each."""
    n_simulated: int


def intraclass_correlation(values: NDArray, patient: NDArray[np.intp]) -> float:
    """How much the lesions of one patient resemble each other, 0 (not at all) to 1 (always alike): by one-way analysis
    of variance for patients with different numbers of lesions, cut at 0.

    NaN where it is undefined: one patient, nobody with two lesions, or lesions that are all alike. For 0/1 values:
    Ridout, Demetrio and Firth, Biometrics 1999;55:137."""
    people = np.unique(patient, return_inverse=True)[1]
    sizes = np.bincount(people)
    n, k = len(values), len(sizes)
    if k < 2 or n == k or np.ptp(values) == 0:
        return math.nan
    means = np.bincount(people, values) / sizes
    between = float(np.sum(sizes * (means - values.mean()) ** 2)) / (k - 1)
    within = float(np.sum((values - means[people]) ** 2)) / (n - k)
    size = (n - float(np.sum(sizes**2)) / n) / (k - 1)
    return max(0.0, (between - within) / (between + (size - 1) * within))


def design_effect(patient: NDArray[np.intp], correlation: float) -> float:
    """By how much the resemblance of lesions of a patient inflates a variance: 1 for independent lesions. Of patients
    with different numbers of lesions: Kerry and Bland, Stat Med 2001;20:377."""
    sizes = np.bincount(np.unique(patient, return_inverse=True)[1])
    return 1 + (float(np.sum(sizes**2) / np.sum(sizes)) - 1) * correlation


def clustered_binary(
    lesions: NDArray[np.intp], share: float, correlation: float, random: np.random.Generator
) -> NDArray[np.int64]:
    """How many of the ``lesions`` of each patient are 1: beta-binomial, with this share and correlation."""
    if correlation <= 0 or share in (0, 1):
        return random.binomial(lesions, share)
    if correlation >= 1:
        return np.where(random.random(lesions.shape) < share, lesions, 0)
    scale = (1 - correlation) / correlation
    return random.binomial(lesions, random.beta(share * scale, (1 - share) * scale, lesions.shape))


def agreement_power(
    lesions: NDArray[np.intp],
    n_patients: int,
    share: float,
    correlation: float,
    margin: float,
    levels: Levels,
    simulated: int,
    random: np.random.Generator,
) -> Power:
    """Studies of ``n_patients`` whose numbers of lesions are drawn from those of ``lesions``, and whose lesions keep
    their class with the probability ``share``, alike within patients by ``correlation``."""
    drawn = random.choice(lesions, (simulated, n_patients))
    same = clustered_binary(drawn, share, correlation, random)

    def study(index: int) -> AtLevel:
        return lambda level: clustered_share(same[index], drawn[index], level)[0]

    return _power([study(index) for index in range(simulated)], n_patients, drawn, (margin, math.inf), 0.0, levels)


def auc_power(
    scores: tuple[NDArray, NDArray],
    response: NDArray,
    patient: NDArray[np.intp],
    n_patients: int,
    difference: float,
    margin: float,
    levels: Levels,
    simulated: int,
    random: np.random.Generator,
) -> Power:
    """Studies of ``n_patients`` drawn whole, with replacement, from those of a study: outcomes, both scores and their
    likeness within patients stay as they are. Their intervals are moved by the same amount, so that the areas differ
    truly by ``difference`` and not by what the study happened to find."""
    people = np.unique(patient, return_inverse=True)[1].astype(np.intp)
    patients = int(people.max()) + 1
    rows = [np.flatnonzero(people == number) for number in range(patients)]
    drawn = random.integers(patients, size=(simulated, n_patients))
    nothing = PatientBootstrap(np.zeros((0, n_patients)))
    observed = clustered_auc_difference(*scores, response, people, PatientBootstrap(np.zeros((0, patients))))[0]

    def study(index: int) -> AtLevel:
        chosen = [rows[number] for number in drawn[index]]
        at, own = np.concatenate(chosen), np.repeat(np.arange(n_patients), [len(part) for part in chosen])
        parts = (scores[0][at], scores[1][at], response[at], own)
        return lambda level: clustered_auc_difference(*parts, PatientBootstrap(nothing.weights, level))[1]

    lesions = per_patient_sum(np.ones(len(people)), people, patients)[drawn]
    studies = [study(index) for index in range(simulated)]
    return _power(studies, n_patients, lesions, (-margin, margin), difference - observed, levels)


def _power(
    studies: list[AtLevel],
    n_patients: int,
    lesions: NDArray,
    margins: tuple[float, float],
    shift: float,
    levels: Levels,
) -> Power:
    ends = np.array([interval(levels.test) for interval in studies]) + shift
    hits = sum(against_margins(low, high, *margins) == EQUIVALENT for low, high in ends)
    widths = np.array([np.subtract(*interval(levels.width)[::-1]) for interval in studies[:_FOR_WIDTH]])
    defined = widths[np.isfinite(widths)]
    return Power(
        n_patients,
        float(lesions.sum(axis=1).mean()),
        hits / len(studies),
        *clopper_pearson(hits, len(studies)),
        half_width=float(defined.mean() / 2) if len(defined) else math.nan,
        n_simulated=len(studies),
    )
