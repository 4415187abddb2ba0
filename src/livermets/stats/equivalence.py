"""Equivalence by two one-sided tests (TOST): does an interval lie within the margins?

Two one-sided tests at a significance α both reject if the interval of level 1 - 2α lies within the margins, at 5 % that
of 90 %. Schuirmann, J Pharmacokinet Biopharm 1987;15:657; of one margin it is the test of non-inferiority (Piaggio et
al., JAMA 2012;308:2594)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from livermets.stats.comparisons import paired_aucs
from livermets.stats.proportions import UNDEFINED, Interval, quoted_share, share_by_patient
from livermets.stats.resampling import PatientBootstrap
from livermets.stats.results import is_clustered, wider

EQUIVALENT, NOT_EQUIVALENT, CANNOT_TELL = VERDICTS = ("equivalent", "not equivalent", "cannot tell")


def tost_level(significance: float) -> float:
    """The level of the interval that two one-sided tests at this significance ask for: 0.9 for 0.05."""
    return 1 - 2 * significance


def against_margins(low: float, high: float, lower: float = -math.inf, upper: float = math.inf) -> str:
    """What an interval says of margins: `EQUIVALENT` if it lies between them, `NOT_EQUIVALENT` if it lies beyond one of
    them as a whole, else (also where it is undefined) `CANNOT_TELL`. A margin of one side only: leave the other out."""
    if math.isnan(low) or math.isnan(high):
        return CANNOT_TELL
    if low > lower and high < upper:
        return EQUIVALENT
    return NOT_EQUIVALENT if high < lower or low > upper else CANNOT_TELL


def clustered_share(numerator: NDArray, denominator: NDArray, level: float) -> tuple[Interval, str, str]:
    """The interval of a share of lesions for a test of equivalence, its method, and why it is missing, if so.

    Both arrays hold one count per patient. It is the one by patient, or the one by lesion where that is the wider
    (`stats.results.wider`); without one by patient there is none, for lesions alone may claim too much.

    Where the truth is the margin (0.8 or 0.9), it finds equivalence in 1 to 7 % of simulated studies at 5 %, with 20
    patients, a margin of 0.9 and a correlation of 0.3 or more in 8 to 10 %; the exact test of lesions taken as
    independent in up to 22 % (tests/bench/bench_equivalence.py)."""
    by_patient, method = share_by_patient(numerator, denominator, level)
    if math.isnan(by_patient[0]):
        few = np.count_nonzero(denominator) < 2
        return UNDEFINED, method, "needs two patients" if few else "the same share in every patient"
    low, high, method = quoted_share(numerator, denominator, level)
    return (low, high), method, ""


def clustered_auc_difference(
    first: NDArray, second: NDArray, response: NDArray, patient: NDArray[np.intp], boot: PatientBootstrap
) -> tuple[float, Interval, str, str]:
    """AUC of the first score minus that of the second on the same lesions; interval at the level of ``boot``, method
    and why it is missing as `clustered_share`: Obuchowski's, or the patient bootstrap where that is undefined, or
    DeLong's where it is the wider."""
    pair = paired_aucs(first, second, response, patient, boot)
    if pair is None:
        return math.nan, UNDEFINED, "", "an AUC needs two lesions of each class"
    by_patient = [one for one in pair.differences if is_clustered(one.method) and not math.isnan(one.low)]
    value = float(pair.first - pair.second)
    if not by_patient:
        return value, UNDEFINED, "", "no interval by patient: the areas do not differ, or too few patients of a class"
    clustered, by_lesion = by_patient[0], pair.differences[0]
    ends = [(one.low, one.high) for one in (by_lesion, clustered)]
    chosen = by_lesion if wider(*ends) == ends[0] else clustered
    return value, (chosen.low, chosen.high), chosen.method, ""
