"""Intervals and tests against digits of other programs and of papers; each docstring quotes its source."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from livermets.stats.agreement import durkalski_p, kappa_estimates, mcnemar_estimates
from livermets.stats.auc import delong, obuchowski
from livermets.stats.comparison import chi_squared_p
from livermets.stats.icc import icc
from livermets.stats.proportions import clopper_pearson
from livermets.stats.resampling import PatientBootstrap

# 43 patients of DeLong et al., Biometrics 1988;44:837, as the SAS/STAT documentation of PROC LOGISTIC lists them under
# "Comparing Receiver Operating Characteristic Curves"; there the K-G score is turned round too.
OVARIAN = pd.read_csv(Path(__file__).parent / "delong1988_ovarian.csv")
ALBUMIN, PROTEIN = OVARIAN["albumin"].to_numpy(), OVARIAN["total_protein"].to_numpy()
KG_SCORE, OUTCOME = 10 - OVARIAN["kg_score"].to_numpy(), OVARIAN["benefit"].to_numpy()


def test_delong_intervals_against_sas() -> None:
    """SAS PROC LOGISTIC, ROC Association Statistics: Albumin 0.7366 (SE 0.0927; 0.5549, 0.9182), K-G Score 0.7258
    (0.1028; 0.5243, 0.9273), Total Protein 0.6478 (0.1000; 0.4518, 0.8439)."""
    found = delong(np.vstack([ALBUMIN, KG_SCORE, PROTEIN]), OUTCOME)
    assert found.auc == pytest.approx([0.7366, 0.7258, 0.6478], abs=5e-5)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx([0.0927, 0.1028, 0.1000], abs=5e-5)
    intervals = [found.interval(0.95, index) for index in range(3)]
    assert np.array(intervals) == pytest.approx(
        np.array([[0.5549, 0.9182], [0.5243, 0.9273], [0.4518, 0.8439]]), abs=5e-5
    )


@pytest.mark.parametrize(
    "score, estimate, low, high, p",
    [(ALBUMIN, 0.0108, -0.1761, 0.1976, 0.9102), (PROTEIN, -0.0780, -0.2830, 0.1271, 0.4561)],
    ids=["albumin", "total protein"],
)
def test_paired_delong_against_sas(score, estimate: float, low: float, high: float, p: float) -> None:
    """SAS PROC LOGISTIC, ROC Contrast Estimation against the K-G score: Albumin 0.0108 (-0.1761, 0.1976), p 0.9102;
    Total Protein -0.0780 (-0.2830, 0.1271), p 0.4561."""
    value, interval, found_p = delong(np.vstack([score, KG_SCORE]), OUTCOME).difference(0.95)
    assert (value, *interval, found_p) == pytest.approx((estimate, low, high, p), abs=5e-5)


def test_obuchowski_is_delong_with_one_lesion_per_patient() -> None:
    """Obuchowski (1997), section 2: with clusters of size one the estimator is that of DeLong et al."""
    scores = np.vstack([ALBUMIN, PROTEIN, KG_SCORE])
    clustered = obuchowski(scores, OUTCOME, np.arange(len(OUTCOME)))
    np.testing.assert_allclose(clustered.covariance, delong(scores, OUTCOME).covariance, rtol=1e-12)


def obuchowski_by_the_formulas(score, response, patient) -> tuple[float, float]:
    """Obuchowski (1997), equations for S10, S01 and S11 of one test, written out lesion by lesion."""
    people = sorted(set(patient))
    positive = {i: [s for s, r, q in zip(score, response, patient, strict=True) if r == 1 and q == i] for i in people}
    negative = {i: [s for s, r, q in zip(score, response, patient, strict=True) if r == 0 and q == i] for i in people}
    m, n = sum(map(len, positive.values())), sum(map(len, negative.values()))

    def win(x: float, y: float) -> float:
        return 1.0 if x > y else 0.5 if x == y else 0.0

    theta = sum(win(x, y) for i in people for x in positive[i] for j in people for y in negative[j]) / (m * n)
    v10 = {i: sum(sum(win(x, y) for j in people for y in negative[j]) / n for x in positive[i]) for i in people}
    v01 = {i: sum(sum(win(x, y) for j in people for x in positive[j]) / m for y in negative[i]) for i in people}
    i10, i01 = sum(1 for i in people if positive[i]), sum(1 for i in people if negative[i])
    s10 = i10 / ((i10 - 1) * m) * sum((v10[i] - len(positive[i]) * theta) ** 2 for i in people)
    s01 = i01 / ((i01 - 1) * n) * sum((v01[i] - len(negative[i]) * theta) ** 2 for i in people)
    both = [(v10[i] - len(positive[i]) * theta) * (v01[i] - len(negative[i]) * theta) for i in people]
    s11 = len(people) / (len(people) - 1) * sum(both)
    return theta, s10 / m + s01 / n + 2 * s11 / (m * n)


def test_obuchowski_against_its_formulas_written_out() -> None:
    """The DeLong data with neighbouring patients taken as one: an independent implementation, lesion by lesion."""
    patient = np.arange(len(OUTCOME)) // 4
    for score in (ALBUMIN, PROTEIN, KG_SCORE):
        found = obuchowski(score, OUTCOME, patient)
        value, variance = obuchowski_by_the_formulas(score, OUTCOME, patient)
        assert found.auc[0] == pytest.approx(value, rel=1e-12)
        assert found.covariance[0, 0] == pytest.approx(variance, rel=1e-10)


def test_clopper_pearson_against_r() -> None:
    """R's help page of binom.test, Mendel's peas: `binom.test(682, 682 + 243, p = 3/4)` gives
    "95 percent confidence interval: 0.7076683 0.7654066"."""
    assert clopper_pearson(682, 682 + 243) == pytest.approx((0.7076683, 0.7654066), abs=5e-8)


def test_clopper_pearson_at_the_ends() -> None:
    """Closed form: with none of n the upper limit is 1 - (alpha/2)^(1/n); the rule of three is its one-sided cousin."""
    assert clopper_pearson(0, 10) == pytest.approx((0.0, 1 - 0.025**0.1))
    assert clopper_pearson(10, 10) == pytest.approx((0.025**0.1, 1.0))


def paired(both_minus: int, automatic_only: int, manual_only: int, both_plus: int):
    manual = np.repeat([0, 0, 1, 1], [both_minus, automatic_only, manual_only, both_plus])
    automatic = np.repeat([0, 1, 0, 1], [both_minus, automatic_only, manual_only, both_plus])
    return manual, automatic, np.arange(len(manual))


def bootstrap(patients: int) -> PatientBootstrap:
    return PatientBootstrap.draw(patients, 200, 0.95, np.random.default_rng(0))


@pytest.mark.parametrize(
    "cells, kappa", [((15, 10, 5, 20), 0.4), ((15, 25, 15, 45), 0.1304), ((35, 5, 35, 25), 0.2593)]
)
def test_kappa_value(cells: tuple[int, int, int, int], kappa: float) -> None:
    """The three worked tables of the encyclopaedia article on Cohen's kappa: 0.4, 0.1304 and 0.2593."""
    found = kappa_estimates(*paired(*cells), bootstrap(sum(cells)))[0]
    assert found.value == pytest.approx(kappa, abs=5e-5)


