"""What the search finds when outcome and images have nothing to do with each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.selection import SelectionSettings
from livermets.errors import InputError, input_error
from livermets.model.data import TrainingData, patients_per_class
from livermets.model.evaluation import mean_auc_within_folds
from livermets.model.fit import Run, search
from livermets.model.fitness import CrossValidation
from livermets.model.nested import OURS, nested_evaluation, outer_folds
from livermets.model.stable_features import candidate_features, stable_problems
from livermets.randomness import generator, integer_seed

PERMUTATION_COLUMNS = (
    "permutation",
    "statistic",
    "value",
    "p_value",
    "p_smallest",
    "population",
    "generations",
)
_ATTEMPTS = 1000
_LEAST_EXCHANGED = 4


def exchanged_patients(data: TrainingData) -> list[list[int]]:
    """Groups of patients with about as many lesions, between whom outcomes are exchanged: neighbours in the order of
    their numbers of lesions, at least four to a group, those with equally many always together."""
    count = np.bincount(data.patient)
    groups: list[list[int]] = [[]]
    for patient in np.argsort(-count, kind="stable").tolist():
        if len(groups[-1]) >= _LEAST_EXCHANGED and count[groups[-1][-1]] != count[patient]:
            groups.append([])
        groups[-1].append(patient)
    if len(groups) > 1 and len(groups[-1]) < _LEAST_EXCHANGED:
        last = groups.pop()
        groups[-1] += last
    return groups


def permuted_response(data: TrainingData, random: np.random.Generator) -> NDArray[np.intp]:
    """Outcomes dealt out anew by patient: each gets all outcomes of one patient with about as many lesions, in random
    order, cut off or repeated to its own number.

    One patient's outcomes stay with one patient, so that their clustering, which makes chance findings more likely,
    is kept. Where all patients have equally many lesions this is the exact permutation of whole patients."""
    permuted = np.empty_like(data.response)
    lesions = [np.flatnonzero(data.patient == patient) for patient in range(int(data.patient.max()) + 1)]
    for group in exchanged_patients(data):
        for receiver, giver in zip(group, random.permutation(group), strict=True):
            outcomes = random.permutation(data.response[lesions[giver]])
            permuted[lesions[receiver]] = outcomes[np.arange(len(lesions[receiver])) % len(outcomes)]
    return permuted


def permuted_data(data: TrainingData, settings: SelectionSettings, seed: int, where: str) -> list[TrainingData]:
    """The data under every permutation, each with as many patients per class as the folds of the true outcomes need:
    with fewer folds a search would be another one. Raises `InputError` where no such permutation is found."""
    return [_feasible(data, settings, seed, number, where) for number in range(1, settings.audit.permutations + 1)]


def _feasible(data: TrainingData, settings: SelectionSettings, seed: int, number: int, where: str) -> TrainingData:
    random = generator(seed, "permutation", number)
    needed = min(settings.search.folds, patients_per_class(data))
    for _ in range(_ATTEMPTS):
        permuted = data.with_response(permuted_response(data, random))
        if patients_per_class(permuted) >= needed and _can_be_nested(permuted, settings, seed, number):
            return permuted
    what = f"no exchange of outcomes between patients leaves {needed} patients to each class, as the folds need"
    raise input_error(where, what, "Add patients, lower the number of folds, or set audit.permutations to 0")


def _can_be_nested(data: TrainingData, settings: SelectionSettings, seed: int, number: int) -> bool:
    if settings.audit.permutation_statistic == "search":
        return True
    try:
        repeats = outer_folds(data, settings, *_named(seed, number))
    except InputError:
        return False
    parts = (data.subset(fold != held_out) for fold in repeats for held_out in range(int(fold.max()) + 1))
    return not any(stable_problems(part, settings.stable_features, "").errors for part in parts)


def _named(seed: int, number: int) -> tuple[int, str]:
    """A permutation's own seed, and its name among the searches; 0: the true outcomes."""
    name = f"permutation-{number}"
    return integer_seed(seed, name), name


def permutation_null(
    permuted: Sequence[TrainingData], settings: SelectionSettings, seed: int, observed: float, run: Run
) -> pd.DataFrame:
    """The statistic of the true outcomes (``permutation`` 0) and of every permutation, all by searches of the same
    ``population`` and ``generations``. In the first row the share of all that reach it (``p_value``; the true one
    counts, so it is never 0) and ``p_smallest``, the smallest that so many permutations can give: 1 / (n + 1)."""
    statistics = [_statistic(data, settings, *_named(seed, i), run) for i, data in enumerate(permuted, start=1)]
    values = [observed, *statistics]
    only_first = [np.nan] * len(permuted)
    columns = {
        "permutation": range(len(values)),
        "statistic": settings.audit.permutation_statistic,
        "value": values,
        "p_value": [float(np.mean(np.asarray(values) >= observed)), *only_first],
        "p_smallest": [1 / len(values), *only_first],
        "population": settings.search.population,
        "generations": settings.search.generations,
    }
    return pd.DataFrame(columns)[list(PERMUTATION_COLUMNS)]


def _statistic(data: TrainingData, settings: SelectionSettings, seed: int, name: str, run: Run) -> float:
    if settings.audit.permutation_statistic == "search":
        return search_score(data, settings, seed, name, run)
    nested = nested_evaluation(data, settings, seed, outer_folds(data, settings, seed, name), run=run, prefix=name)
    return mean_auc_within_folds(nested.predictions, OURS)


def search_score(data: TrainingData, settings: SelectionSettings, seed: int, name: str, run: Run) -> float:
    """The best cross-validated score that one search finds."""
    kept, _ = candidate_features(data, settings)
    cross_validation = CrossValidation.prepare(data.with_features(kept), settings, seed, run.threads)
    return search(cross_validation, seed, name, run).score


def observed_search_score(data: TrainingData, settings: SelectionSettings, seed: int, run: Run) -> float:
    """The same of the true outcomes, by a search of the size of the permuted ones."""
    return search_score(data, settings, *_named(seed, 0), run)
