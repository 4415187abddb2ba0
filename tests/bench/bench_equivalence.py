"""How often the tests of equivalence err at the margin, where they may in 5 % of studies.

`python tests/bench/bench_equivalence.py [--studies 2000] [--patients 10 20 40 100]`

Studies whose lesions truly keep their class at the margin (beta-binomial, 1 to 9 lesions a patient), and studies drawn
from a population of 3000 patients in which the areas truly differ by the margin. Beside it what the exact binomial
test, which takes lesions as independent, would do."""

from __future__ import annotations

import argparse

import numpy as np
from scipy import stats

from livermets.stats.equivalence import tost_level
from livermets.stats.power import Levels, agreement_power, auc_power, clustered_binary

LEVELS = Levels(tost_level(0.05), 0.95)
SIZES = np.arange(1, 10)


def by_lesion(patients: int, margin: float, correlation: float, studies: int, random: np.random.Generator) -> float:
    """The error of the exact binomial test of lesions."""
    sizes = random.choice(SIZES, (studies, patients))
    same = clustered_binary(sizes, margin, correlation, random)
    p = stats.binom.sf(same.sum(axis=1) - 1, sizes.sum(axis=1), margin)
    return float((p < 0.05).mean())


def population(correlation: float, noise: float, random: np.random.Generator) -> tuple:
    """Scores of both masks, outcomes and patients; scores and outcomes alike within patients."""
    sizes = random.choice(SIZES, 3000)
    patient = np.repeat(np.arange(3000), sizes)
    n, shared = len(patient), np.sqrt(correlation)
    own = np.sqrt(1 - correlation)
    latent = shared * random.normal(size=3000)[patient] + own * random.normal(size=n)
    response = (latent > 0).astype(float)
    score = response + shared * random.normal(size=3000)[patient] + own * random.normal(size=n)
    return (score, score + noise * random.normal(size=n)), response, patient.astype(np.intp)


def main() -> None:
    """Prints one line per kind of study."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--studies", type=int, default=2000)
    parser.add_argument("--patients", type=int, nargs="+", default=[10, 20, 40, 100])
    options = parser.parse_args()
    random = np.random.default_rng(0)
    for margin in (0.8, 0.9):
        for correlation in (0.0, 0.1, 0.3, 0.6):
            for n in options.patients:
                found = agreement_power(SIZES, n, margin, correlation, margin, LEVELS, options.studies, random)
                naive = by_lesion(n, margin, correlation, options.studies, random)
                print(
                    f"agreement {margin} correlation {correlation} patients {n}: {found.power:.3f}, {naive:.3f}",
                    flush=True,
                )
    for correlation in (0.0, 0.3):
        both, response, patient = population(correlation, 0.7, random)
        for n in options.patients:
            found = auc_power(both, response, patient, n, 0.1, 0.1, LEVELS, options.studies // 2, random)
            print(f"areas correlation {correlation} patients {n}: {found.power:.3f}", flush=True)


if __name__ == "__main__":
    main()
