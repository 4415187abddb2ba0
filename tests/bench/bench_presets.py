"""The four presets side by side, and the liver network: trained on one synthetic cohort, measured on another.

    python tests/bench/bench_presets.py [--presets giannini2020 recommended] [--epochs N] [--slices N] [--grid N]

Every preset is trained as its file says (without the weights file of defeudis2022-tl: from scratch, which the table
says), on the demonstration's training patients; the table holds what the validation patients give: median Dice of the
detected lesions and of all, detection by size, false positives, seconds per epoch and per scan. Meant for a GPU;
``--epochs``, ``--slices`` and ``--grid`` shorten it for a trial, and the table says so. The liver network is trained
with the defaults."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import SimpleITK as sitk
import torch

from livermets.config.load import read_yaml
from livermets.config.segmentation import LiverSettings, SegmentationSettings
from livermets.segmentation.metrics import mask_metrics

REPOSITORY = Path(__file__).parents[2]
DEMO = read_yaml(REPOSITORY / "config.yaml")
NAMES = ("giannini2020", "defeudis2022-notl", "defeudis2022-tl", "recommended")
SIZES_MM = (0, 10, 20, 1000)


def verb(*words: object) -> float:
    """Runs one verb of the program; the seconds it took. What a failing one said is shown."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "livermets", *map(str, words)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
        done.check_returncode()
    return time.perf_counter() - start


def cohort(folder: Path, name: str, seed: int) -> list[Path]:
    """The demonstration's cohort of this name, synthesised once; one folder per patient."""
    settings = DEMO["cohorts"][name]["phantom"]
    if not (folder / "outcome.csv").exists():
        verb("phantom", folder, "--settings", json.dumps(settings), "--seed", seed, "--threads", 2)
    return sorted(path.parent for path in folder.glob("*/*/ct.nii.gz"))


def preprocessed(scans: list[Path], place: Path, settings: Path, target: str) -> list[Path]:
    folders = []
    for scan in scans:
        folders.append(place / scan.parent.name)
        lesions = [] if target == "liver" else ["--lesions", scan / "lesions.nii.gz"]
        image = ["--image", scan / "ct.nii.gz", "--liver", scan / "liver.nii.gz"]
        verb("preprocess", *image, *lesions, "--target", target, "--out", folders[-1], "--settings", settings)
    return folders


def train(folders: list[Path], out: Path, settings: Path, target: str, threads: int) -> dict[str, Any]:
    patients = ",".join(folder.name for folder in folders)
    scans = [f"--scans={folder}" for folder in folders]
    options = ["--target", target, "--settings", settings, "--threads", threads, "--seed", DEMO["seed"]]
    verb("train-segmentation", *scans, "--patients", patients, "--out", out, *options)
    log = pd.read_csv(out / "training_log.csv")
    facts = json.loads((out / "network.json").read_text(encoding="utf-8"))
    return {"parameters": facts["parameter_count"], "epochs": len(log), "seconds_per_epoch": log["seconds"].median()}


def lesions_of(name: str, options: argparse.Namespace, place: Path, scans: dict[str, list[Path]]) -> dict[str, Any]:
    """One row of the table."""
    preset = read_yaml(REPOSITORY / f"presets/{name}.yaml")
    segmentation = shortened(dict(preset["segmentation"]), options)
    training = segmentation["training"]
    if options.grid and training.get("patch"):  # the same millimetres
        training["patch"] = training["patch"] * options.grid // preset["preprocess"]["network_grid"]
    network = dict(segmentation.get("network") or {})
    if network.get("pretrained") and not Path(network["pretrained"]["file"]).exists():
        network["pretrained"], name = None, f"{name}, no ImageNet weights"
    segmentation["network"] = network
    SegmentationSettings.model_validate(segmentation)
    settings = written(place, preset, segmentation, options)
    folders = {role: preprocessed(found, place / role, settings, "lesions") for role, found in scans.items()}
    row = {"preset": name, **train(folders["train"], place / "network", settings, "lesions", options.threads)}
    matching, seconds = [], []
    for scan, folder in zip(scans["test"], folders["test"], strict=True):
        out = place / "masks" / folder.name
        image = ["--image", scan / "ct.nii.gz", "--liver", scan / "liver.nii.gz", "--lesions", scan / "lesions.nii.gz"]
        who = ["--cohort", "test", "--patient", folder.name]
        how = ["--network", place / "network", "--settings", settings, "--threads", options.threads]
        verb("segment", "--preprocessed", folder, *image, "--out", out, *who, *how)
        matching.append(pd.read_csv(out / "matching.csv"))
        seconds.append(pd.read_csv(out / "scan_metrics.csv")["seconds"].iloc[0])
    return {**row, "seconds_per_scan": pd.Series(seconds).median(), **accuracy(pd.concat(matching), len(scans["test"]))}


