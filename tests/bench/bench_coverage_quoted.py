"""How often the interval that the report quotes holds the truth, in studies of the sizes that people have.

`python tests/bench/bench_coverage_quoted.py [--studies 1000] [--only proportion kappa] [--sizes 8/25]`

Patients' lesion counts are those of the demonstration (8/25 compared, 8/36 in all) and like those of Giannini 2020
(16/84 in training, 8/39 in validation). `clustered` is the interval by patient alone (by lesion where there is none),
`quoted` the one of `shown_interval`, which is never narrower than the one by lesion. `limit` marks what falls below 93
%."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from tqdm import tqdm

from livermets.concordance.diagnostics import compare_aucs
from livermets.concordance.subgroups import subgroup_differences
from livermets.masks.identity import SIDES
from livermets.stats.agreement import kappa_estimates
from livermets.stats.diagnostics import auc_estimates, auc_obstacle, proportion_estimates
from livermets.stats.resampling import PatientBootstrap
from livermets.stats.results import both_intervals, shown_interval, to_frame

SIZES = {
    "8/25": (5, 2, 7, 1, 3, 4, 1, 2), "8/36": (5, 4, 7, 2, 6, 6, 2, 4), "8/39": (10, 9, 6, 5, 4, 2, 2, 1),
    "16/84": (10, 10, 9, 8, 8, 7, 6, 5, 5, 4, 4, 3, 2, 1, 1, 1),
}  # fmt: skip
CORRELATIONS = (0.0, 0.3, 0.6)
LEVEL, SUFFICES = 0.95, 0.93
FLIPPED, POSITIVE = 0.15, 0.6
SHIFT = (1.2, 0.9)
BIG, SMALL = 0.9, 0.7
Drawn = tuple[pd.DataFrame, float]
"""The rows of one estimate, and the truth."""
Study = Callable[[NDArray[np.intp], float, np.random.Generator, PatientBootstrap], Drawn | None]


def events(share: NDArray | float, patient: NDArray[np.intp], icc: float, random: np.random.Generator) -> NDArray:
    """0/1 per lesion with the given chance, alike within a patient through a normal copula of correlation ``icc``."""
    return (stats.norm.cdf(latent(patient, icc, random)) < share).astype(float)


def latent(patient: NDArray[np.intp], icc: float, random: np.random.Generator) -> NDArray:
    """A standard normal value per lesion; two of a patient have the correlation ``icc``."""
    shared = random.normal(size=int(patient.max()) + 1)[patient]
    return np.sqrt(icc) * shared + np.sqrt(1 - icc) * random.normal(size=len(patient))


def proportion(share: float) -> Study:
    """A share of lesions (agreement, sensitivity, …): beta-binomial, so that ``icc`` is its intraclass correlation."""

    def study(patient: NDArray[np.intp], icc: float, random: np.random.Generator, boot: PatientBootstrap) -> Drawn:
        patients, inner = int(patient.max()) + 1, 1 / max(icc, 1e-9) - 1
        chance = random.beta(share * inner, (1 - share) * inner, patients) if icc else np.full(patients, share)
        hit = random.random(len(patient)) < chance[patient]
        return to_frame(proportion_estimates("share", hit, np.ones(len(hit), bool), patient, boot)), share

    return study


def kappa(patient: NDArray[np.intp], icc: float, random: np.random.Generator, boot: PatientBootstrap) -> Drawn:
    """Cohen's kappa: classes, and what of them the automatic mask flips, are alike within a patient."""
    manual, flipped = (events(share, patient, icc, random) for share in (POSITIVE, FLIPPED))
    automatic = np.abs(manual - flipped)
    called = POSITIVE * (1 - FLIPPED) + (1 - POSITIVE) * FLIPPED
    chance = POSITIVE * called + (1 - POSITIVE) * (1 - called)
    return to_frame(kappa_estimates(manual, automatic, patient, boot, SIDES)), (1 - FLIPPED - chance) / (1 - chance)


def auc(patient: NDArray[np.intp], icc: float, random: np.random.Generator, boot: PatientBootstrap) -> Drawn | None:
    """The AUC of one score, between lesions of different patients."""
    response = events(POSITIVE, patient, icc, random)
    score = SHIFT[0] * response + latent(patient, icc, random)
    if auc_obstacle(response):
        return None
    return to_frame(auc_estimates(score, response, patient, boot)), float(stats.norm.cdf(SHIFT[0] / np.sqrt(2)))


