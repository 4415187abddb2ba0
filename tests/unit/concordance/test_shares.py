"""The continuous answer: differences of shares, and limits of agreement that allow for several lesions per patient."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.lesion_tables import lesion_table, minimal

from livermets.concordance.shares import (
    ALL_SIZES,
    limits_without_one,
    share_agreement,
    share_by_dice,
    share_differences,
)
from livermets.concordance.study import concordance
from livermets.config.statistics import StatisticsSettings
from livermets.masks.lesion_table import checked_lesions
from livermets.stats.resampling import PatientBootstrap

SETTINGS = StatisticsSettings(bootstrap_replicates=300)
# Bland and Altman, Stat Methods Med Res 1999;8:135, table 4: cardiac output of 12 subjects by two methods (RV, IC).
CARDIAC = {
    1: "7.83 6.57 7.42 5.62 7.89 6.90 7.12 6.57 7.88 6.35", 2: "6.16 4.06 7.26 4.29 6.71 4.26 6.54 4.09",
    3: "4.75 4.71 5.24 5.50 4.86 5.08 4.78 5.02 6.05 6.01 5.42 5.67",
    4: "4.21 4.14 3.61 4.20 3.72 4.61 3.87 4.68 3.92 5.04",
    5: "3.13 3.03 2.98 2.86 2.85 2.77 3.17 2.46 3.09 2.32 3.12 2.43", 6: "5.92 5.90 6.42 5.81 5.92 5.70 6.27 5.76",
    7: "7.13 5.09 6.62 4.63 6.58 4.61 6.93 5.09", 8: "4.54 4.72 4.81 4.61 5.11 4.36 5.29 4.20 5.39 4.36 5.57 4.20",
    9: "4.48 3.17 4.92 3.12 3.97 2.96", 10: "4.22 4.35 4.65 4.62 4.74 3.16 4.44 3.53 4.50 3.53",
    11: "6.78 7.20 6.07 6.09 6.52 7.00 6.42 7.10 6.41 7.40 5.76 6.80",
    12: "5.06 4.50 4.72 4.20 4.90 3.80 4.80 3.80 4.90 4.20 5.10 4.50",
}  # fmt: skip


def differences(values: np.ndarray, patient: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"difference": values, "patient": patient})


def estimates(frame: pd.DataFrame, patients: int) -> dict[str, list]:
    boot = PatientBootstrap.draw(patients, 300, 0.95, np.random.default_rng(0))
    found: dict[str, list] = {}
    for estimate in share_agreement(frame, boot):
        found.setdefault(estimate.measure, []).append(estimate)
    return found


def test_limits_of_the_cardiac_output_of_bland_and_altman() -> None:
    """Within subjects 0.413 (also R's BAtrending); variance between subjects by the paper's analysis of variance, here
    from `scipy.stats.f_oneway`: MSB = F x MSW."""
    pairs = {subject: np.array(text.split(), float).reshape(-1, 2) for subject, text in CARDIAC.items()}
    groups = [pair[:, 0] - pair[:, 1] for pair in pairs.values()]
    d, subject = np.concatenate(groups), np.repeat(np.arange(12), [len(group) for group in groups])
    found = estimates(differences(d, subject), 12)
    counts = np.array([len(group) for group in groups])
    within = sum(((group - group.mean()) ** 2).sum() for group in groups) / (60 - 12)
    typical = (60 - (counts**2).sum() / 60) / 11
    between = within * (stats.f_oneway(*groups).statistic - 1) / typical
    reach = 1.959964 * np.sqrt(within + between)
    assert found["sd_within_patients"][0].value == pytest.approx(0.413, abs=5e-4)
    assert found["sd_between_patients"][0].value == pytest.approx(np.sqrt(between))
    assert found["bias"][0].value == pytest.approx(0.602, abs=5e-4)
    assert found["lower_limit"][0].value == pytest.approx(d.mean() - reach, rel=1e-6)
    assert found["upper_limit"][0].value == pytest.approx(d.mean() + reach, rel=1e-6)


def test_one_lesion_per_patient_gives_the_plain_limits() -> None:
    """Bland and Altman 1986: mean +- 1.96 standard deviations; intervals of 1999, exact for the mean."""
    d = np.random.default_rng(1).normal(0.05, 0.1, 40)
    found = estimates(differences(d, np.arange(40)), 40)
    assert found["upper_limit"][0].value == pytest.approx(d.mean() + 1.959964 * d.std(ddof=1))
    low, high = stats.t.interval(0.95, 39, d.mean(), stats.sem(d))
    assert (found["bias"][0].low, found["bias"][0].high) == pytest.approx((low, high))
    assert found["bias"][1].low < d.mean() < found["bias"][1].high


def test_interval_of_a_limit_is_zou_s() -> None:
    """With one lesion per patient the variance has its exact chi-squared interval, and the limit's ends recover it and
    the bias's interval (Zou 2013, equation of the upper limit)."""
    d = np.random.default_rng(1).normal(0.05, 0.1, 20)
    found = estimates(differences(d, np.arange(20)), 20)
    sd, z = d.std(ddof=1), 1.959964
    low_sd, high_sd = sd * np.sqrt(19 / stats.chi2.ppf([0.975, 0.025], 19))
    bias, upper = found["bias"][1], found["upper_limit"][1]
    assert upper.method == "cluster-mover"
    assert upper.low == pytest.approx(upper.value - np.hypot(bias.value - bias.low, z * (sd - low_sd)), rel=1e-5)
    assert upper.high == pytest.approx(upper.value + np.hypot(bias.high - bias.value, z * (high_sd - sd)), rel=1e-5)
    lower = found["lower_limit"][1]
    assert lower.low == pytest.approx(lower.value - np.hypot(bias.value - bias.low, z * (high_sd - sd)), rel=1e-5)


def test_limits_are_wider_than_those_that_take_lesions_as_independent() -> None:
    """Patients of very unequal numbers of lesions who differ: the plain standard deviation sees mostly one patient."""
    patient = np.repeat(np.arange(9), [24, *[1] * 8])
    shift = np.array([0.0, *np.linspace(-0.4, 0.4, 8)])
    d = shift[patient] + np.random.default_rng(2).normal(0, 0.02, len(patient))
    found = estimates(differences(d, patient), 9)
    plain = 1.96 * d.std(ddof=1)
    assert found["upper_limit"][0].value - found["bias"][0].value > 1.2 * plain


def test_every_lesion_with_two_shares_is_in_the_table_and_in_one_stratum() -> None:
    table = checked_lesions(lesion_table())
    found = share_differences(table, SETTINGS)
    both = table["share_manual"].notna() & table["share_automatic"].notna()
    assert len(found) == both.sum()
    np.testing.assert_allclose(found["difference"], (table["share_automatic"] - table["share_manual"])[both])
    by_dice = share_by_dice(found, SETTINGS)
    counts = by_dice.groupby("size")["n_lesions"].sum()
    assert counts[ALL_SIZES] == len(found) == counts.drop(ALL_SIZES).sum()
    first = by_dice[(by_dice["size"] == ALL_SIZES) & (by_dice["dice_low"] == 0.6)].iloc[0]
    inside = found[(found["dice"] > 0.6) & (found["dice"] <= 0.8)]
    assert first["median"] == pytest.approx(inside["absolute_difference"].median())


def test_a_table_without_shares_gives_empty_tables() -> None:
    result = concordance(minimal([(f"P{i}", i % 2, 1, i % 2, 0.1 * i, 9 + i) for i in range(8)]), SETTINGS)
    for name in ("share_differences", "share_agreement", "threshold_curve", "minimum_rois", "false_positive_classes"):
        assert getattr(result, name).empty
        assert len(getattr(result, name).columns)


def test_the_lesion_that_moves_the_limits_most_is_found_and_left_out():
    frame = pd.DataFrame({
        "cohort": "x", "patient_id": ["P1", "P1", "P2", "P2", "P3", "P3"], "lesion_id": [1, 2, 1, 2, 1, 2],
        "difference": [0.01, -0.02, 0.03, 0.8, 0.0, -0.01],
    })  # fmt: skip
    frame["patient"] = frame.groupby("patient_id").ngroup()
    (mover,) = limits_without_one(frame).itertuples()
    assert (mover.patient_id, mover.lesion_id) == ("P2", 2)
    alone = estimates(frame.drop(index=3), 3)
    for measure in ("bias", "lower_limit", "upper_limit"):
        assert getattr(mover, measure) == pytest.approx(alone[measure][0].value)


@pytest.mark.parametrize("values", [[], [0.1, 0.2, 0.3], [0.1] * 6])
def test_no_lesion_moves_limits_that_none_can_or_that_have_no_width(values):
    frame = pd.DataFrame({"patient_id": [f"P{n}" for n in range(len(values))], "lesion_id": 1, "difference": values})
    found = limits_without_one(frame)
    assert found.empty
    assert {"patient_id", "lesion_id", "bias", "lower_limit", "upper_limit"} <= set(found)
