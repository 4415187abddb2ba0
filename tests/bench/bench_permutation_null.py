"""How often the permutation test of the selection stage says p <= 0.05 when nothing is to be found, and when something
is, with outcomes and features that cluster within patients of very unequal numbers of lesions.

Run: ``python tests/bench/bench_permutation_null.py [--statistic fast search] [--studies 4000] [--counts even skewed]``.
A study: 16 patients with 84 lesions, at most 10 each (or one with 24), three quarters R+ (beta-binomial with the given
intraclass correlation); features are patient plus lesion effects. ``fast`` stands in for the search with the same
structure in microseconds: the best AUC within folds by patient among 40 linear scores of 1 to 5 of 20 features, each
fitted in the other folds. ``search`` is the search itself, small. A test of 199 (search: 19) permutations stops as soon
as its verdict is known. Beside it: outcomes dealt end to end, which cuts the patterns of
whole patients apart."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from multiprocessing import get_context

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from numba import njit
from numpy.typing import NDArray

from livermets.config.selection import SelectionSettings
from livermets.model.data import TrainingData, patients_per_class
from livermets.model.fit import Run
from livermets.model.permutation import permuted_response, search_score

COUNTS = {
    "even": (10, 10, 10, 9, 8, 7, 6, 5, 4, 4, 3, 3, 2, 1, 1, 1),
    "skewed": (24, 12, 8, 6, 4, 3, 3, 2, 2, 2, 1, 1, 1, 1, 1, 1),
}
PREVALENCE, FEATURES, CANDIDATES, INFORMATIVE, FOLDS, EFFECT = 0.75, 20, 40, 5, 4, 0.7
SEARCH = SelectionSettings.model_validate({
    "network": {"epochs": 2, "minimum_steps": 20, "learning_rate": 0.05},
    "search": {"population": 5, "generations": 1, "folds": FOLDS, "patience": None, "elite": 1},
})  # fmt: skip
ALPHA = 0.05
Permutation = Callable[[TrainingData, np.random.Generator], NDArray[np.intp]]


def end_to_end(data: TrainingData, random: np.random.Generator) -> NDArray[np.intp]:
    """The patients' runs of outcomes in random order, one behind the other, whatever the receivers' numbers."""
    order = np.argsort(data.patient, kind="stable")
    runs = [data.response[data.patient == patient] for patient in np.unique(data.patient)]
    permuted = np.empty_like(data.response)
    permuted[order] = np.concatenate([runs[i] for i in random.permutation(len(runs))])
    return permuted


SCHEMES: dict[str, Permutation] = {"end to end": end_to_end, "whole patients": permuted_response}


def study(random: np.random.Generator, counts: tuple[int, ...], icc: float, feature_icc: float, effect: float,
          rois: int = 1) -> TrainingData:  # fmt: skip
    """One training set with each class in enough patients for the folds."""
    patient = np.repeat(np.arange(len(counts)), counts)
    while True:
        spread = (1 - icc) / icc if icc else 1e9
        chance = random.beta(PREVALENCE * spread, (1 - PREVALENCE) * spread, len(counts))
        response = (random.random(len(patient)) < chance[patient]).astype(np.intp)
        of_patient, of_lesion = (
            random.normal(size=(len(counts), FEATURES)),
            random.normal(size=(len(patient), FEATURES)),
        )
        features = np.sqrt(feature_icc) * of_patient[patient] + np.sqrt(1 - feature_icc) * of_lesion
        features[:, :INFORMATIVE] += effect * response[:, None]
        lesion = np.repeat(np.arange(len(patient)), rois)
        rows = features[lesion] + (0.5 * random.normal(size=(len(lesion), FEATURES)) if rois > 1 else 0)
        lesions = pd.DataFrame({"group": patient.astype(str), "lesion_id": range(len(patient))})
        data = TrainingData(rows, tuple(f"f{i}" for i in range(FEATURES)), lesion, patient.astype(np.intp), response,
                            lesions)  # fmt: skip
        if patients_per_class(data) >= FOLDS:
            return data


@njit(cache=True)  # type: ignore[untyped-decorator]
def folds_by_patient(counts: NDArray, shuffles: NDArray) -> NDArray:
    """The greedy stratified folds of scikit-learn, the first of some shuffles without a flaw (``counts``: patients x
    classes)."""
    total, best, fewest = counts.sum(axis=0), np.zeros(len(counts), np.int64), FOLDS + 1
    for order in shuffles:
        spread = np.abs(counts[order, 0] - counts[order, 1])
        inside, fold = np.zeros((FOLDS, 2)), np.zeros(len(counts), np.int64)
        for patient in order[np.argsort(-spread, kind="mergesort")]:
            least, chosen = np.inf, 0
            for f in range(FOLDS):
                inside[f] += counts[patient]
                unevenness = np.std(inside[:, 0] / total[0]) + np.std(inside[:, 1] / total[1])
                inside[f] -= counts[patient]
                if unevenness < least - 1e-12:
                    least, chosen = unevenness, f
            fold[patient] = chosen
            inside[chosen] += counts[patient]
        flawed = ((inside[:, 0] == 0) | (inside[:, 1] == 0)).sum()
        if flawed < fewest:
            best, fewest = fold, flawed
        if flawed == 0:
            break
    return best


@njit(cache=True)  # type: ignore[untyped-decorator]
def best_auc(features: NDArray, response: NDArray, fold: NDArray, candidates: NDArray) -> float:
    """The best AUC within folds of linear scores, each by the differences of the classes' means in the other folds."""
    wins, pairs = np.zeros(len(candidates)), 0
    for f in range(FOLDS):
        weight = np.zeros(features.shape[1])
        numbers = np.zeros(2)
        for side in range(2):
            for i in range(len(response)):
                numbers[side] += fold[i] != f and response[i] == side
        for i in range(len(response)):
            if fold[i] != f:
                weight += features[i] * ((1.0 if response[i] else -1.0) / numbers[response[i]])
        score = np.where(fold == f, 1.0, np.nan)[:, None] * ((features * weight) @ candidates.T)
        for up in np.flatnonzero((fold == f) & (response == 1)):
            for down in np.flatnonzero((fold == f) & (response == 0)):
                pairs += 1
                for c in range(len(candidates)):
                    wins[c] += score[up, c] > score[down, c]
    return wins.max() / pairs


