"""How often the agreement model says something false, at the size of a study.

`python tests/bench/bench_required_dice.py [--studies 1000] [--patients 8 24 40]`

Two truths: agreement that does not depend on Dice at all (80 or 93 % everywhere, so that no Dice is "the needed one"),
and one that rises with it. Lesions of one patient are correlated (normal copula, 0.3). A statement is a needed Dice
with an interval and without a reservation; it is false if the truth is flat, or if the interval leaves out the true
Dice. `slope` is how often the interval of the Dice coefficient leaves out the true coefficient. `always` is the model
with interaction whatever the number of events, `ladder` the one that is used."""

from __future__ import annotations

import argparse
from collections import Counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, logit
from tqdm import tqdm

from livermets.concordance.agreement_model import AgreementModel, fit_agreement_model
from livermets.concordance.required_dice import required_dice
from livermets.config.statistics import StatisticsSettings

CORRELATION, DIAMETER_MM = 0.3, 20.0
SETTINGS = StatisticsSettings(target_diameters_mm=(DIAMETER_MM,))
RULES = {
    "always": SETTINGS.model_copy(update={"events_per_term": 1 / 3, "events_per_term_penalised": 1 / 3}),
    "ladder": SETTINGS,
}
FLAT = {"flat 80 %": logit(0.8), "flat 93 %": logit(0.93)}


def study(truth: str, patients: int, random: np.random.Generator) -> pd.DataFrame:
    """1 to 8 lesions per patient with Dice, diameter and whether the class stayed."""
    patient = np.repeat(np.arange(patients), random.integers(1, 9, patients))
    dice = np.clip(random.beta(3, 1.5, len(patient)) + random.normal(0, 0.15, patients)[patient], 0, 1)
    diameter = random.gamma(6, 4, len(patient)) + 8
    chance = expit(FLAT[truth]) if truth in FLAT else expit(rising(dice))
    shared = random.normal(size=patients)[patient] * np.sqrt(CORRELATION)
    latent = shared + random.normal(size=len(patient)) * np.sqrt(1 - CORRELATION)
    agree = (stats.norm.cdf(latent) < chance).astype(float)
    return pd.DataFrame(
        {"patient": patient, "dice": dice, "longest_diameter_mm": diameter, "agree": agree, "compared": True}
    )


def rising(dice: NDArray) -> NDArray:
    """50 % at Dice 0.3, 90 % at Dice 0.7."""
    return np.asarray(logit(0.9) / 0.4 * (dice - 0.3))


def judged(model: AgreementModel | None, truth: str) -> str:
    """What the study says about the needed Dice, and whether it is true."""
    if model is None:
        return "no model"
    row = required_dice(model, SETTINGS).iloc[0]
    if row["statement"] or not np.isfinite([row["value"], row["low"], row["high"]]).all():
        return "reserved"
    true = truth not in FLAT and row["low"] <= 0.7 <= row["high"]
    return "told, true" if true else "told, FALSE"


def slope_missed(model: AgreementModel, truth: str) -> bool:
    """Whether the interval of the coefficient per 0.1 Dice (at the mean diameter) leaves out the true one."""
    true = 0.0 if truth in FLAT else float(logit(0.9) / 4)
    reach = stats.t.ppf(0.975, model.degrees_of_freedom) * np.sqrt(model.covariance[1, 1])
    return bool(abs(model.coefficients[1] - true) > reach)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--patients", type=int, nargs="+", default=[8, 24, 40])
    options = parser.parse_args()
    print("truth, patients, rule: share of studies; steps taken")
    for truth in (*FLAT, "rising"):
        for patients in options.patients:
            random = np.random.default_rng([patients, options.studies])
            said: dict[str, Counter[str]] = {rule: Counter() for rule in RULES}
            steps: dict[str, Counter[str]] = {rule: Counter() for rule in RULES}
            missed: dict[str, list[bool]] = {rule: [] for rule in RULES}
            for _ in tqdm(range(options.studies), desc=f"{truth}, {patients}", leave=False, disable=None):
                table = study(truth, patients, random)
                for rule, settings in RULES.items():
                    model, _ = fit_agreement_model(table, settings)
                    said[rule][judged(model, truth)] += 1
                    if model is not None:
                        steps[rule][f"{model.step.terms} {model.step.fitter}"] += 1
                        missed[rule].append(slope_missed(model, truth))
            for rule in RULES:
                shares = ", ".join(f"{name} {count / options.studies:.3f}" for name, count in said[rule].most_common())
                ladder = ", ".join(f"{name} {count / options.studies:.2f}" for name, count in steps[rule].most_common())
                slope = f"{np.mean(missed[rule]):.3f}" if missed[rule] else "none"
                print(f"{truth}, {patients}, {rule}: {shares}; slope missed {slope}; {ladder}", flush=True)


if __name__ == "__main__":
    main()
