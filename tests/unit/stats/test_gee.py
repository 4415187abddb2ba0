"""The agreement model and the Dice that a lesion needs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit

from livermets.concordance.agreement_model import TABLES, agreement_model_tables
from livermets.config.statistics import StatisticsSettings
from livermets.stats.firth import firth_logistic
from livermets.stats.gee import (
    KEPT,
    SAME,
    agreement_curve,
    fit_agreement_model,
    mancl_derouen,
    modelled,
    required_dice,
)

SETTINGS = StatisticsSettings()


def lesions(patients: int, each: int, seed: int, slope: float = 1.0, spread: float = 0.0) -> pd.DataFrame:
    """Agreement rises with Dice (``slope`` per 0.1 at 30 mm), a little with diameter; patients differ by ``spread``."""
    random = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), each)
    dice, diameter = random.uniform(0, 1, len(patient)), random.uniform(10, 50, len(patient))
    logit = 0.5 + slope * (dice - 0.5) / 0.1 + 0.3 * (diameter - 30) / 10 + random.normal(0, spread, patients)[patient]
    agree = (random.random(len(patient)) < expit(logit)).astype(float)
    return pd.DataFrame(
        {"patient": patient, "dice": dice, "longest_diameter_mm": diameter, "agree": agree, "compared": True}
    )


def test_one_lesion_per_patient_is_logistic_regression_with_leverage_corrected_errors() -> None:
    """Closed form: with clusters of one, GEE is logistic regression (here solved by Newton's method) and Mancl and
    DeRouen's covariance is B (sum x x' r^2 / (1 - h)^2) B, B the inverse information and h the leverage."""
    table = lesions(120, 1, seed=3, slope=0.5)
    model, _ = fit_agreement_model(table, SETTINGS.model_copy(update={"working_correlation": "independence"}))
    assert model is not None
    x = (table["dice"] - table["dice"].mean()) / 0.1
    d = (table["longest_diameter_mm"] - table["longest_diameter_mm"].mean()) / 10
    design, y = np.column_stack([np.ones(len(table)), x, d, x * d]), table["agree"].to_numpy()
    beta = np.zeros(4)
    for _ in range(50):
        mu = expit(design @ beta)
        bread = np.linalg.inv(design.T @ (design * (mu * (1 - mu))[:, None]))
        beta = beta + bread @ design.T @ (y - mu)
    leverage = np.einsum("ij,jk,ik->i", design, bread, design) * mu * (1 - mu)
    residual = (y - mu) / (1 - leverage)
    covariance = bread @ (design.T @ (design * (residual**2)[:, None])) @ bread
    np.testing.assert_allclose(model.coefficients, beta, rtol=1e-5)
    np.testing.assert_allclose(model.covariance, covariance, rtol=1e-4)


def test_fieller_ends_are_where_the_curve_s_band_meets_the_target() -> None:
    """By definition the interval holds the Dice values at which the target lies inside the band of the curve."""
    model, _ = fit_agreement_model(lesions(200, 4, seed=1), SETTINGS)
    assert model is not None
    for row in required_dice(model, SETTINGS).itertuples():
        at = np.array([row.low, row.value, row.high])
        curve = agreement_curve(model, at, row.longest_diameter_mm, SETTINGS.level)
        assert curve["high"].iloc[0] == pytest.approx(SETTINGS.target_agreement, abs=1e-6)
        assert curve["value"].iloc[1] == pytest.approx(SETTINGS.target_agreement, abs=1e-6)
        assert curve["low"].iloc[2] == pytest.approx(SETTINGS.target_agreement, abs=1e-6)


def test_the_true_dice_is_found() -> None:
    """At 30 mm logit = 0.5 + (Dice - 0.5) / 0.1, so 90 % needs Dice 0.5 + 0.1 (log 9 - 0.5) = 0.670."""
    model, _ = fit_agreement_model(lesions(400, 4, seed=2), SETTINGS)
    assert model is not None
    row = required_dice(model, SETTINGS).set_index("longest_diameter_mm").loc[30.0]
    assert row["low"] < 0.5 + 0.1 * (np.log(9) - 0.5) < row["high"]
    assert row["high"] - row["low"] < 0.1


def test_it_says_when_the_data_cannot_tell() -> None:
    model, _ = fit_agreement_model(lesions(40, 3, seed=5, slope=0.0), SETTINGS)
    assert model is not None
    needed = required_dice(model, SETTINGS)
    assert needed["statement"].str.contains("the data cannot tell").all()
    assert needed["low"].isna().all()


def test_a_target_beyond_dice_one_is_said() -> None:
    model, _ = fit_agreement_model(
        lesions(400, 4, seed=2, slope=0.2), SETTINGS.model_copy(update={"target_agreement": 0.9})
    )
    assert model is not None
    needed = required_dice(model, SETTINGS)
    first = needed.iloc[0]
    assert "not reached at any Dice" in first["statement"]
    assert np.isnan(first["value"])


def test_a_diameter_beyond_the_lesions_and_an_interval_beyond_one_are_said() -> None:
    model, _ = fit_agreement_model(lesions(200, 4, seed=1), SETTINGS)
    assert model is not None
    assert model.diameter_range_mm == pytest.approx((10, 50), abs=0.2)
    needed = required_dice(model, SETTINGS.model_copy(update={"target_diameters_mm": (5.0, 30.0)}))
    assert needed["statement"].tolist() == ["extrapolated: the lesions measure 10 to 50 mm", ""]
    weak, _ = fit_agreement_model(lesions(100, 4, seed=2, slope=0.35), SETTINGS)
    assert weak is not None
    row = required_dice(weak, SETTINGS.model_copy(update={"target_diameters_mm": (30.0,)})).iloc[0]
    assert row["high"] == 1
    assert "not certain" in row["statement"]


@pytest.mark.slow
def test_interval_of_the_slope_holds_its_level_with_correlated_lesions() -> None:
    """20 patients of 6 lesions who differ strongly; the slope is 0.5 per 0.1 within patients, and a population model
    sees the attenuated one, so the estimate of a large sample is the truth here."""
    settings = SETTINGS.model_copy(update={"working_correlation": "independence"})
    large, _ = fit_agreement_model(lesions(4000, 6, seed=0, slope=0.5, spread=1.0), settings)
    assert large is not None
    held, fitted = 0, 0
    for seed in range(80):
        model, _ = fit_agreement_model(lesions(20, 6, seed=seed + 1, slope=0.5, spread=1.0), settings)
        if model is not None:
            reach = stats.t.ppf(0.975, model.degrees_of_freedom) * np.sqrt(model.covariance[1, 1])
            fitted += 1
            held += abs(model.coefficients[1] - large.coefficients[1]) <= reach
    assert fitted > 75
    assert 0.90 <= held / fitted <= 0.995


@pytest.mark.parametrize(
    "table, said",
    [
        (lesions(3, 40, seed=0), "3 patients for 3 coefficients"),
        (lesions(10, 3, seed=0).assign(agree=1.0), "30 of 30 lesions are classified alike"),
        (lesions(10, 3, seed=0).assign(dice=0.5), "vary too little"),
        (lesions(10, 3, seed=0).assign(compared=False), "0 patients"),
    ],
)
def test_why_no_model(table: pd.DataFrame, said: str) -> None:
    model, why = fit_agreement_model(table, SETTINGS)
    assert model is None
    assert said in why


def test_complete_separation_is_left_to_the_penalised_model() -> None:
    """Every unpenalised coefficient is infinite there; Firth's is not, and the note says why it was taken."""
    table = lesions(20, 3, seed=1)
    table["agree"] = (table["dice"] > 0.5).astype(float)
    model, note = fit_agreement_model(table, SETTINGS.model_copy(update={"events_per_term": 1}))
    assert model is not None
    assert model.step.fitter == "penalised"
    assert "Firth-penalised" in model.table["method"].iloc[0]
    assert "did not converge" in note or "completely" in note
    assert abs(model.coefficients[1]) < 20


