"""The four presets side by side on the embedded cohort, through the workflow itself, and the liver network.

    python tests/bench/bench_presets.py FOLDER [--grid 256] [--epochs N] [--slices N] [--full]

FOLDER becomes a study with the demonstration's cohorts, the recipe `recommended` as its own network, the liver by a
network, and the published presets beside it (networks): trained on the same patients, applied to the same
validation patients. The tables are FOLDER/results/overlap/*.csv; ``--full`` goes on to the study report, which shows
them with the masks. A run that was cut off goes on with the same command.

The default grid of 128 pixels shrinks the phantom's 192 by less than the papers shrink 512 to 256; windows keep their
millimetres. Without the weights file of defeudis2022-tl its network is trained from scratch, and the table says so.
``--epochs`` and ``--slices`` shorten it to a trial that shows no more than that the recipes run. Meant for a GPU; on
two CPU cores with bfloat16 units it takes more than an hour."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from livermets.config.load import read_yaml
from livermets.config.overlay import overlaid

REPOSITORY = Path(__file__).parents[2]
PUBLISHED = ("giannini2020", "defeudis2022-notl", "defeudis2022-tl")
TABLES = "results/overlap/pairs.csv"


def study(arguments: argparse.Namespace) -> dict[str, Any]:
    """The configuration: what all networks share is said once, what differs comes from the presets."""
    demo = read_yaml(REPOSITORY / "config.yaml")
    recommended = read_yaml(REPOSITORY / "presets/recommended.yaml")
    arithmetic = {"cpu_bfloat16": arguments.bfloat16}
    training = arithmetic | ({"epochs": arguments.epochs} if arguments.epochs else {})
    sampling = {"slices_per_epoch": arguments.slices} if arguments.slices else {}
    patch = recommended["segmentation"]["sampling"]["patch"] * arguments.grid // 256
    shared = {
        "preprocess": {"network_grid": arguments.grid},
        "segmentation": {
            "sampling": {**sampling, "patch": patch},
            "training": training,
            "liver": {"replace_given": True, "training": arithmetic},
            "cpu_threads": arguments.threads,
        },
    }
    compared: dict[str, Any] = {
        name: {
            "preset": name,
            "preprocess": {"network_grid": arguments.grid},
            "sampling": sampling,
            "training": training,
        }
        for name in PUBLISHED
    }
    pretrained = read_yaml(REPOSITORY / "presets/defeudis2022-tl.yaml")["segmentation"]["network"]["pretrained"]
    if not (arguments.folder / pretrained["file"]).exists():
        compared["defeudis2022-tl"]["network"] = {"pretrained": None}
    kept = {key: demo[key] for key in ("seed", "cohorts", "selection")}
    return overlaid(kept, recommended, shared, {"study": "Four recipes side by side", "networks": compared})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="study folder to make, or to go on in")
    parser.add_argument("--grid", type=int, default=128, help="network grid in pixels")
    parser.add_argument("--epochs", type=int, help="fewer epochs than the presets say, for a trial")
    parser.add_argument("--slices", type=int, help="fewer slices per epoch, for a trial")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bfloat16", action="store_true", help="half precision on the CPU too")
    parser.add_argument("--full", action="store_true", help="go on to the study report")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    (arguments.folder / "config.yaml").write_text(yaml.safe_dump(study(arguments), sort_keys=False))
    place = ["-s", str(REPOSITORY / "Snakefile"), "--directory", str(arguments.folder)]
    profile = ["--workflow-profile", str(REPOSITORY / "workflow/profiles/default"), "--cores", str(arguments.threads)]
    command = [sys.executable, "-m", "snakemake", *place, *profile, *([] if arguments.full else [TABLES])]
    subprocess.run(command, check=True)
    if arguments.epochs or arguments.slices:
        print("shortened: this shows that the recipes run, not what they are worth")
    with pd.option_context("display.width", 250, "display.max_columns", 30, "display.float_format", "{:.3f}".format):
        for name in ("networks", "overlap", "lesion_wise", "pairs"):
            table = pd.read_csv(arguments.folder / f"results/overlap/{name}.csv")
            print(f"\n{name}\n{table.drop(columns=['reference', 'note'], errors='ignore').to_string(index=False)}")
        metrics = (arguments.folder / "results").glob("demo-validation/segmentation/automatic/*/*/scan_metrics.csv")
        liver = pd.concat(map(pd.read_csv, metrics))["liver_dice"]
        print(f"\nliver network: Dice {liver.median():.3f}, lowest {liver.min():.3f}, {len(liver)} validation scans")


if __name__ == "__main__":
    main()
