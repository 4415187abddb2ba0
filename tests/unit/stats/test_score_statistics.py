"""Calibration, decision curves, AUC comparison, resampling and small frames, against other libraries and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score

from livermets.stats.auc import bootstrap_auc, delong, obuchowski
from livermets.stats.calibration import calibration_curve, calibration_estimates
from livermets.stats.comparisons import paired_aucs
from livermets.stats.curves import decision_table, roc_table
from livermets.stats.diagnostics import auc_estimates, class_diagnostics
from livermets.stats.proportions import cluster_logit_t, mercaldo_logit
from livermets.stats.resampling import PatientBootstrap, expanded_tail, per_patient_sum
from livermets.stats.results import Estimate, to_frame


@pytest.fixture
def scored() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(11)
    score = random.uniform(0.02, 0.98, 150)
    response = (random.random(150) < expit(0.6 * logit(score) - 0.4)).astype(float)
    return score, response, np.arange(150) // 5


def boot(patients: int, replicates: int = 400) -> PatientBootstrap:
    return PatientBootstrap.draw(patients, replicates, 0.95, np.random.default_rng(0))


def test_calibration_slope_and_brier_against_scikit_learn(scored) -> None:
    score, response, patient = scored
    found = {e.measure: e for e in calibration_estimates(score, response, patient, 0.01, boot(30))}
    fit = LogisticRegression(C=np.inf, tol=1e-10).fit(logit(score)[:, None], response)
    assert found["calibration_slope"].value == pytest.approx(fit.coef_[0, 0], rel=1e-4)
    assert found["brier"].value == pytest.approx(brier_score_loss(response, score))
    # Score equation of the intercept-only model: shifted scores average to the observed share.
    shift = found["calibration_in_the_large"].value
    assert expit(logit(score) + shift).mean() == pytest.approx(response.mean(), abs=1e-8)
    for estimate in found.values():
        assert estimate.low < estimate.value < estimate.high


def test_calibration_slope_error_is_the_clustered_sandwich(scored) -> None:
    """Liang and Zeger's sandwich over patients written out, with the usual factor m / (m-1) (n-1) / (n-k)."""
    score, response, patient = scored
    slope = calibration_estimates(score, response, patient, 0.01, boot(30))[0]
    design = np.column_stack([logit(score), np.ones_like(score)])
    fit = LogisticRegression(C=np.inf, tol=1e-12).fit(logit(score)[:, None], response)
    mu = expit(design @ np.array([fit.coef_[0, 0], fit.intercept_[0]]))
    bread = np.linalg.inv(design.T @ (design * (mu * (1 - mu))[:, None]))
    per_patient = np.array([(design * (response - mu)[:, None])[patient == p].sum(0) for p in range(30)])
    variance = (bread @ per_patient.T @ per_patient @ bread)[0, 0] * 30 / 29 * 149 / 148
    reach = stats.t.ppf(0.975, 29) * np.sqrt(variance)
    assert slope.high - slope.value == pytest.approx(reach, rel=1e-3)


def test_calibration_curve_holds_every_lesion(scored) -> None:
    score, response, _ = scored
    curve = calibration_curve(score, response, 5, 0.95)
    assert curve["n"].tolist() == [30] * 5
    assert curve["k"].sum() == response.sum()
    assert curve["mean_score"].is_monotonic_increasing


def test_calibration_of_equal_scores_says_why() -> None:
    response = np.tile([0.0, 1.0], 10)
    slope = calibration_estimates(np.full(20, 0.4), response, np.arange(20), 0.01, boot(20))[0]
    assert slope.note == "the score is the same for every lesion"
    assert len(calibration_curve(np.full(20, 0.4), response, 5, 0.95)) == 1


def test_separated_classes_have_no_slope() -> None:
    response = np.repeat([0.0, 1.0], 10)
    score = np.linspace(0.1, 0.9, 20)
    slope = calibration_estimates(score, response, np.arange(20), 0.01, boot(20))[0]
    assert "separates the classes completely" in slope.note


def test_decision_curve_by_hand(scored) -> None:
    """Vickers and Elkin: at threshold 0.2, (TP - FP / 4) / n; treating none is 0; treating all is prevalence less the
    rest at the odds."""
    score, response, patient = scored
    table = decision_table({"manual": score}, response, patient, [0.2], boot(30)).set_index("strategy")
    treated = score >= 0.2
    tp, fp = np.sum(treated & (response == 1)), np.sum(treated & (response == 0))
    assert table.loc["manual", "net_benefit"] == pytest.approx((tp - fp / 4) / 150)
    assert table.loc["treat none", "net_benefit"] == 0
    share = response.mean()
    assert table.loc["treat all", "net_benefit"] == pytest.approx(share - (1 - share) / 4)


def test_roc_ends_and_area(scored) -> None:
    score, response, _ = scored
    curve = roc_table(score, response)
    assert curve[["one_minus_specificity", "sensitivity"]].iloc[[0, -1]].to_numpy().tolist() == [[0, 0], [1, 1]]
    area = np.trapezoid(curve["sensitivity"], curve["one_minus_specificity"])
    assert area == pytest.approx(roc_auc_score(response, score))


def test_auc_is_scikit_learn_s_and_every_resample_too(scored) -> None:
    score, response, patient = scored
    score = np.round(score, 1)  # with ties
    assert delong(score, response).auc[0] == pytest.approx(roc_auc_score(response, score))
    resampling = boot(30, 200)
    found = bootstrap_auc(score, response, patient, resampling)
    for weights, value in zip(resampling.weights[:20], found[:20], strict=True):
        assert value == pytest.approx(roc_auc_score(response, score, sample_weight=weights[patient]))


