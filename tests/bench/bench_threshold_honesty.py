"""What the threshold's own sensitivity and specificity promise where there is nothing to find, and what the nested ones
beside them say; and whether the interval of the threshold holds the best threshold of the population.

Run: ``python tests/bench/bench_threshold_honesty.py [--studies 100]``. A study: 16 patients, 84 lesions with 4 ROIs
each, 20 features of noise that cluster by patient (ICC 0.5), outcomes that cluster as much; a small search and its
nested evaluation. For the interval: 16 patients, shares of R+ lesions 0.7 and of R- lesions 0.4 on average with a
patient effect; the best threshold of the population is 0.55. No timing."""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from bench_permutation_null import COUNTS, study

from livermets.config.selection import SelectionSettings
from livermets.errors import InputError
from livermets.model.selection import Inputs, select
from livermets.model.tables import threshold_table
from livermets.stats.youden import youden_threshold

SETTINGS = SelectionSettings.model_validate({
    "network": {"epochs": 2, "minimum_steps": 30, "learning_rate": 0.03},
    "search": {"population": 10, "generations": 4, "folds": 3, "patience": None},
    "threshold": {"bootstrap": 0},
    "audit": {"outer_folds": 3, "permutations": 0, "feature_gains": False, "comparisons": False},
})  # fmt: skip
BEST = 0.55


def youden_indices(number: int) -> tuple[float, float, float]:
    """On noise: quoted by the rule in use, by resubstitution, and nested."""
    data = study(np.random.default_rng(number), COUNTS["even"], 0.5, 0.5, 0.0, rois=4)
    table = data.lesions.iloc[data.lesion].rename(columns={"group": "patient"}).reset_index(drop=True)
    table["response"] = data.row_response
    table[list(data.names)] = data.features
    inputs = Inputs.checked(table, "response", ["patient"], ["lesion_id"], [], None, SETTINGS, number, "table")
    selected = select(inputs)
    found = threshold_table(selected.fitted, selected.nested).set_index("method")
    used = found.loc["cross_fitted"]
    return used["youden"], found.loc["resubstitution", "youden"], used["nested_youden"]


def interval_holds(number: int) -> tuple[bool, bool, bool]:
    """Whether the interval holds the best threshold, reaches above its estimate, and ends at it."""
    random = np.random.default_rng(number)
    patient = np.repeat(np.arange(16), COUNTS["even"])
    response = (random.random(84) < 0.7).astype(int)
    score = 0.4 + 0.3 * response + 0.1 * random.normal(size=16)[patient] + 0.1 * random.normal(size=84)
    found = youden_threshold(score, response, patient, seed=number)
    return found.low <= BEST <= found.high, found.high > found.threshold, found.threshold in (found.low, found.high)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=100)
    options = parser.parse_args()
    torch.set_num_threads(1)
    shares = np.mean([interval_holds(i) for i in range(10 * options.studies)], axis=0)
    print(f"95 % interval of the threshold holds the best one in {shares[0]:.1%}, reaches above its estimate in "
          f"{shares[1]:.1%}, ends at it in {shares[2]:.1%} of {10 * options.studies} studies", flush=True)  # fmt: skip
    found = []
    for number in range(options.studies):
        try:
            found.append(youden_indices(number))
        except InputError:  # too few patients of a class for the outer folds: no nested evaluation
            continue
    values = np.array(found)
    for name, column in zip(("quoted (cross-fitted networks)", "resubstitution", "nested"), values.T, strict=True):
        error = column.std(ddof=1) / np.sqrt(len(column))
        print(f"noise: Youden index, {name:32s} mean {column.mean():+.3f} (SE {error:.3f}, {len(column)} studies)")


if __name__ == "__main__":
    main()
