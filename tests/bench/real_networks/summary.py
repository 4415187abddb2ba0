"""The tables that papers show, of a finished study: every network on its cross-validated (or validation) scans.

python tests/bench/real_networks/summary.py STUDY

Numbers of STUDY/results are rounded and laid side by side as Markdown, nothing is computed anew."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from livermets.io.tables import read_table
from livermets.overlap.study import compared_lesions
from livermets.overlap.tables import EVERY_TIMEPOINT, at_places

SCANS = {
    "voe": "VOE",
    "rvd": "RVD",
    "assd_mm": "ASSD mm",
    "rms_mm": "RMSD mm",
    "hausdorff_mm": "MSD mm",
    "hd95_mm": "HD95 mm",
}
"""Whole-scan measures under the names that LiTS gives them: MSD is the maximum (Hausdorff) distance."""
RULES = (0.0, 0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path)
    results = parser.parse_args().study / "results"
    tables = {path.stem: read_table(path) for path in sorted((results / "overlap").glob("*.csv"))}
    lesions = compared_lesions(tables["lesions"])
    judged = {
        name: whole(at_places(tables[name], lesions))
        for name in ("scan_measures", "overlap", "detection", "lesion_wise")
    }
    shown = {
        "All metastases of a scan as one mask": per_scan(judged["scan_measures"], "mts"),
        "The liver that a network finds": per_scan(judged["scan_measures"], "liver"),
        "Lesion by lesion": by_lesion(judged),
        "What was trained": cost(tables["networks"], results / "benchmarks/networks/train_segmentation"),
        "The first network minus every other": differences(tables["scan_pairs"], tables["pairs"]),
    }
    for title, table in shown.items():
        if len(table):
            print(f"{title}\n\n{table.to_markdown(index=False)}\n")


def whole(table: pd.DataFrame) -> pd.DataFrame:
    """Of a cohort that was seen at several timepoints, the rows of all of them together."""
    pooled = table[table["timepoint"].eq(EVERY_TIMEPOINT)]
    return pd.concat([pooled, table[~table["cohort"].isin(pooled["cohort"])]], ignore_index=True)


def per_scan(measures: pd.DataFrame, structure: str) -> pd.DataFrame:
    """Dice with its spread and interval, means of the other measures, false positives."""
    rows = []
    for (network, cohort), part in measures.groupby(["network", "cohort"], sort=False, dropna=False):
        of = part.set_index("measure")
        if f"{structure}_dice" not in of.index:
            continue
        dice = of.loc[f"{structure}_dice"]
        row = {
            "network": network,
            "cohort": cohort,
            "scans (patients)": f"{dice['n_scans']} ({dice['n_patients']})",
            "Dice per case": f"{dice['mean']:.3f} ± {dice['sd']:.3f} ({interval(dice)})",
            "median": f"{dice['median']:.3f}",
        }
        row |= {words: measured(of, f"{structure}_{name}") for name, words in SCANS.items()}
        rows.append(row | ({"false positives": measured(of, "false_positives")} if structure == "mts" else {}))
    return pd.DataFrame(rows)


def measured(of: pd.DataFrame, name: str) -> str:
    """A mean, and over how many scans where that is not all of them."""
    if name not in of.index:
        return "n/a"
    fewer = of.loc[name, "n_scans"] < of["n_scans"].max()
    return f"{of.loc[name, 'mean']:.2f}" + (f" (n = {of.loc[name, 'n_scans']})" if fewer else "")


def by_lesion(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Dice of all lesions and of those found, how many of each size are found by both published rules, precision and
    recall at 50 % overlap."""
    rows = []
    for (network, cohort), part in tables["overlap"].groupby(["network", "cohort"], sort=False, dropna=False):
        here = {
            name: table[table["network"].eq(network) & table["cohort"].eq(cohort)] for name, table in tables.items()
        }
        every = part[part["size"].eq("all")].iloc[0]
        row = {
            "network": network,
            "cohort": cohort,
            "Dice per lesion": f"{every['dice_mean']:.3f} ± {every['dice_sd']:.3f}, median {every['dice_median']:.3f}",
            "of those found": f"{every['dice_mean_detected']:.3f} ± {every['dice_sd_detected']:.3f}",
        }
        for size in part["size"]:
            of_size = here["detection"][here["detection"]["size"].eq(size)].drop_duplicates("dice_above")
            found = of_size.set_index("dice_above")
            counts = [str(found.loc[rule, "k"]) for rule in RULES if rule in found.index]
            row[f"found, {size}"] = f"{', '.join(counts)} of {found['n'].max()}" if counts else "n/a"
        rows.append(
            row | {name: lesion_wise(here["lesion_wise"], name) for name in ("recall_at_50", "precision_at_50")}
        )
        rows[-1] |= {"global Dice": lesion_wise(here["lesion_wise"], "pooled_dice")}
    return pd.DataFrame(rows)