def accuracy(matching: pd.DataFrame, scans: int) -> dict[str, Any]:
    manual = matching[matching["kind"] == "manual"]
    found = manual[manual["dice"] > 0]
    row = {"lesions": len(manual), "dice_detected": found["dice"].median(), "dice_all": manual["dice"].median()}
    for low, high in pairwise(SIZES_MM):
        of_size = manual[(manual["longest_diameter_mm"] >= low) & (manual["longest_diameter_mm"] < high)]
        label = f"{low}-{high} mm" if high < SIZES_MM[-1] else f">= {low} mm"
        row[f"detected {label}"] = f"{(of_size['dice'] > 0).sum()}/{len(of_size)}"
    return {**row, "false_positives_per_scan": (matching["kind"] == "false_positive").sum() / scans}


def liver(options: argparse.Namespace, place: Path, scans: dict[str, list[Path]]) -> dict[str, Any]:
    """The liver network with the defaults: Dice of the liver per validation scan."""
    section = shortened({"training": {}}, options)
    LiverSettings.model_validate({"source": "network", **section})
    settings = written(place, {}, {"liver": {"source": "network", **section}}, options)
    folders = preprocessed(scans["train"], place / "train", settings, "liver")
    row = {"preset": "liver network", **train(folders, place / "network", settings, "liver", options.threads)}
    dice, seconds = [], []
    for scan in scans["test"]:
        out = place / f"{scan.parent.name}.nii.gz"
        words = ["--image", scan / "ct.nii.gz", "--network", place / "network", "--out", out, "--settings", settings]
        try:
            seconds.append(verb("liver", *words, "--threads", options.threads))
        except subprocess.CalledProcessError as refused:
            if refused.returncode != 2:
                raise
            dice.append(0.0)  # no liver found, which the verb refuses to go on with
            continue
        ours, theirs = (sitk.ReadImage(str(path)) for path in (out, scan / "liver.nii.gz"))
        arrays = [sitk.GetArrayFromImage(image) > 0 for image in (ours, theirs)]
        dice.append(mask_metrics(arrays[1], arrays[0], theirs.GetSpacing()[::-1])["dice"])
    found = pd.Series(dice)
    return {**row, "seconds_per_scan": pd.Series(seconds).median(), "liver_dice": found.median(), "lowest": found.min()}


def shortened(section: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    chosen = {"epochs": options.epochs, "slices_per_epoch": options.slices}
    training = {**(section.get("training") or {}), **{name: value for name, value in chosen.items() if value}}
    return {**section, "training": training}


def written(place: Path, preset: dict[str, Any], segmentation: dict[str, Any], options: argparse.Namespace) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    path = place / "settings.yaml"
    grid = {"network_grid": options.grid} if options.grid else {}
    sections = {"preprocess": {**(preset.get("preprocess") or {}), **grid}, "segmentation": segmentation}
    path.write_text(json.dumps(sections), encoding="utf-8")  # JSON is YAML
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presets", nargs="*", choices=[*NAMES, "liver"], default=[*NAMES, "liver"])
    parser.add_argument("--epochs", type=int, help="fewer epochs than the preset's, for a trial")
    parser.add_argument("--slices", type=int, help="fewer slices per epoch, for a trial")
    parser.add_argument("--grid", type=int, help="fewer pixels than the preset's, for a trial")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder to work in [default: a temporary one]")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        scans = {
            "train": cohort(folder / "train", "demo-train", DEMO["seed"]),
            "test": cohort(folder / "test", "demo-validation", DEMO["seed"] + 1),
        }
        rows = []
        for name in options.presets:
            measure = liver if name == "liver" else lambda *given, name=name: lesions_of(name, *given)
            rows.append(measure(options, folder / name, scans))
            print(json.dumps(rows[-1], default=float), file=sys.stderr, flush=True)
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"CPU, {options.threads} threads"
    print(f"{device}; {len(scans['train'])} training and {len(scans['test'])} validation patients (synthetic)")
    if options.epochs or options.slices or options.grid:
        print("shortened: this shows that the recipes run, not what they are worth")
    print(pd.DataFrame(rows).to_string(index=False, float_format="%.3f"))


if __name__ == "__main__":
    main()