def fast(data: TrainingData, candidates: NDArray, random: np.random.Generator) -> float:
    """The statistic that stands in for the search's."""
    responders = np.bincount(data.patient, data.response)
    counts = np.stack([np.bincount(data.patient) - responders, responders], axis=1)
    shuffles = np.stack([random.permutation(len(counts)) for _ in range(10)])
    fold = folds_by_patient(counts.astype(np.float64), shuffles)
    return float(best_auc(data.features, data.response, fold[data.patient], candidates))


def rejects(scheme: str, statistic: str, number: int, counts: str, icc: float, feature_icc: float,
            effect: float) -> bool:  # fmt: skip
    """Whether the test of one study says p <= 0.05; it stops when no further permutation can change that."""
    random = np.random.default_rng([number, int(100 * icc), int(100 * feature_icc), int(100 * effect)])
    permutations = 199 if statistic == "fast" else 19
    data = study(random, COUNTS[counts], icc, feature_icc, effect, rois=1 if statistic == "fast" else 4)
    candidates = np.zeros((CANDIDATES, FEATURES))
    for row in candidates:
        row[random.permutation(FEATURES)[: random.integers(1, 6)]] = 1.0

    def value(response: NDArray[np.intp]) -> float:
        one = data.with_response(response)
        if statistic == "fast":
            return fast(one, candidates, random)
        return search_score(one, SEARCH, int(random.integers(2**31)), "", Run())

    observed, reached = value(data.response), 0
    for _ in range(permutations):
        response = SCHEMES[scheme](data, random)
        while patients_per_class(data.with_response(response)) < FOLDS:
            response = SCHEMES[scheme](data, random)
        reached += value(response) >= observed
        if (reached + 1) / (permutations + 1) > ALPHA:
            return False
    return True


def _job(job: tuple) -> bool:
    return rejects(*job)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--statistic", nargs="+", choices=["fast", "search"], default=["fast", "search"])
    parser.add_argument("--schemes", nargs="+", choices=list(SCHEMES), default=list(SCHEMES))
    parser.add_argument("--counts", nargs="+", choices=list(COUNTS), default=["even"])
    parser.add_argument("--icc", nargs="+", type=float, default=[0.0, 0.5, 0.8])
    parser.add_argument("--feature-icc", nargs="+", type=float, default=[0.0, 0.5])
    parser.add_argument("--effects", nargs="+", type=float, default=[0.0, EFFECT])
    parser.add_argument("--studies", type=int, default=4000)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    with ProcessPoolExecutor(options.processes, mp_context=get_context("spawn")) as pool:
        for setting in product(options.statistic, options.counts, options.effects, options.icc, options.feature_icc):
            statistic, counts, effect, icc, feature_icc = setting
            for scheme in options.schemes:
                start = time.perf_counter()
                jobs = [(scheme, statistic, i, counts, icc, feature_icc, effect) for i in range(options.studies)]
                share = float(np.mean(list(pool.map(_job, jobs, chunksize=20))))
                error = np.sqrt(share * (1 - share) / options.studies)
                print(f"{statistic:6s} {counts:6s} effect {effect:.1f} ICC {icc:.1f} features' ICC {feature_icc:.1f} "
                      f"{scheme:15s} P(p <= 0.05) {share:.3f} (SE {error:.3f}, {options.studies} studies, "
                      f"{time.perf_counter() - start:.0f} s)", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