def lesion_wise(scores: pd.DataFrame, measure: str) -> str:
    """With the widest of its intervals."""
    of = scores[scores["measure"].eq(measure)]
    if of.empty:
        return "n/a"
    widest = of.loc[(of["high"] - of["low"]).fillna(-1).idxmax()]
    return f"{widest['value']:.2f} ({interval(widest)})"


def interval(row: pd.Series) -> str:
    return "no interval" if pd.isna(row["low"]) else f"{row['low']:.2f} to {row['high']:.2f}"


def cost(networks: pd.DataFrame, benchmarks: Path) -> pd.DataFrame:
    """What the networks are and what they cost; of a cross-fitted one, the means over the networks of its folds."""
    rows = []
    for network, part in networks.groupby("network", sort=False, dropna=False):
        folds = part[part["fold"].notna()]
        of = folds if len(folds) else part
        rows.append(
            {
                "network": network,
                "trainings": len(of),
                "patients": f"{of['n_training_patients'].mean():.1f}",
                "parameters": f"{of['parameter_count'].iloc[0]:,.0f}",
                "receptive field": sides(of.iloc[0]),
                "epochs": f"{of['epochs'].mean():.0f}",
                "kept": ", ".join(f"{epoch:.0f}" for epoch in of["kept_epoch"]),
                "CPU minutes per training": cpu_minutes(benchmarks, str(network)),
                "seconds per scan": f"{part['seconds_per_scan'].iloc[0]:.1f}",
            }
        )
    return pd.DataFrame(rows)


def cpu_minutes(benchmarks: Path, network: str) -> str:
    """Mean over the trainings that were judged, validation and all; of one that was interrupted only its last part."""
    folds = sorted(benchmarks.glob(f"{network}/fold*.tsv")) or sorted(benchmarks.glob(f"{network}.tsv"))
    seconds = [read_table(path)["cpu_time"].iloc[0] for path in folds]
    return f"{np.mean(seconds) / 60:.0f}" if seconds else "n/a"


def sides(network: pd.Series) -> str:
    """Smallest and largest side of the receptive field, in pixels."""
    least, most = network["receptive_field_smallest_pixels"], network["receptive_field_largest_pixels"]
    return "whole image" if not np.isfinite(most) else f"{least:.0f}" if least == most else f"{least:.0f}-{most:.0f}"


def differences(scans: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Dice over whole scans and over lesions, and the share of lesions detected by the rule of the study."""
    if pairs.empty:
        return pairs
    timepoint = EVERY_TIMEPOINT if pairs["timepoint"].eq(EVERY_TIMEPOINT).any() else pairs["timepoint"].iloc[0]
    of_lesions = pairs[pairs["size"].eq("all") & pairs["study_rule"].ne(0)]
    rows = []
    for second in pairs["second"].unique():
        row = {"minus": second}
        for words, table, measure in (
            ("Dice per case", scans, "mts_dice"),
            ("false positives per scan", scans, "false_positives"),
            ("Dice per lesion", of_lesions, "dice_difference"),
            ("share detected", of_lesions, "detection_difference"),
        ):
            chosen = table["second"].eq(second) & table["timepoint"].eq(timepoint) & table["measure"].eq(measure)
            row[words] = " ".join(f"{one['value']:.3f} ({interval(one)})" for _, one in table[chosen].iterrows())
        rows.append(row)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    main()
