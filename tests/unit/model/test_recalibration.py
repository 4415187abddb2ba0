"""A share becomes a probability only by what held-out training lesions say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from tests.unit.model.test_classify import MODEL, lesion_table, lesions, matching, rois

from livermets.model.fitted import read_model, write_model
from livermets.model.recalibration import Recalibration, fit_recalibration


def predictions(slope: float, seed: int = 0, repeats: int = 1) -> pd.DataFrame:
    """60 lesions of 15 patients whose log odds of response are -0.5 + slope x log odds of the score."""
    random = np.random.default_rng(seed)
    score = random.uniform(0.05, 0.95, 60)
    response = (random.random(60) < expit(-0.5 + slope * logit(score))).astype(float)
    one = pd.DataFrame({"lesion": range(60), "patient": np.arange(60) // 4, "response": response, "score": score})
    return pd.concat([one] * repeats, ignore_index=True)


def test_recalibration_is_logistic_regression_on_the_log_odds_of_the_score() -> None:
    """Against scikit-learn; repeats of the nested evaluation change neither the fit nor the number of lesions."""
    table = predictions(1.0)
    found, estimates = fit_recalibration(table, 0.95)
    assert found is not None
    fit = LogisticRegression(C=np.inf, tol=1e-10).fit(logit(table[["score"]].to_numpy()), table["response"])
    assert (found.slope, found.intercept) == pytest.approx((fit.coef_[0, 0], fit.intercept_[0]), rel=1e-4)
    np.testing.assert_allclose(
        found.probability(table["score"].to_numpy()), fit.predict_proba(logit(table[["score"]].to_numpy()))[:, 1],
        rtol=1e-4,
    )  # fmt: skip
    twice, _ = fit_recalibration(predictions(1.0, repeats=2), 0.95)
    assert twice is not None
    assert (twice.n_lesions, twice.n_patients) == (60, 15)
    assert twice.slope == pytest.approx(found.slope, rel=1e-6)
    assert [e.measure for e in estimates] == ["calibration_slope", "calibration_intercept"]


def test_scores_that_do_not_rise_with_response_give_no_probability_and_say_so() -> None:
    found, estimates = fit_recalibration(predictions(-1.0), 0.95)
    assert found is None
    assert [e.measure for e in estimates] == ["calibration_slope", "calibration_intercept"]
    assert all("do not rise with response" in estimate.note for estimate in estimates)


def test_the_recalibration_travels_with_the_model(tmp_path: Path) -> None:
    write_model(tmp_path, replace(MODEL, recalibration=Recalibration(-0.4, 0.7, 36, 12)))
    assert read_model(tmp_path).recalibration == Recalibration(-0.4, 0.7, 36, 12)
    description = json.loads((tmp_path / "model.json").read_text())
    del description["recalibration"]  # a model of the version before
    (tmp_path / "model.json").write_text(json.dumps(description))
    assert read_model(tmp_path).recalibration is None


def test_lesions_get_the_probability_of_their_share_and_what_their_class_rests_on() -> None:
    model = replace(MODEL, recalibration=Recalibration(-0.4, 0.7, 36, 12))
    found = {"manual": rois(lesion_1=[0.2, 0.5, 0.9, 0.8], lesion_2=[0.9]), "automatic": rois(lesion_1=[0.1, 0.9])}
    table = lesion_table(model, lesions(1, 2), matching((1, "manual", 0.8, 1), (2, "manual", 0.2, 1)), found)
    assert table["calibrated_manual"][0] == pytest.approx(expit(-0.4 + 0.7 * logit(0.75)))
    assert table["calibrated_manual"][1] == pytest.approx(expit(-0.4 + 0.7 * logit(0.99)))
    assert table["threshold"].tolist() == [0.5, 0.5]
    bare = lesion_table(MODEL, lesions(1), matching((1, "manual", 0.8, 1)), {"manual": rois(lesion_1=[0.9])})
    assert bare["calibrated_manual"].isna().all()


def test_a_class_needs_the_smallest_number_of_rois_that_is_asked_for() -> None:
    found = {"manual": rois(lesion_1=[0.9] * 5, lesion_2=[0.9] * 4), "automatic": rois(lesion_1=[0.9] * 2)}
    both = lesions(1, 2), matching((1, "manual", 0.8, 1), (2, "manual", 0.2, 1)), found
    assert lesion_table(MODEL, *both)["predicted_manual"].tolist() == [1, 1]
    table = lesion_table(MODEL, *both, minimum_rois=5)
    assert table["predicted_manual"].tolist() == [1, pd.NA]
    assert table["predicted_automatic"].isna().all()
    assert table["share_manual"].tolist() == [1, 1]
    assert table["minimum_rois"].tolist() == [5, 5]
