"""What the nested AUC of the whole selection is when there is an effect, when there is none, and when the outcomes are
permuted by patient; and on real tables (``LIVERMETS_DATA``) beside LASSO in the same folds, with the time it takes.

Run: ``python tests/bench/bench_selection_null.py [--repeats 20] [--population 16] [--generations 6]``. Each repeat
is a new synthetic cohort (12 patients, 48 lesions) or a new permutation, and a whole nested evaluation."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from tests.selection_tables import roi_table

from livermets.config.selection import SelectionSettings
from livermets.io.tables import read_table
from livermets.randomness import generator
from livermets.selection.comparison import comparators
from livermets.selection.data import TrainingData, training_data
from livermets.selection.evaluation import comparison_table, mean_auc_within_folds
from livermets.selection.fit import Run
from livermets.selection.nested import OURS, nested_evaluation, outer_folds
from livermets.selection.permutation import feasible_permutation
from livermets.stats.resampling import PatientBootstrap

THREADS = 2


def settings_of(population: int, generations: int) -> SelectionSettings:
    return SelectionSettings.model_validate({
        "network": {"epochs": 10, "minimum_steps": 150, "learning_rate": 3e-3, "rois_per_lesion": 60},
        "search": {"population": population, "generations": generations, "folds": 3},
        "audit": {"outer_folds": 3},
    })  # fmt: skip


def cohort(seed: int, effect: float) -> TrainingData:
    table = roi_table(12, 4, rois=(10, 120), features=30, effect=effect, seed=seed)
    return training_data(table, "response", ["patient_id"])


def nested_auc(data: TrainingData, settings: SelectionSettings, seed: int) -> float:
    folds = outer_folds(data, settings, seed, "table")
    return mean_auc_within_folds(nested_evaluation(data, settings, seed, folds, run=Run(THREADS)).predictions, OURS)


def permuted(number: int, settings: SelectionSettings) -> TrainingData:
    data = cohort(0, 1.0)
    for attempt in range(1000):
        candidate = feasible_permutation(data, generator(number, "bench", attempt))
        sides = [len(np.unique(candidate.patient[candidate.response == side])) for side in (0, 1)]
        if min(sides) >= settings.audit.outer_folds:
            return candidate
    raise RuntimeError("no feasible permutation")


def real_table(path: Path, settings: SelectionSettings) -> None:
    start = time.perf_counter()
    data = training_data(read_table(path), "Target", ["ID"])
    models, _ = comparators(data, [])
    nested = nested_evaluation(data, settings, 0, outer_folds(data, settings, 0, path.name), models, Run(THREADS))
    boot = PatientBootstrap.draw(data.n_lesions, 1000, 0.95, generator(0, "bench"))
    names = list(dict.fromkeys(nested.predictions["model"]))
    table = comparison_table(nested.predictions, names, 0.95, boot)
    print(f"{path.name}: {data.features.shape[0]} × {data.features.shape[1]}, {time.perf_counter() - start:.0f} s")
    for row in table[table["measure"] == "auc_within_folds"].itertuples():
        print(f"   {row.model:24s} AUC {row.value:.3f} ({row.low:.3f}-{row.high:.3f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--population", type=int, default=16)
    parser.add_argument("--generations", type=int, default=6)
    options = parser.parse_args()
    settings = settings_of(options.population, options.generations)
    kinds = {
        "effect 1": lambda i: cohort(i, 1.0),
        "effect 0": lambda i: cohort(i, 0.0),
        "permuted": lambda i: permuted(i, settings),
    }
    for name, make in kinds.items():
        aucs = np.array([nested_auc(make(i), settings, i) for i in range(options.repeats)])
        error = aucs.std(ddof=1) / np.sqrt(len(aucs))
        print(f"{name:9s} nested AUC: mean {aucs.mean():.3f} (SE {error:.3f}), SD {aucs.std(ddof=1):.3f}, "
              f"{aucs.min():.2f} to {aucs.max():.2f}, {len(aucs)} repeats", flush=True)  # fmt: skip
    if "LIVERMETS_DATA" in os.environ:
        for path in sorted((Path(os.environ["LIVERMETS_DATA"]) / "radiomics-tables").glob("*.csv.gz")):
            real_table(path, settings)


if __name__ == "__main__":
    main()
