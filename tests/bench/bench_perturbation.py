"""How often the interval of the needed Dice holds the truth, beside a fit that takes altered masks as independent.

`python -m tests.bench.bench_perturbation [--studies 200] [--patients 24] [--masks 60] [--replicates 400]`

A lesion keeps its class at Dice above a threshold of its own: a line in log diameter, plus what is its patient's and
what is its own, both normal. 90 % of masks keep the class at the mean threshold plus 1.28 standard deviations: the
truth. `quoted` resamples patients; `independent` is a probit regression of single masks on Dice and log diameter,
which has the true form and takes every mask for a datum (Fieller's interval). `said`: studies with an interval that
`quoted` gives without a reservation. `in doubt`: of those with a reservation, how many intervals hold the truth.

`flat`: every lesion keeps its class in a share of masks of its own whatever their Dice, so that every needed Dice with
an interval and without a reservation is false."""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy import stats
from tests.unit.perturbation.made import lesion_list, with_threshold
from tqdm import tqdm

from livermets.perturbation.altered import MEASURES, altered_masks
from livermets.perturbation.curves import lesion_curves
from livermets.perturbation.needed import needed_row, resampled_curves
from livermets.perturbation.neighbours import neighbours
from livermets.stats.fieller import fieller
from livermets.stats.resampling import PatientBootstrap

DIAMETERS_MM = (12.0, 20.0, 35.0)
TARGET, LEVEL = 0.9, 0.95
AT_10_MM, PER_DOUBLING = 0.6, -0.12
FLAT = (0.85, 0.9, 0.93)
OF_PATIENT, OF_LESION = 0.10, 0.10


def mean_threshold(diameter_mm: NDArray | float) -> NDArray:
    """Dice from which lesions of a diameter keep their class, on average."""
    return np.asarray(AT_10_MM + PER_DOUBLING * np.log2(np.asarray(diameter_mm) / 10))


def true_dice(diameter_mm: float) -> float:
    """Dice at which the target share of lesions of a diameter keep their class."""
    return float(mean_threshold(diameter_mm) + stats.norm.ppf(TARGET) * np.hypot(OF_PATIENT, OF_LESION))


def study(patients: int, masks: int, random: np.random.Generator) -> pd.DataFrame:
    """1 to 6 lesions per patient, with altered masks of three kinds."""
    patient = np.repeat(np.arange(patients), random.integers(1, 7, patients))
    diameter = np.exp(random.normal(np.log(20), 0.45, len(patient)))
    own = random.normal(0, OF_PATIENT, patients)[patient] + random.normal(0, OF_LESION, len(patient))
    lesions = lesion_list(patient, diameter).assign(threshold=mean_threshold(diameter) + own)
    return with_threshold(lesions, masks // 3, seed=int(random.integers(1 << 31)))


def flat_study(patients: int, masks: int, mean: float, random: np.random.Generator) -> pd.DataFrame:
    """The same lesions with classes that do not depend on the Dice, but on patient and lesion."""
    table = study(patients, masks, random)
    lesion = table.groupby(["patient_id", "lesion_id"], sort=False, dropna=False).ngroup().to_numpy()
    chance = random.beta(10 * mean, 10 * (1 - mean), int(lesion.max()) + 1)
    return table.assign(same_class=(random.random(len(table)) < chance[lesion]).astype(float))


def quoted(table: pd.DataFrame, replicates: int, random: np.random.Generator) -> list[dict[str, object]]:
    """The rows of the needed Dice by lesions and patients."""
    altered = altered_masks(table)
    boot = PatientBootstrap.draw(altered.patients, replicates, LEVEL, random)
    curves, rows = lesion_curves(altered, MEASURES[0]), []
    for diameter in DIAMETERS_MM:
        near = neighbours(altered, diameter)
        assert near is not None
        rows.append(needed_row(curves, near, resampled_curves(curves, near, boot), TARGET, boot))
    return rows


def independent(table: pd.DataFrame) -> list[tuple[float, float]]:
    """Intervals of the needed Dice of a regression of single masks."""
    size = np.log2(table["longest_diameter_mm"] / 10)
    design = np.column_stack([np.ones(len(table)), table["dice"], size])
    family = sm.families.Binomial(sm.families.links.Probit())
    fit = sm.GLM(table["same_class"].to_numpy(), design, family=family).fit()
    found = []
    for diameter in DIAMETERS_MM:
        contrast = np.array([[1.0, 0.0, np.log2(diameter / 10)], [0.0, 1.0, 0.0]])
        (level, slope), covariance = contrast @ fit.params, contrast @ fit.cov_params() @ contrast.T
        ends = fieller(level - stats.norm.ppf(TARGET), slope, covariance, stats.norm.ppf(0.5 + LEVEL / 2))
        found.append(ends or (np.nan, np.nan))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--patients", type=int, nargs="+", default=[24])
    parser.add_argument("--masks", type=int, default=60)
    parser.add_argument("--replicates", type=int, default=400)
    options = parser.parse_args()
    for patients in options.patients:
        for mean in FLAT:
            random = np.random.default_rng([patients, options.studies])
            told = [
                row["statement"] == "" and np.isfinite(float(str(row["low"])))
                for _ in tqdm(range(options.studies), leave=False, disable=None)
                for row in quoted(flat_study(patients, options.masks, mean, random), options.replicates, random)
            ]
            print(f"flat {mean:.0%}, {patients} patients: a needed Dice is told in {np.mean(told):.3f}", flush=True)
    print("patients  mm  truth  said   holds  width   value - truth   in doubt      independent holds, width")
    for patients in options.patients:
        random = np.random.default_rng([patients, options.studies])
        rows = []
        for _ in tqdm(range(options.studies), leave=False, disable=None):
            table = study(patients, options.masks, random)
            pairs = zip(quoted(table, options.replicates, random), independent(table), strict=True)
            rows += [{**row, "naive_low": low, "naive_high": high} for row, (low, high) in pairs]
        frame = pd.DataFrame(rows)
        for diameter, part in frame.groupby("longest_diameter_mm"):
            print(f"{patients:<9} {summary(part, true_dice(float(str(diameter))))}", flush=True)


def summary(rows: pd.DataFrame, truth: float) -> str:
    """One line about all studies at one diameter."""
    holds, naive = (
        (rows[low] <= truth) & (truth <= rows[high]) for low, high in (("low", "high"), ("naive_low", "naive_high"))
    )
    said = rows["statement"].eq("") & rows["low"].notna()
    doubt = ~said & rows["low"].notna()
    width = (rows["high"] - rows["low"])[said].median()
    off = rows["value"] - truth
    return (
        f"{rows['longest_diameter_mm'].iloc[0]:.0f}  {truth:.3f}  {said.mean():.2f}  {holds[said].mean():.3f}  "
        f"{width:.3f}   {off.mean():+.3f} ({off.std():.3f})  {holds[doubt].mean():.3f} ({doubt.mean():.2f})  "
        f"{naive.mean():.3f}, {(rows['naive_high'] - rows['naive_low']).median():.3f}"
    )


if __name__ == "__main__":
    main()
