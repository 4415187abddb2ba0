"""Does the recipe learn real tissue? Trained on the even slices of one real CT, measured on the odd ones.

One patient, and neighbouring slices are alike: this is no measure of how the network does on another patient.

    LIVERMETS_DATA=... python tests/bench/bench_segmentation_real.py [--pixels 192] [--epochs 12] [--target lesions]
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np

from livermets.imaging.geometry import Grid


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pixels", type=int, default=192)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--base-filters", type=int, default=12)
    parser.add_argument("--target", choices=["lesions", "liver"], default="lesions")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    folder = Path(os.environ.get("LIVERMETS_DATA", "")) / "ircadb01-p01"
    if not folder.is_dir():
        raise SystemExit("set LIVERMETS_DATA to the folder that holds ircadb01-p01")

    from livermets.segmentation.threads import use_threads

    use_threads(arguments.threads)
    import torch

    from livermets.config.preprocess import PreprocessSettings
    from livermets.config.segmentation import NetworkSettings, OutputSettings, TrainingSettings
    from livermets.io.images import read_volume
    from livermets.segmentation.data import select_slices
    from livermets.segmentation.field import crop_scans
    from livermets.segmentation.metrics import mask_metrics
    from livermets.segmentation.networks import build_network, size_multiple
    from livermets.segmentation.predict import predict_probability
    from livermets.segmentation.preprocess import preprocess_scan, training_scan
    from livermets.segmentation.scan import TrainingScan
    from livermets.segmentation.train import train_network

    ct, liver = read_volume(folder / "ct.nii.gz"), read_volume(folder / "liver.nii.gz")
    tumours = sum((read_volume(path).array > 0) for path in sorted(folder.glob("livertumor*.nii.gz")))
    lesions = liver.with_array((np.asarray(tumours) > 0).astype(np.uint8))
    preprocess = PreprocessSettings(network_grid=arguments.pixels, clip_hu=(-150.0, 250.0))
    target = arguments.target
    scan = training_scan(preprocess_scan(ct, liver, lesions, preprocess, target, folder), "ircadb01", "p01", target)
    network = NetworkSettings(levels=4, base_filters=arguments.base_filters)
    output = OutputSettings(tta="flips")
    if target == "liver":
        output = OutputSettings(tta="flips", restrict_to_liver=False, field="image")
    else:
        scan = crop_scans([scan], size_multiple(build_network(network)))[0]
    even, odd = slice(0, None, 2), slice(1, None, 2)

    def half(which: slice) -> TrainingScan:
        return TrainingScan("ircadb01", "p01", scan.image[which], scan.target[which], scan.liver[which])

    training = TrainingSettings(epochs=arguments.epochs, batch_size=8, learning_rate=3e-3, validation_fraction=0)
    slices = select_slices([half(even)], "all" if target == "liver" else "liver", 0)
    started = time.perf_counter()
    trained = train_network(slices, None, network, training, seed=1)
    seconds = time.perf_counter() - started
    built = build_network(network)
    built.load_state_dict(trained.weights)
    spacing = (2 * ct.grid.spacing_zyx_mm[0], *preprocess_spacing(ct.grid, arguments.pixels))
    for name, which in (("even slices (trained on)", even), ("odd slices (not seen)", odd)):
        part = half(which)
        found = predict_probability(built, network, output, part.image, part.liver, torch.device("cpu")) > 0.5
        metrics = mask_metrics(part.target, found, spacing)
        print(f"{target}, {name}: " + ", ".join(f"{key} {value:.3f}" for key, value in metrics.items()))
    print(
        f"{len(slices)} training slices of {tuple(slices.image.shape[2:])}, {arguments.epochs} epochs, {seconds:.0f} s"
    )


def preprocess_spacing(native: Grid, pixels: int) -> tuple[float, float]:
    """In-plane spacing of the network grid in mm."""
    from livermets.imaging.resample import network_grid

    _, y, x = network_grid(native, pixels).spacing_zyx_mm
    return y, x


if __name__ == "__main__":
    main()