def auc_difference(
    patient: NDArray[np.intp], icc: float, random: np.random.Generator, boot: PatientBootstrap
) -> Drawn | None:
    """The AUCs of two scores on the same lesions, which share half of their spread."""
    response, shared = events(POSITIVE, patient, icc, random), latent(patient, icc, random)
    if auc_obstacle(response):
        return None
    scores = [shift * response + np.sqrt(0.5) * (shared + latent(patient, icc, random)) for shift in SHIFT]
    truth = float(np.subtract(*stats.norm.cdf(np.array(SHIFT) / np.sqrt(2))))
    return compare_aucs(scores[0], scores[1], response, patient, boot), truth


def big_minus_small(
    patient: NDArray[np.intp], icc: float, random: np.random.Generator, boot: PatientBootstrap
) -> Drawn | None:
    """Agreement of big lesions (0.9) minus that of small ones (0.7)."""
    big = random.random(len(patient)) < 0.5
    if big.all() or not big.any():
        return None
    agree = events(np.where(big, BIG, SMALL), patient, icc, random)
    table = pd.DataFrame({"size": np.where(big, "≥ 20 mm", "< 20 mm"), "agree": agree, "patient": patient})
    table = table.assign(response=np.nan, predicted_manual=np.nan, predicted_automatic=np.nan, compared=True)
    found = subgroup_differences(table, "size", boot)
    return found[found["measure"] == "agreement"], BIG - SMALL


STUDIES: dict[str, Study] = {
    **{f"proportion {share}": proportion(share) for share in (0.6, 0.75, 0.9, 0.95)},
    "kappa": kappa, "auc": auc, "auc difference": auc_difference, "big minus small": big_minus_small,
}  # fmt: skip


def coverage(study: Study, counts: tuple[int, ...], icc: float, studies: int, replicates: int) -> dict[str, float]:
    """Share of simulated studies whose interval holds the truth, and mean widths; ``given``: share with an interval."""
    random = np.random.default_rng([studies, len(counts), round(10 * icc)])
    patient = np.repeat(np.arange(len(counts)), counts).astype(np.intp)
    found = [pair for pair in _intervals(study, patient, icc, studies, replicates, random) if pair is not None]
    ends, truth = np.array([pair[0] for pair in found]), np.array([pair[1] for pair in found])
    given = np.isfinite(ends[:, 1, 0])
    held = (ends[:, :, 0] <= truth[:, None]) & (truth[:, None] <= ends[:, :, 1])
    width = (ends[:, :, 1] - ends[:, :, 0])[given].mean(axis=0)
    shares = held[given].mean(axis=0)
    return {
        "clustered": shares[0], "quoted": shares[1], "width_clustered": width[0], "width_quoted": width[1],
        "given": float(given.mean()),
    }  # fmt: skip


def _intervals(
    study: Study, patient: NDArray[np.intp], icc: float, studies: int, replicates: int, random: np.random.Generator
) -> Iterator[tuple[list[tuple[float, float]], float] | None]:
    for _ in range(studies):
        boot = PatientBootstrap.draw(int(patient.max()) + 1, replicates, LEVEL, random)
        drawn = study(patient, icc, random, boot)
        if drawn is None:
            continue
        rows, truth = drawn
        # What was quoted before: by patient where the data give one at all, by lesion otherwise.
        known = rows[rows["method"] != "clopper-pearson-patients"]
        independent, clustered = both_intervals(known)
        before = independent if clustered is None or np.isnan(clustered["low"]) else clustered
        after = shown_interval(rows)
        yield [(np.nan, np.nan) if row is None else (row["low"], row["high"]) for row in (before, after)], truth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--replicates", type=int, default=400)
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--only", nargs="+", choices=list(STUDIES), default=list(STUDIES))
    options = parser.parse_args()
    print("estimand         size   ICC  clustered  quoted  widths        given  limit")
    for name in options.only:
        for size in tqdm(options.sizes, desc=name, leave=False, disable=None):
            for icc in CORRELATIONS:
                found = coverage(STUDIES[name], SIZES[size], icc, options.studies, options.replicates)
                widths = f"{found['width_clustered']:.2f} {found['width_quoted']:.2f}"
                print(
                    f"{name:<16} {size:<6} {icc:.1f}  {found['clustered']:>9.3f}  {found['quoted']:>6.3f}  "
                    f"{widths:<12} {found['given']:>6.2f}  {'below' if found['quoted'] < SUFFICES else ''}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
