"""Does the recipe `recommended` learn real tissue? Trained on the even slices of one real CT, measured on the odd ones.

    LIVERMETS_DATA=... python tests/bench/bench_segmentation_real.py [--classes liver] [--epochs 20] [--bfloat16]

One patient, and neighbouring slices are alike: this is no measure of how a network does on another patient. The recipe
is shortened by ``--epochs`` and ``--slices`` (windows per epoch); with nobody to hold back, the epoch with the lowest
training loss is kept. The liver is learnt with the defaults of its network."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pixels", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--slices", type=int, default=200)
    parser.add_argument("--classes", choices=["lesion", "liver", "liver,lesion"], default="lesion")
    parser.add_argument("--bfloat16", action="store_true", help="half precision on the CPU too")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    folder = Path(os.environ.get("LIVERMETS_DATA", "")) / "ircadb01-p01"
    if not folder.is_dir():
        raise SystemExit("set LIVERMETS_DATA to the folder that holds ircadb01-p01")

    from livermets.segmentation.threads import use_threads

    use_threads(arguments.threads)
    from livermets.config.load import read_yaml
    from livermets.config.overlay import overlaid
    from livermets.config.preprocess import PreprocessSettings
    from livermets.config.recipes import PRESETS
    from livermets.config.segmentation import SegmentationSettings
    from livermets.imaging.resample import network_grid
    from livermets.io.images import read_volume
    from livermets.masks.metrics import mask_metrics
    from livermets.segmentation.architectures.build import NetworkPlan, pick_device
    from livermets.segmentation.classes import Classes, most_probable
    from livermets.segmentation.preprocess import preprocess_scan, training_scan
    from livermets.segmentation.trained_network import section_for
    from livermets.segmentation.training_loop import train_network
    from livermets.segmentation.training_scan import TrainingScan
    from livermets.segmentation.views.build import view_of

    classes = Classes.beside_background(arguments.classes.split(","))
    shorter = {
        "training": {"epochs": arguments.epochs, "cpu_bfloat16": arguments.bfloat16},
        "sampling": {"slices_per_epoch": arguments.slices},
    }
    shared = {"preprocess": {"network_grid": arguments.pixels}, "segmentation": {**shorter, "liver": shorter}}
    recipe = overlaid(read_yaml(PRESETS / "recommended.yaml"), shared)
    preprocess = PreprocessSettings(**recipe["preprocess"])
    own = section_for(SegmentationSettings(**recipe["segmentation"]), classes)
    view = view_of(own.sampling, own.network, classes)
    plan = NetworkPlan(own.network, classes, view.parts)

    ct, liver = read_volume(folder / "ct.nii.gz"), read_volume(folder / "liver.nii.gz")
    tumours = sum((read_volume(path).array > 0) for path in sorted(folder.glob("livertumor*.nii.gz")))
    lesions = liver.with_array((np.asarray(tumours) > 0).astype(np.uint8))
    prepared = preprocess_scan(ct, liver, lesions, preprocess, classes, folder)
    (scan,) = view.shown([training_scan(prepared, "ircadb01", "p01", classes)], plan.build())
    even, odd = slice(0, None, 2), slice(1, None, 2)

    def half(which: slice) -> TrainingScan:
        return TrainingScan("ircadb01", "p01", scan.image[which], scan.target[which], scan.liver[which])

    samples = view.samples([half(even)], plan.build())
    started = time.perf_counter()
    trained = train_network(samples, None, plan, own.training, seed=1)
    seconds = time.perf_counter() - started
    built = plan.build()
    built.load_state_dict(trained.weights)
    z_mm, y_mm, x_mm = network_grid(ct.grid, arguments.pixels).spacing_zyx_mm
    for name, which in (("even slices (trained on)", even), ("odd slices (not seen)", odd)):
        part = half(which)
        found = most_probable(view.probabilities(built, part.image, part.liver, own.output, pick_device()))
        metrics = mask_metrics(part.target == classes.focus, found[-1], (2 * z_mm, y_mm, x_mm))
        print(f"{classes.found[-1]}, {name}: " + ", ".join(f"{key} {value:.3f}" for key, value in metrics.items()))
    print(
        f"{len(samples)} training samples, {arguments.epochs} epochs of "
        f"{arguments.slices}, epoch {trained.kept_epoch} kept, {seconds:.0f} s on {pick_device().type}"
    )


if __name__ == "__main__":
    main()
