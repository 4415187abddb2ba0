"""The table that papers show, of a finished study: every network on its cross-validated (or validation) scans.

python tests/bench/real_networks/summary.py STUDY [--replicates 2000]

Numbers come from results/overlap and from the scan_metrics.csv of its scans; intervals resample patients."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from livermets.io.tables import read_table
from livermets.stats.resampling import PatientBootstrap, per_patient_sum

SURFACES = {"assd_mm": "ASSD", "rms_mm": "RMSD", "hausdorff_mm": "MSD", "hd95_mm": "HD95"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path)
    parser.add_argument("--replicates", type=int, default=2000)
    arguments = parser.parse_args()
    results = arguments.study / "results"
    names = ("networks", "lesions", "detection", "pairs")
    tables = {name: read_table(results / f"overlap/{name}.csv") for name in names}
    scans = pd.concat(
        [
            read_table(path).assign(cohort=path.parts[-6], patient_id=path.parts[-3], timepoint=path.parts[-2])
            for path in sorted(results.glob("*/segmentation/*/*/*/scan_metrics.csv"))
        ],
        ignore_index=True,
    )
    scans["network"] = [str(name).partition("/")[0] for name in scans["network"]]
    judged = scans[scans["seen_in_training"].eq(0)]
    print(per_scan(judged, "mts", arguments.replicates).to_markdown(index=False), "\n")
    if judged["liver_dice"].notna().any():
        print(
            per_scan(judged[judged["liver_dice"].notna()], "liver", arguments.replicates).to_markdown(index=False), "\n"
        )
    where = ["network", "cohort", "patient_id", "timepoint"]
    detection = tables["detection"].merge(judged[["network", "cohort", "timepoint"]].drop_duplicates())
    print(by_lesion(tables["lesions"].merge(judged[where], on=where), detection).to_markdown(index=False), "\n")
    print(cost(tables["networks"]).to_markdown(index=False), "\n")
    if "measure" in tables["pairs"]:
        print(differences(tables["pairs"]).to_markdown(index=False))


def per_scan(scans: pd.DataFrame, structure: str, replicates: int) -> pd.DataFrame:
    """Means over scans, the Dice with its SD, median and interval."""
    rows = []
    for network, part in scans.groupby("network", sort=False, dropna=False):
        dice = part[f"{structure}_dice"]
        low, high = interval(dice, part["patient_id"], replicates)
        row = {
            "network": network,
            "scans": len(part),
            "Dice per case": f"{dice.mean():.3f} ± {dice.std():.3f} ({low:.3f} to {high:.3f})",
            "median": f"{dice.median():.3f}",
            "VOE": f"{part[f'{structure}_voe'].mean():.3f}",
            "RVD": f"{part[f'{structure}_rvd'].mean():.2f}",
        }
        row |= {words: f"{part[f'{structure}_{key}'].mean():.1f}" for key, words in SURFACES.items()}
        if structure == "mts":
            row["false positives"] = f"{part['false_positives'].mean():.1f}"
        rows.append(row)
    return pd.DataFrame(rows)


def interval(values: pd.Series, patients: pd.Series, replicates: int) -> tuple[float, float]:
    """That of a mean over scans, by bootstrap of patients."""
    codes, names = pd.factorize(patients)
    boot = PatientBootstrap.draw(len(names), replicates, 0.95, np.random.default_rng(1))
    sums, counts = (per_patient_sum(of, codes, len(names)) for of in (values.fillna(0), values.notna()))
    return boot.ratio(sums, counts)[0]


def by_lesion(lesions: pd.DataFrame, detection: pd.DataFrame) -> pd.DataFrame:
    """Dice of all lesions and of those found, and how many of each size of the study (`statistics.size_cuts_mm`) are
    found, at a Dice above 0 and above 0.2."""
    rules = detection[detection["dice_above"].isin((0.0, 0.2)) & detection["size"].ne("all")]
    found = rules.drop_duplicates(["network", "cohort", "timepoint", "size", "dice_above"])
    counts = found.groupby(["network", "size", "dice_above"], dropna=False)[["k", "n"]].sum()
    rows = []
    for network, part in lesions.groupby("network", sort=False, dropna=False):
        dice = part["dice"].fillna(0)
        row = {
            "network": network,
            "Dice per lesion": f"{dice.mean():.3f} ± {dice.std():.3f}, median {dice.median():.3f}",
            "of those found": f"{dice[dice > 0].mean():.3f} ± {dice[dice > 0].std():.3f} (n = {(dice > 0).sum()})",
        }
        for size in found["size"].unique():
            above = [counts.loc[(network, size, rule)] for rule in (0.0, 0.2) if (network, size, rule) in counts.index]
            row[size] = f"{', '.join(str(one['k']) for one in above)} of {above[0]['n']}" if above else "none"
        rows.append(row)
    return pd.DataFrame(rows)


def cost(networks: pd.DataFrame) -> pd.DataFrame:
    """What the networks are and what they cost."""
    names = ("network", "parameter_count", "epochs", "kept_epoch", "seconds_per_epoch", "seconds_per_scan")
    return networks[list(names)].round(1)


def differences(pairs: pd.DataFrame) -> pd.DataFrame:
    """The first network minus every other, over all lesions."""
    rows = pairs["measure"].isin(["dice_difference", "detection_difference"]) & pairs["size"].eq("all")
    own = pairs[rows & (pairs["study_rule"].ne(0))]
    return own[["first", "second", "scans", "timepoint", "measure", "value", "low", "high"]].round(3)


if __name__ == "__main__":
    main()