def changed(events: int, patients: int = 20) -> pd.DataFrame:
    """60 lesions, of which so many changed class, spread over patients and Dice."""
    table = lesions(patients, 60 // patients, seed=1)
    return table.assign(agree=np.r_[np.zeros(events), np.ones(60 - events)][np.random.default_rng(4).permutation(60)])


def test_two_events_are_too_few_for_any_model_and_it_says_so_in_words() -> None:
    model, why = fit_agreement_model(changed(2), SETTINGS)
    assert model is None
    assert why.endswith("2 lesions changed class: too few for a model, which needs at least 10")


@pytest.mark.parametrize(
    "events, terms, fitter",
    [(9, None, None), (10, 3, "penalised"), (19, 3, "penalised"), (20, 3, "exchangeable"), (30, 4, "exchangeable")],
)
def test_events_decide_how_far_up_the_ladder_the_model_is(events: int, terms: int | None, fitter: str | None) -> None:
    """Ten events per term (Peduzzi 1996), five for the penalised model; every step not taken is named with its
    reason."""
    model, note = fit_agreement_model(changed(events), SETTINGS)
    if terms is None:
        assert model is None
        return
    assert model is not None
    assert (model.step.terms, model.step.fitter, model.n_events) == (terms, fitter, events)
    assert len(model.table) == terms
    assert ("with interaction" in note) == (terms == 3)
    assert f"{events} events, at least 30" in note or terms == 4


def test_the_label_says_what_was_fitted() -> None:
    gee, _ = fit_agreement_model(lesions(40, 4, seed=1), SETTINGS)
    glm, _ = fit_agreement_model(
        lesions(40, 4, seed=1), SETTINGS.model_copy(update={"working_correlation": "independence"})
    )
    assert gee is not None
    assert glm is not None
    assert gee.table["method"].iloc[0].startswith("gee-logit (exchangeable)")
    assert glm.table["method"].iloc[0].startswith("logistic regression, cluster-robust")


def test_class_kept_counts_every_lesion_that_the_reader_s_mask_classifies() -> None:
    """A lesion without an automatic class is a failure at its Dice, an undetected one at Dice 0; the model of the
    compared lesions does not see them."""
    table = lesions(30, 4, seed=7).assign(predicted_manual=1.0, predicted_automatic=1.0)
    lost = table.index[:20]
    table.loc[lost, ["agree", "predicted_automatic"]] = np.nan
    table.loc[lost, "compared"] = False
    table.loc[lost[:10], "dice"] = np.nan
    table.loc[table.index[-4:], "predicted_manual"] = np.nan
    used = modelled(table, KEPT)
    assert len(used) == 116
    assert (used["agree"].iloc[:20] == 0).all()
    assert (used["dice"].iloc[:10] == 0).all()
    assert len(modelled(table, SAME)) == 100
    tables, notes = agreement_model_tables(table, SETTINGS)
    for name in TABLES:
        assert set(tables[name]["outcome"]) == {SAME, KEPT}
    kept = tables["agreement_model"].query("outcome == @KEPT")
    assert (kept["n_lesions"] == 116).all()
    assert not any("not fitted: 0" in note for note in notes)


def test_firth_of_a_two_by_two_table_adds_one_half_to_every_cell() -> None:
    """Closed form (Firth 1993): in a saturated model Jeffreys' prior is half an observation more in every cell; one
    cell is empty, where maximum likelihood has no finite estimate."""
    x, y = np.repeat([0.0, 0.0, 1.0, 1.0], [7, 3, 12, 0]), np.repeat([0.0, 1.0, 0.0, 1.0], [7, 3, 12, 0])
    found = firth_logistic(np.column_stack([np.ones(22), x]), y)
    assert found is not None
    np.testing.assert_allclose(found, [np.log(3.5 / 7.5), np.log(0.5 / 12.5) - np.log(3.5 / 7.5)], atol=1e-9)


def test_covariance_of_the_penalised_model_is_that_of_the_logistic_one() -> None:
    """`mancl_derouen` against statsmodels' bias-reduced covariance, at the same coefficients."""
    table = lesions(30, 4, seed=2)
    model, _ = fit_agreement_model(table, SETTINGS.model_copy(update={"working_correlation": "independence"}))
    assert model is not None
    x = (table["dice"] - table["dice"].mean()) / 0.1
    d = (table["longest_diameter_mm"] - table["longest_diameter_mm"].mean()) / 10
    design = np.column_stack([np.ones(len(table)), x, d, x * d])
    fitted = expit(design @ model.coefficients)
    found = mancl_derouen(design, table["agree"].to_numpy(), fitted, table["patient"].to_numpy())
    np.testing.assert_allclose(found, model.covariance, rtol=1e-5)
