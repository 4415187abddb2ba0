"""How long altered masks take: ours beside the ordinary path, interleaved.

`python tests/bench/bench_altered_masks.py [--masks 100000] [--lesions 30] [--threads 2]`

Lesions of 10 to 45 mm in a noisy liver at 0.8 x 0.8 x 2.5 mm. Ours: windows once, then every mask a count of those it
holds and a surface distance. The ordinary path, for a few of the same masks: `rois` on the altered mask, the model on
its ROIs, the metrics of the pair. Times are medians of interleaved rounds; the whole run is timed once."""

from __future__ import annotations

import argparse
import resource
import time
from statistics import median

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.perturbation import PerturbationSettings
from livermets.config.radiomics import RadiomicsSettings
from livermets.masks.metrics import mask_metrics
from livermets.model.fitted import FittedModel
from livermets.model.network import Network
from livermets.model.preparation import Scaler
from livermets.perturbation.draws import Alteration, alterations, measured
from livermets.perturbation.neighbourhood import Neighbourhood, Scan, neighbourhood
from livermets.perturbation.scan import perturbed_scan, scored_windows
from livermets.radiomics.sliding import roi_features

SPACING_MM = (2.5, 0.8, 0.8)
SHAPE = (80, 320, 400)
RADIOMICS = RadiomicsSettings()
PER_SCAN = 5
FEATURES = (
    "original_firstorder_Mean",
    "original_glcm_Contrast",
    "original_ngtdm_Busyness",
    "original_glszm_ZoneEntropy",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--masks", type=int, default=100_000)
    parser.add_argument("--lesions", type=int, default=30)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    settings = PerturbationSettings(draws=asked.masks // asked.lesions)
    diameters = np.geomspace(10, 45, asked.lesions)
    random = np.random.default_rng(1)
    groups = [random.permutation(diameters)[n : n + PER_SCAN] for n in range(0, asked.lesions, PER_SCAN)]
    scans = [scan_of(group, random) for group in groups]
    perturbed_scan(scans[0], model(), RADIOMICS, PerturbationSettings(draws=11), 1, ("warm",))
    started = time.perf_counter()
    made = sum(len(one_scan(scan, settings, number, asked.threads)) for number, scan in enumerate(scans))
    seconds = time.perf_counter() - started
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{made} masks of {asked.lesions} lesions: {seconds:.1f} s with {asked.threads} threads, {peak_gb:.2f} GB")
    ours, ordinary = rounds(scans[0], asked.rounds)
    print(f"one mask: ours {ours * 1e3:.2f} ms, ordinary path {ordinary * 1e3:.1f} ms, ratio {ordinary / ours:.0f}")


def one_scan(scan: Scan, settings: PerturbationSettings, number: int, threads: int) -> pd.DataFrame:
    """The table of one scan."""
    return perturbed_scan(scan, model(), RADIOMICS, settings, 1, ("bench", number), threads=threads)


def rounds(scan: Scan, count: int) -> tuple[float, float]:
    """Seconds per mask of both ways, on the same masks."""
    label = int(np.unique(scan.labels)[1])
    near = neighbourhood(scan.labels, label, scan.liver, SPACING_MM, 20.0, RADIOMICS.step)
    scored = scored_windows(scan, [near], model(), RADIOMICS).within(near.box).sum_within
    settings = PerturbationSettings(draws=55)
    masks = [one for kind in settings.kinds for one in alterations(near, settings, 1, ("bench",), kind, 0)]
    ours, ordinary = [], []
    for _ in range(count):
        started = time.perf_counter()
        for kind in settings.kinds:
            for one in alterations(near, settings, 1, ("bench",), kind, 0):
                measured(near, scored, one)
        ours.append((time.perf_counter() - started) / len(masks))
        started = time.perf_counter()
        for one in masks:
            by_the_ordinary_path(scan, near, one)
        ordinary.append((time.perf_counter() - started) / len(masks))
    return median(ours), median(ordinary)


def by_the_ordinary_path(scan: Scan, near: Neighbourhood, one: Alteration) -> None:
    """What the verbs `rois`, `classify` and `match` do for one mask."""
    whole = np.zeros(scan.labels.shape, dtype=np.uint8)
    whole[near.box] = one.mask
    if one.mask.any():
        rois = roi_features(scan.image, whole, SPACING_MM, RADIOMICS)
        if len(rois):
            model().roi_probabilities(rois)
    mask_metrics(near.reference, one.mask, SPACING_MM)


def scan_of(diameters_mm: NDArray, random: np.random.Generator) -> Scan:
    """Balls side by side in noise."""
    labels = np.zeros(SHAPE, dtype=np.uint8)
    axes = np.meshgrid(
        *(np.arange(n) * mm for n, mm in zip(SHAPE, SPACING_MM, strict=True)), indexing="ij", sparse=True
    )
    for number, diameter in enumerate(diameters_mm):
        centre = (100.0, 128.0, 40.0 + 60.0 * number)
        labels[sum((axis - c) ** 2 for axis, c in zip(axes, centre, strict=True)) <= (diameter / 2) ** 2] = number + 1
    image = np.rint(random.normal(90, 25, SHAPE)).astype(np.int16)
    return Scan(image, labels, np.ones(SHAPE, dtype=bool), SPACING_MM)


def model() -> FittedModel:
    """A small network of four features."""
    scaler = Scaler(np.array([90.0, 2.0, 1.0, 3.0]), np.array([5.0, 1.0, 1.0, 1.0]))
    random = np.random.default_rng(2)
    weights = (random.normal(size=shape).astype(np.float32) for shape in ((6, 4), 6))
    hidden, output = weights
    network = Network(hidden, np.zeros(6, np.float32), output, 0.0)
    return FittedModel(FEATURES, scaler, network, 0.5, "youden")


if __name__ == "__main__":
    main()
