"""Nested evaluation: the whole fit repeated without the patients it is judged on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.selection import SelectionSettings
from livermets.errors import input_error
from livermets.model.data import TrainingData, check_enough_patients, patients_per_class
from livermets.model.fit import Fit, Run, fit, predicted_shares
from livermets.model.folds import patient_folds
from livermets.model.simpler_models import Comparator, OwnScores
from livermets.randomness import integer_seed

OURS = "ga_network"


@dataclass(frozen=True)
class Chosen:
    """What one search chose."""

    search: str
    features: tuple[str, ...]
    hidden: int
    unstable: tuple[str, ...] = ()
    """Candidates that it did not see, since they do not keep their value over masks."""


@dataclass(frozen=True, eq=False)
class NestedEvaluation:
    """``predictions``: one row per model, repeat and lesion (``model, repeat, fold, lesion, patient, response, score,
    predicted``), each from models that had not seen the lesion's patient. ``chosen``: what every search chose."""

    predictions: pd.DataFrame
    chosen: tuple[Chosen, ...]


def outer_folds(data: TrainingData, settings: SelectionSettings, seed: int, where: str) -> list[NDArray[np.intp]]:
    """The outer fold of every lesion, for every repeat; raises `InputError` where there are too few patients."""
    audit = settings.audit
    if not audit.outer_folds:
        return []
    check_enough_patients(data, audit.outer_folds, f"nested evaluation with {audit.outer_folds} outer folds", where)
    repeats = [
        patient_folds(data.response, data.patient, audit.outer_folds, seed, "outer", repeat)
        for repeat in range(audit.repeats)
    ]
    for fold in repeats:
        for number in range(audit.outer_folds):
            if patients_per_class(data.subset(fold != number)) < 2:
                what = f"with {audit.outer_folds} outer folds a training part has only one patient of a class"
                raise input_error(where, what, "Add patients, or set audit.outer_folds to 0")
    return repeats


def nested_evaluation(
    data: TrainingData,
    settings: SelectionSettings,
    seed: int,
    repeats: Sequence[NDArray[np.intp]],
    comparators: Sequence[Comparator] = (),
    run: Run | None = None,
    prefix: str = "outer",
) -> NestedEvaluation:
    """Fits in every outer training part and predicts the lesions left out, with our model and every comparator."""
    rows: list[pd.DataFrame] = []
    chosen = []
    for repeat, fold in enumerate(repeats):
        for number in range(int(fold.max()) + 1):
            held_out = fold == number
            name = f"{prefix}-{repeat}-{number}"
            fitted = fit_part(data, held_out, settings, seed, name, run)
            chosen.append(Chosen(name, fitted.model.features, len(fitted.model.network.hidden_bias), fitted.unstable))
            share = predicted_shares(fitted, data.subset(held_out))
            predictions = {OURS: (share, fitted.model.classify(share))}
            part_seed = integer_seed(seed, name)
            ours = OwnScores(fitted.shares["cross_fitted"], share)
            predictions |= {one.name: one.predict(data, held_out, settings, part_seed, ours) for one in comparators}
            rows += [_rows(data, held_out, model, repeat, number, *out) for model, out in predictions.items()]
    return NestedEvaluation(pd.concat(rows, ignore_index=True), tuple(chosen))


def fit_part(
    data: TrainingData, held_out: NDArray[np.bool_], settings: SelectionSettings, seed: int, name: str, run: Run | None
) -> Fit:
    """The fit without some lesions: it is handed the other lesions only."""
    return fit(data.subset(~held_out), settings, integer_seed(seed, name), name, run)


def _rows(
    data: TrainingData, held_out: NDArray[np.bool_], model: str, repeat: int, fold: int, score: NDArray, called: NDArray
) -> pd.DataFrame:
    columns = {
        "model": model,
        "repeat": repeat,
        "fold": fold,
        "lesion": np.flatnonzero(held_out),
        "patient": data.patient[held_out],
        "response": data.response[held_out],
        "score": score,
        "predicted": called,
    }
    return pd.DataFrame(columns)
