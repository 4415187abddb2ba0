"""How often 95 % intervals hold bias and limits of agreement of the shares, when a patient's lesions are alike.

`python tests/bench/bench_share_limits.py [--studies 1000] [--patients 8 24 40]`

Differences are normal with a standard deviation of 0.05 between and 0.15 within patients (what the demonstration shows)
or 0.12 and 0.12, so that the true limits are known; 1 to 8 lesions per patient. `either` is the wider of the two
intervals of a study, which is the one that the figure draws."""

from __future__ import annotations

import argparse

import numpy as np
from tqdm import tqdm

from livermets.stats.bland_altman import LIMITS_Z, agreement_limits
from livermets.stats.resampling import PatientBootstrap

BIAS = 0.02
SPREADS = {"alike": (0.12, 0.12), "nearly independent": (0.05, 0.15)}
MEASURES = ("bias", "lower_limit", "upper_limit")


def intervals(patients: int, between: float, within: float, random: np.random.Generator) -> dict[str, list]:
    """The intervals of one simulated study by measure: lesions independent, by patient, and the wider of the two."""
    patient = np.repeat(np.arange(patients), random.integers(1, 9, patients))
    d = BIAS + random.normal(0, between, patients)[patient] + random.normal(0, within, len(patient))
    boot = PatientBootstrap.draw(patients, 1000, 0.95, random)
    found: dict[str, list] = {measure: [] for measure in MEASURES}
    for estimate in agreement_limits(d, patient, boot):
        if estimate.measure in found:
            found[estimate.measure].append((estimate.low, estimate.high))
    return {measure: [*both, max(both, key=lambda ends: ends[1] - ends[0])] for measure, both in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--patients", type=int, nargs="+", default=[8, 24, 40])
    options = parser.parse_args()
    print("lesions of a patient, patients, measure: coverage of lesions independent, by patient, either")
    for name, (between, within) in SPREADS.items():
        reach = LIMITS_Z * np.hypot(between, within)
        truth = {"bias": BIAS, "lower_limit": BIAS - reach, "upper_limit": BIAS + reach}
        for patients in options.patients:
            random = np.random.default_rng([patients, options.studies])
            held = {measure: np.zeros(3) for measure in MEASURES}
            for _ in tqdm(range(options.studies), desc=f"{name}, {patients}", leave=False, disable=None):
                for measure, three in intervals(patients, between, within, random).items():
                    held[measure] += [low <= truth[measure] <= high for low, high in three]
            for measure in MEASURES:
                shares = ", ".join(f"{share:.3f}" for share in held[measure] / options.studies)
                print(f"{name}, {patients}, {measure}: {shares}", flush=True)


if __name__ == "__main__":
    main()