def test_repeating_every_lesion_within_its_patient_adds_no_certainty(scored) -> None:
    score, response, patient = scored
    once = obuchowski(score, response, patient)
    thrice = obuchowski(np.repeat(score, 3), np.repeat(response, 3), np.repeat(patient, 3))
    np.testing.assert_allclose(thrice.covariance, once.covariance, rtol=1e-10)
    assert (
        delong(np.repeat(score, 3), np.repeat(response, 3)).covariance[0, 0]
        < 0.4 * delong(score, response).covariance[0, 0]
    )
    hits = (score > 0.5).astype(float)
    counts = per_patient_sum(hits, patient, 30), per_patient_sum(np.ones(150), patient, 30)
    assert cluster_logit_t(*counts) == pytest.approx(cluster_logit_t(3 * counts[0], 3 * counts[1]))


def test_cluster_logit_t_with_one_lesion_per_patient() -> None:
    """Closed form: variance p (1 - p) / (m - 1), so the reach on the logit scale is t / sqrt((m - 1) p (1 - p))."""
    hits, ones = np.repeat([0.0, 1.0], [6, 14]), np.ones(20)
    reach = stats.t.ppf(0.975, 19) / np.sqrt(19 * 0.7 * 0.3)
    assert cluster_logit_t(hits, ones) == pytest.approx((expit(logit(0.7) - reach), expit(logit(0.7) + reach)))


def test_comparison_of_a_score_with_itself_has_no_difference(scored) -> None:
    score, response, patient = scored
    found = paired_aucs(score, score, response, patient, boot(30))
    assert found is not None
    assert [one.method for one in found.differences] == ["delong", "obuchowski-1997", "cluster-bootstrap"]
    for one in found.differences:
        assert one.value == 0
        assert np.isnan([one.low, one.high, one.p]).all()


def test_comparison_methods_agree_on_independent_patients() -> None:
    random = np.random.default_rng(8)
    response = random.integers(0, 2, 400).astype(float)
    manual, automatic = (response * shift + random.normal(size=400) for shift in (1.5, 1.0))
    found = paired_aucs(manual, automatic, response, np.arange(400), boot(400, 1000))
    assert found is not None
    independent, *clustered = ([one.low, one.high] for one in found.differences)
    assert len(clustered) == 2
    for ends in clustered:
        assert ends == pytest.approx(independent, abs=0.006)


def test_perfect_auc_has_no_interval_and_says_so() -> None:
    score, response = np.arange(20.0), np.repeat([0.0, 1.0], 10)
    estimates = auc_estimates(score, response, np.arange(20) % 10, boot(10))
    assert len(estimates) == 3
    for estimate in estimates:
        assert estimate.value == 1
        assert np.isnan(estimate.low)
        assert estimate.note


def test_mercaldo_needs_all_four_cells() -> None:
    assert np.isnan(mercaldo_logit(5, 0, 3, 4)[0][0])
    every_right = class_diagnostics(np.array([0.0, 1, 0, 1]), np.array([0.0, 1, 0, 1]), np.arange(4), boot(4))
    ppv = next(e for e in every_right if e.measure == "ppv" and e.method == "mercaldo-logit")
    assert (ppv.value, ppv.note) == (1.0, "needs sensitivity and specificity between 0 and 1")


def test_no_lesion_of_a_class_leaves_a_hole_with_a_reason() -> None:
    estimates = class_diagnostics(np.zeros(6), np.array([0.0, 1, 0, 1, 0, 1]), np.arange(6), boot(6))
    sensitivity = [e for e in estimates if e.measure == "sensitivity"]
    assert sensitivity
    assert all(np.isnan(e.value) and e.n == 0 and e.note == "no lesion to count" for e in sensitivity)


def test_bootstrap_weights_are_resamples_of_patients() -> None:
    resampling = boot(7, 300)
    assert (resampling.weights.sum(axis=1) == 7).all()
    assert resampling.weights.mean(axis=0) == pytest.approx(np.ones(7), abs=0.2)


def test_expanded_tail_gives_student_s_width() -> None:
    """Hesterberg (2015), 4.1: with n = 5 the expanded 95 % interval takes percentiles 0.1 % and 99.9 %."""
    assert expanded_tail(0.95, 5) == pytest.approx(stats.norm.cdf(-np.sqrt(5 / 4) * 2.776445), rel=1e-5)
    assert expanded_tail(0.95, 10_000) == pytest.approx(0.025, abs=1e-4)


@pytest.mark.parametrize(
    "numerator, denominator, said",
    [
        (np.array([1.0, 1.0]), np.array([2.0, 2.0]), "2 patients contribute"),
        (np.array([1.0, 1.0, 1.0, 1.0]), np.array([2.0, 2.0, 2.0, 2.0]), "the same in every resample"),
        (np.array([1.0, 0.0, 0, 0, 0, 1]), np.array([1.0, 0, 0, 0, 0, 1.0]), "2 patients contribute"),
    ],
)
def test_why_no_bootstrap_interval(numerator, denominator, said: str) -> None:
    (low, _), why = boot(len(numerator)).ratio(numerator, denominator)
    assert np.isnan(low)
    assert said in why


def test_estimates_become_rows_with_empty_cells_for_what_is_missing() -> None:
    frame = to_frame([Estimate("kappa", 0.5, n_lesions=3, n_patients=2)], mask_source="manual")
    assert frame.columns[0] == "mask_source"
    assert frame.loc[0, "n"] is pd.NA
    assert frame.loc[0, "reference"] == ""
    named = to_frame(
        [Estimate("ppv", 0.5, method="mercaldo-logit"), Estimate("x", 0.5, method="delong", reference="A")]
    )
    assert named["reference"].tolist() == ["Mercaldo, Lau and Zhou, Stat Med 2007;26:2170", "A"]
