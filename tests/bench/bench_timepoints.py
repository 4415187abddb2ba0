"""How often do the tests between two timepoints find a difference where there is none (p <= 0.05), and find a real one?

Patients have 1 to 10 lesions at each timepoint; their lesions are alike with the intraclass correlation named. All,
half or none of the patients are seen at both timepoints. By patient: `overlap.timepoints.clustered_difference_p`;
unpaired: Welch's t, which takes every lesion as one of another patient, as papers do.

    .venv/bin/python tests/bench/bench_timepoints.py [--studies 1000]
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
from numpy.typing import NDArray

from livermets.overlap.timepoints import clustered_difference_p, welch_p


def study(
    patients: int, icc: float, shared: float, effect: float, random: np.random.Generator
) -> tuple[NDArray, NDArray, NDArray]:
    """Values (standard deviation 1), whether each is of the first timepoint, and its patient."""
    values, first, who = [], [], []
    for patient in range(patients):
        own = random.normal() * np.sqrt(icc)
        for at_first in (True, False) if random.random() < shared else (bool(patient % 2),):
            lesions = min(1 + random.poisson(2.5), 10)
            values += list(own + random.normal(size=lesions) * np.sqrt(1 - icc) + effect * at_first)
            first += [at_first] * lesions
            who += [patient] * lesions
    return np.array(values), np.array(first), np.array(who)


def share_below(
    studies: int, patients: int, icc: float, shared: float, effect: float, binary: bool, seed: int
) -> tuple[float, float]:
    """Share of studies with p <= 0.05, by patient and unpaired."""
    random = np.random.default_rng(seed)
    below = np.zeros((studies, 2), bool)
    for row in below:
        values, first, who = study(patients, icc, shared, effect, random)
        values = (values > -1).astype(float) if binary else values
        row[:] = (
            clustered_difference_p(values, first, who)[0] <= 0.05,
            welch_p(values[first], values[~first])[0] <= 0.05,
        )
    return float(below[:, 0].mean()), float(below[:, 1].mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=1000)
    studies = parser.parse_args().studies
    warnings.simplefilter("ignore")
    print("patients  icc  at both  what       null: by patient  unpaired   effect 0.5 SD: by patient")
    for patients in (8, 16, 40):
        for icc in (0.0, 0.5, 0.8):
            for shared in (1.0, 0.5, 0.0):
                for binary in (False, True):
                    ours, unpaired = share_below(studies, patients, icc, shared, 0.0, binary, 1)
                    power, _ = share_below(studies // 4, patients, icc, shared, 0.5, binary, 2)
                    what = "detection" if binary else "Dice"
                    row = (
                        f"{patients:8}  {icc:.1f}  {shared:7.1f}  {what:9}  {ours:16.3f}  {unpaired:8.3f}  {power:9.2f}"
                    )
                    print(row, flush=True)


if __name__ == "__main__":
    main()