def test_kappa_interval_by_the_delta_method() -> None:
    """Fleiss, Cohen and Everitt's variance is the delta method's: here with a numerical gradient over four cells."""
    cells = np.array([15.0, 10.0, 5.0, 20.0])
    total, share = cells.sum(), cells / cells.sum()

    def kappa(p: np.ndarray) -> float:
        p = p / p.sum()
        chance = (p[0] + p[1]) * (p[0] + p[2]) + (p[2] + p[3]) * (p[1] + p[3])
        return float((p[0] + p[3] - chance) / (1 - chance))

    step = 1e-6
    gradient = np.array([(kappa(share + step * e) - kappa(share - step * e)) / (2 * step) for e in np.eye(4)])
    error = math.sqrt((share @ gradient**2 - (share @ gradient) ** 2) / total)
    found = kappa_estimates(*paired(*map(int, cells)), bootstrap(int(total)))[0]
    assert (found.low, found.high) == pytest.approx((0.4 - 1.959964 * error, 0.4 + 1.959964 * error), abs=1e-6)


def test_exact_mcnemar_is_the_binomial_test() -> None:
    """Closed form: two-sided binomial with one half on the discordant pairs; 150 against 86 of Agresti's approval
    ratings (R's help page of mcnemar.test)."""
    found = mcnemar_estimates(*paired(570, 86, 150, 794), bootstrap(1600))[0]
    tail = sum(math.comb(236, k) for k in range(87)) / 2**236
    assert found.value == pytest.approx(2 * tail, rel=1e-9)


def test_durkalski_with_one_lesion_per_patient_is_mcnemar() -> None:
    """Agresti, Categorical Data Analysis, 10.1: z = (86 - 150) / sqrt(86 + 150) = -4.17."""
    manual, automatic, patient = paired(570, 86, 150, 794)
    p = durkalski_p((manual == 1) & (automatic == 0), (manual == 0) & (automatic == 1), patient)
    assert p == pytest.approx(math.erfc(64 / math.sqrt(236) / math.sqrt(2)), rel=1e-9)


def test_chi_squared_of_two_proportions_by_hand() -> None:
    """Yates's statistic n (|ad - bc| - n/2)^2 / (row and column totals), as `prop.test(c(15, 25), c(50, 50))` in R."""
    a, b, c, d = 15, 35, 25, 25
    statistic = 100 * (abs(a * d - b * c) - 50) ** 2 / (50 * 50 * 40 * 60)
    assert chi_squared_p(15, 50, 25, 50) == pytest.approx(math.erfc(math.sqrt(statistic / 2)), rel=1e-9)


@pytest.mark.parametrize(
    "kind, value, low, high", [("ICC(2,1)", 0.290, 0.019, 0.761), ("ICC(3,1)", 0.715, 0.342, 0.946)]
)
def test_icc_against_shrout_and_fleiss(kind: str, value: float, low: float, high: float) -> None:
    """Shrout and Fleiss (1979), four judges and six targets: 0.29 and 0.71. R, `psych::ICC(sf)`: Single_random_raters
    0.29 (0.019, 0.76), Single_fixed_raters 0.71 (0.342, 0.946)."""
    ratings = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
    found = icc(ratings, kind)
    assert (found.value, found.low, found.high) == pytest.approx((value, low, high), abs=5e-4)
