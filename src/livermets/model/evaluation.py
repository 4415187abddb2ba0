"""Nested predictions into numbers with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.model.names import CLINICAL, WITH_CLINICAL
from livermets.model.scores import auc_within_folds
from livermets.stats.diagnostics import auc_estimates, class_diagnostics
from livermets.stats.resampling import PatientBootstrap
from livermets.stats.results import Estimate, to_frame

COLUMNS = ("measure", "value", "low", "high", "level", "method", "n_lesions", "n_patients", "note", "n", "k")


def mean_auc_within_folds(predictions: pd.DataFrame, model: str) -> float:
    """The share of pairs of an R+ and an R- lesion of the same outer fold in which the R+ lesion has the higher score
    (ties half), all folds together, averaged over repeats.

    Folds count by their pairs. Scores of different folds come from different models on scales of their own and are not
    compared, unlike in the pooled AUC beside it."""
    own = predictions[predictions["model"] == model]
    aucs = [
        auc_within_folds(
            part["score"].to_numpy(), part["response"].to_numpy(), np.ones(len(part)), part["fold"].to_numpy()
        )
        for _, part in own.groupby("repeat", dropna=False)
    ]
    return float(np.mean(aucs))


def evaluation_table(predictions: pd.DataFrame, model: str, level: float, boot: PatientBootstrap) -> pd.DataFrame:
    """AUC within folds and pooled, and the classes' diagnostics, of one model on held-out patients.

    Pooled scores are the lesion's mean over repeats; classes are those of the first repeat."""
    own = predictions[predictions["model"] == model]
    pooled = own.groupby("lesion", dropna=False).agg({"patient": "first", "response": "first", "score": "mean"})
    patient = pooled["patient"].to_numpy()
    estimates = [within_folds_estimate(own, level, boot)]
    estimates += auc_estimates(pooled["score"].to_numpy(), pooled["response"].to_numpy(), patient, boot)
    first = own[own["repeat"] == own["repeat"].min()].sort_values("lesion")
    estimates += class_diagnostics(
        first["response"].to_numpy(), first["predicted"].to_numpy(), first["patient"].to_numpy(), boot
    )
    return to_frame(estimates, COLUMNS, model=model)


def comparison_table(
    predictions: pd.DataFrame, models: Sequence[str], level: float, boot: PatientBootstrap
) -> pd.DataFrame:
    """AUC within folds of every model, pooled AUC beside it, and the difference to the first model, paired over
    patients (``auc_within_folds_difference``: this model minus the first). Where clinical covariates are compared, also
    what our score adds to them (``auc_within_folds_added``: both together minus the covariates alone)."""
    resampled = {model: bootstrap_within_folds(predictions[predictions["model"] == model], boot) for model in models}
    frames = []
    for model in models:
        own = predictions[predictions["model"] == model]
        estimates = [within_folds_estimate(own, level, boot)]
        pooled = own.groupby("lesion", dropna=False).agg({"patient": "first", "response": "first", "score": "mean"})
        estimates += auc_estimates(
            pooled["score"].to_numpy(), pooled["response"].to_numpy(), pooled["patient"].to_numpy(), boot
        )
        minus = {"difference": models[0]} if model != models[0] else {}
        minus |= {"added": CLINICAL} if model == WITH_CLINICAL and CLINICAL in models else {}
        for measure, other in minus.items():
            value = mean_auc_within_folds(predictions, model) - mean_auc_within_folds(predictions, other)
            (low, high), why = boot.interval(resampled[model] - resampled[other], own["patient"].nunique())
            estimates.append(_estimate(f"auc_within_folds_{measure}", value, low, high, level, own, why))
        frames.append(to_frame(estimates, COLUMNS, model=model))
    return pd.concat(frames, ignore_index=True)


def within_folds_estimate(own: pd.DataFrame, level: float, boot: PatientBootstrap) -> Estimate:
    """`mean_auc_within_folds` with a patient-bootstrap interval; the fitted models are taken as given."""
    value = mean_auc_within_folds(own, own["model"].iloc[0])
    (low, high), why = boot.interval(bootstrap_within_folds(own, boot), own["patient"].nunique())
    return _estimate("auc_within_folds", value, low, high, level, own, why)


def bootstrap_within_folds(own: pd.DataFrame, boot: PatientBootstrap) -> NDArray[np.float64]:
    """The AUC within folds, averaged over repeats, in every resample of patients (NaN where undefined)."""
    patients = boot.weights.shape[1]
    values = []
    for _, repeat in own.groupby("repeat", dropna=False):
        wins, pairs = np.zeros((patients, patients)), np.zeros((patients, patients))
        for _, part in repeat.groupby("fold", dropna=False):
            up, down = part[part["response"] == 1], part[part["response"] == 0]
            gap = up["score"].to_numpy()[:, None] - down["score"].to_numpy()[None, :]
            at = np.ix_(up["patient"].to_numpy(), down["patient"].to_numpy())
            np.add.at(wins, at, (gap > 0) + 0.5 * (gap == 0))
            np.add.at(pairs, at, 1.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            values.append(_quadratic(boot.weights, wins) / _quadratic(boot.weights, pairs))
    return np.asarray(np.mean(values, axis=0))


def _quadratic(weights: NDArray, kernel: NDArray) -> NDArray:
    return np.einsum("bp,bp->b", weights @ kernel, weights)


def _estimate(
    measure: str, value: float, low: float, high: float, level: float, own: pd.DataFrame, why: str
) -> Estimate:
    note = why if np.isnan(low) else ""
    counts: dict[str, Any] = {"n_lesions": own["lesion"].nunique(), "n_patients": own["patient"].nunique()}
    return Estimate(measure, value, low, high, level, "cluster-bootstrap", note=note, **counts)
