"""How often 95 % intervals hold the truth when lesions of a patient resemble each other.

`python tests/bench/bench_coverage.py [--studies 2000] [--patients 8 24 40] [--only one_auc needed_dice]`

Five estimands (a proportion such as agreement or sensitivity, kappa, an AUC, a difference of two AUCs on the same
lesions, the Dice needed for a stated agreement), several numbers of patients with 1 to 10 lesions each. The naive
interval of each stands beside the clustered ones. Coverage is of the studies that give an interval; `given` is their
share."""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, logit
from tqdm import tqdm

from livermets.concordance.agreement_model import fit_agreement_model
from livermets.concordance.required_dice import required_dice
from livermets.config.statistics import StatisticsSettings
from livermets.masks.identity import SIDES
from livermets.stats.agreement import kappa_estimates
from livermets.stats.auc import bootstrap_auc, delong, obuchowski
from livermets.stats.diagnostics import clustered_obstacle
from livermets.stats.proportions import clopper_pearson, cluster_logit_t
from livermets.stats.resampling import PatientBootstrap, per_patient_sum

SHARE, CORRELATION = 0.7, 0.3
SHIFT, PATIENT_SPREAD = (1.2, 0.9), 1.0
DIAMETER_MM = 20.0
NEEDED = StatisticsSettings(target_agreement=0.9, target_diameters_mm=(DIAMETER_MM,))
Intervals = dict[str, tuple[float, float]]


def patients_of(patients: int, random: np.random.Generator) -> NDArray[np.intp]:
    """Patient code of every lesion: 1 to 10 lesions each."""
    return np.repeat(np.arange(patients), random.integers(1, 11, patients))


def one_proportion(patients: int, replicates: int, random: np.random.Generator) -> Intervals:
    """Beta-binomial lesions: mean 0.7, correlation 0.3 within a patient; truth 0.7."""
    patient = patients_of(patients, random)
    inner = 1 / CORRELATION - 1
    chance = random.beta(SHARE * inner, (1 - SHARE) * inner, patients)
    hit = random.random(len(patient)) < chance[patient]
    numerator, denominator = per_patient_sum(hit, patient, patients), per_patient_sum(hit + ~hit, patient, patients)
    boot = PatientBootstrap.draw(patients, replicates, 0.95, random)
    return {
        "clopper-pearson (naive)": clopper_pearson(int(hit.sum()), len(hit)),
        "cluster-logit-t": cluster_logit_t(numerator, denominator),
        "cluster-bootstrap": boot.ratio(numerator, denominator)[0],
    }


def scored_lesions(patients: int, random: np.random.Generator) -> tuple[NDArray, NDArray, NDArray[np.intp]]:
    """Two scores, outcome and patient of every lesion: patients differ in both scores and in their share of R+.

    Drawn again until a clustered variance exists (two patients with R+ and two with R- lesions)."""
    patient = patients_of(patients, random)
    liability = random.normal(size=patients)[patient] + random.normal(size=len(patient))
    response = (liability > 0).astype(float)
    if clustered_obstacle(response, patient):
        return scored_lesions(patients, random)
    shared = random.normal(0, PATIENT_SPREAD, patients)[patient] + 0.7 * random.normal(size=len(patient))
    scores = np.vstack([shift * response + shared + 0.7 * random.normal(size=len(patient)) for shift in SHIFT])
    return scores, response, patient


def true_aucs() -> NDArray:
    """AUC between lesions of different patients: the score difference of an R+ and an R- lesion is normal."""
    spread = np.sqrt(2 * (PATIENT_SPREAD**2 + 0.7**2 + 0.7**2))
    return stats.norm.cdf(np.array(SHIFT) / spread)


def one_auc(patients: int, replicates: int, random: np.random.Generator) -> Intervals:
    """The AUC of the first score."""
    scores, response, patient = scored_lesions(patients, random)
    boot = PatientBootstrap.draw(patients, replicates, 0.95, random)
    contributing = min(len(np.unique(patient[response == side])) for side in (0, 1))
    return {
        "delong (naive)": delong(scores[0], response).interval(0.95),
        "obuchowski-1997": obuchowski(scores[0], response, patient).interval(0.95),
        "cluster-bootstrap": boot.interval(bootstrap_auc(scores[0], response, patient, boot), contributing)[0],
    }


def one_difference(patients: int, replicates: int, random: np.random.Generator) -> Intervals:
    """The AUC of the first score minus that of the second."""
    scores, response, patient = scored_lesions(patients, random)
    boot = PatientBootstrap.draw(patients, replicates, 0.95, random)
    contributing = min(len(np.unique(patient[response == side])) for side in (0, 1))
    resampled = bootstrap_auc(scores[0], response, patient, boot) - bootstrap_auc(scores[1], response, patient, boot)
    return {
        "delong (naive)": delong(scores, response).difference(0.95)[1],
        "obuchowski-1997": obuchowski(scores, response, patient).difference(0.95)[1],
        "cluster-bootstrap": boot.interval(resampled, contributing)[0],
    }


