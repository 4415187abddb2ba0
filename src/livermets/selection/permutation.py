"""What the search finds when outcome and images have nothing to do with each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.selection import SelectionSettings
from livermets.randomness import generator, integer_seed
from livermets.selection.data import TrainingData, patients_per_class
from livermets.selection.evaluation import mean_auc_within_folds
from livermets.selection.fit import Run, search
from livermets.selection.fitness import CrossValidation
from livermets.selection.nested import OURS, nested_evaluation
from livermets.selection.preparation import useful_features

_ATTEMPTS = 1000


def permuted_response(data: TrainingData, random: np.random.Generator) -> NDArray[np.intp]:
    """Outcomes dealt out anew by patient: the patients' runs of outcomes, each kept together, in random order.

    Where patients have equally many lesions, each gets all outcomes of another; else a run may be split between two
    patients. The number of R+ lesions stays the same, and so nearly does their clustering within patients."""
    order = np.argsort(data.patient, kind="stable")
    runs = [data.response[data.patient == patient] for patient in np.unique(data.patient)]
    dealt = np.concatenate([runs[i] for i in random.permutation(len(runs))])
    permuted = np.empty_like(data.response)
    permuted[order] = dealt
    return permuted


def feasible_permutation(data: TrainingData, random: np.random.Generator) -> TrainingData:
    """Permuted data in which each class still has as many patients as the folds need (or as there were)."""
    needed = min(2, patients_per_class(data))
    for _ in range(_ATTEMPTS):
        permuted = data.with_response(permuted_response(data, random))
        if patients_per_class(permuted) >= needed:
            return permuted
    raise RuntimeError(f"no permutation with {needed} patients per class in {_ATTEMPTS} attempts")


def permutation_null(
    data: TrainingData, settings: SelectionSettings, seed: int, observed: float, run: Run
) -> pd.DataFrame:
    """The statistic of the true outcomes (``permutation`` 0) and of every permutation, with the share of all that
    reach it (``p_value``, only in the first row; the true one counts, so it is never 0)."""
    values = [observed]
    for number in range(1, settings.audit.permutations + 1):
        name = f"permutation-{number}"
        permuted = feasible_permutation(data, generator(seed, "permutation", number))
        values.append(_statistic(permuted, settings, integer_seed(seed, name), name, run))
    p_value = float(np.mean(np.asarray(values) >= observed))
    return pd.DataFrame({
        "permutation": range(len(values)), "statistic": settings.audit.permutation_statistic, "value": values,
        "p_value": [p_value if len(values) > 1 else np.nan, *[np.nan] * (len(values) - 1)],
    })  # fmt: skip


def _statistic(data: TrainingData, settings: SelectionSettings, seed: int, name: str, run: Run) -> float:
    if settings.audit.permutation_statistic == "search":
        kept, _ = useful_features(data)
        cross_validation = CrossValidation.prepare(data.with_features(kept), settings, seed, run.threads)
        return search(cross_validation, seed, name, run).score
    from livermets.selection.nested import outer_folds

    folds = outer_folds(data, settings, seed, name)
    nested = nested_evaluation(data, settings, seed, folds, run=run, prefix=name)
    return mean_auc_within_folds(nested.predictions, OURS)