def paired_classes(patients: int, random: np.random.Generator) -> tuple[NDArray, NDArray, NDArray[np.intp]]:
    """Classes with both masks: patients differ in how often R+ is called and in how far their masks disagree."""
    patient = patients_of(patients, random)
    liability = random.normal(size=patients)[patient] + random.normal(size=len(patient))
    quality = np.exp(random.normal(0, 0.7, patients))[patient]
    masks = [(liability + quality * random.normal(size=len(patient)) > 0).astype(float) for _ in range(2)]
    return masks[0], masks[1], patient


def true_kappa() -> float:
    """Cohen's kappa over 200,000 patients."""
    manual, automatic, _ = paired_classes(200_000, np.random.default_rng(0))
    share, (p, q) = float(np.mean(manual == automatic)), (float(manual.mean()), float(automatic.mean()))
    chance = p * q + (1 - p) * (1 - q)
    return (share - chance) / (1 - chance)


def one_kappa(patients: int, replicates: int, random: np.random.Generator) -> Intervals:
    """Cohen's kappa between the masks."""
    manual, automatic, patient = paired_classes(patients, random)
    boot = PatientBootstrap.draw(patients, replicates, 0.95, random)
    naive, *clustered = kappa_estimates(manual, automatic, patient, boot, SIDES)
    return {"fleiss-1969 (naive)": (naive.low, naive.high), **{e.method: (e.low, e.high) for e in clustered}}


def agreement_logit(dice: NDArray, diameter_mm: NDArray) -> NDArray:
    """Log odds that both masks of a lesion agree: 0.9 at 20 mm is reached at a Dice of 0.66."""
    return -1.5 + 0.55 * (dice / 0.1) + 0.3 * (diameter_mm - DIAMETER_MM) / 10 + 0.02 * dice * (diameter_mm - 20)


def true_needed_dice() -> float:
    """The Dice of 90 % agreement at 20 mm, where only the Dice term is left."""
    return float(0.1 * (logit(NEEDED.target_agreement) + 1.5) / 0.55)


def needed_dice(patients: int, replicates: int, random: np.random.Generator) -> Intervals:
    """The Dice needed at 20 mm. Agreement within a patient is correlated through a normal copula, so that the model's
    marginal probabilities are exactly the true ones; naive is the same model with every lesion a patient of its own."""
    patient = patients_of(patients, random)
    quality = random.normal(0, 0.15, patients)[patient]
    dice = np.clip(random.beta(3, 1.5, len(patient)) + quality, 0, 1)
    diameter = random.gamma(6, 4, len(patient)) + 8
    shared = random.normal(size=patients)[patient] * np.sqrt(CORRELATION)
    latent = shared + random.normal(size=len(patient)) * np.sqrt(1 - CORRELATION)
    agree = (stats.norm.cdf(latent) < expit(agreement_logit(dice, diameter))).astype(float)
    table = pd.DataFrame({"patient": patient, "dice": dice, "longest_diameter_mm": diameter, "agree": agree})
    found = {}
    for name, groups in (
        ("agreement model + fieller", patient),
        ("lesions as patients (naive)", np.arange(len(patient))),
    ):
        model, _ = fit_agreement_model(table.assign(patient=groups, compared=True), NEEDED)
        row = required_dice(model, NEEDED).iloc[0] if model is not None else {"low": np.nan, "high": np.nan}
        found[name] = (float(row["low"]), float(row["high"]))
    return found


def coverage(
    study: Callable[[int, int, np.random.Generator], Intervals],
    truth: float,
    patients: int,
    studies: int,
    replicates: int,
) -> dict[str, tuple[float, float, float]]:
    """Per method: share of simulated studies whose interval holds the truth, mean width, share with an interval."""
    random = np.random.default_rng([patients, studies])
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in tqdm(range(studies), desc=f"{study.__name__}, {patients} patients", leave=False, disable=None):
        for method, interval in study(patients, replicates, random).items():
            found.setdefault(method, []).append(interval)
    table = {}
    for method, intervals in found.items():
        low, high = np.array(intervals).T
        given = np.isfinite(low)
        held = (low[given] <= truth) & (truth <= high[given])
        table[method] = (float(held.mean()), float((high - low)[given].mean()), float(given.mean()))
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=2000)
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--patients", type=int, nargs="+", default=[8, 16, 24, 40, 80])
    first, second = true_aucs()
    studies = {
        study.__name__: (study, truth)
        for study, truth in (
            (one_proportion, SHARE), (one_kappa, true_kappa()), (one_auc, first), (one_difference, first - second),
            (needed_dice, true_needed_dice()),
        )
    }  # fmt: skip
    parser.add_argument("--only", nargs="+", choices=list(studies), default=list(studies))
    options = parser.parse_args()
    print("estimand         patients  method                       coverage  width  given")
    for study, truth in (studies[name] for name in options.only):
        for patients in options.patients:
            found = coverage(study, truth, patients, options.studies, options.replicates)
            for method, (held, width, given) in found.items():
                print(f"{study.__name__:<16} {patients:>8}  {method:<28} {held:>8.3f}  {width:>5.3f}  {given:>5.3f}")


if __name__ == "__main__":
    main()
