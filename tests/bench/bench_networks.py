"""What every preset's network costs, and what the pipeline adds to it: a training epoch and the probabilities of a
volume, beside the same network on the same batches, made beforehand. Interleaved medians, one process per network.

python tests/bench/bench_networks.py [PRESET ...] [--pixels 256] [--slices 32] [--samples 8] [--rounds 3] [--threads 1]

Widths, patches and segments are those of the preset; the volume is synthetic and smaller than a scan. Peak memory is
that of the whole process, libraries and the volume with them."""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

PRESETS = Path(__file__).parents[2] / "presets"
OF_LIVERS = ("tang2020-deepmedic",)
"""Presets that say nothing of lesions: their network is that of the liver."""


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def interleaved(ours: Callable[[], object], bare: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median seconds of both, measured in turns, after one warm-up of each."""
    ours(), bare()
    pairs = [(timed(ours), timed(bare)) for _ in range(rounds)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def volume(slices: int, pixels: int, classes: Any) -> Any:
    """A scan of noise with a liver in its middle half and a lesion in that."""
    from livermets.segmentation.training_scan import TrainingScan

    random, quarter = np.random.default_rng(0), pixels // 4
    image = random.normal(size=(slices, pixels, pixels)).astype(np.float32)
    liver, lesion = (np.zeros(image.shape, dtype=np.uint8) for _ in range(2))
    liver[slices // 4 : -slices // 4, quarter:-quarter, quarter:-quarter] = 1
    lesion[slices // 3 : -slices // 3, 2 * quarter : 2 * quarter + quarter // 2, 2 * quarter : 3 * quarter] = 1
    target = classes.target({"liver": liver, "lesion": lesion})
    return TrainingScan("noise", "nobody", image, target, liver)


def measure(preset: str, arguments: argparse.Namespace) -> None:
    from livermets.segmentation.threads import use_threads

    use_threads(arguments.threads)
    import torch

    from livermets.config.load import read_yaml
    from livermets.config.segmentation import SegmentationSettings
    from livermets.segmentation.architectures.build import NetworkPlan, images_on_device, networks_in, pick_device
    from livermets.segmentation.classes import Classes
    from livermets.segmentation.training_loop import repeatable_torch, start_training, train_pass, train_step
    from livermets.segmentation.views.build import view_of

    of_liver = preset in OF_LIVERS
    recipe = read_yaml(PRESETS / f"{preset}.yaml")["segmentation"]
    section = recipe["liver"] if of_liver else recipe
    what = "segments_per_epoch" if section["sampling"].get("view") == "segments" else "slices_per_epoch"
    section["sampling"][what] = arguments.samples
    section["network"].pop("pretrained", None)  # weights cost no time
    settings = SegmentationSettings(**recipe)
    own = settings.liver if of_liver else settings
    classes = Classes.beside_background(["liver"] if of_liver else settings.classes)
    view = view_of(own.sampling, own.network, classes)
    plan = NetworkPlan(own.network, classes, view.parts)
    device = pick_device()
    scan = volume(arguments.slices, arguments.pixels, classes)
    with repeatable_torch(own.training, 0, device):
        training = start_training(plan, own.training, None, device)
        shown = view.shown([scan], training.network)
        dataset = view.samples(shown, training.network).epochs(own.training.augmentation, 0)
        dataset.set_epoch(0)
        batches = [collated(dataset, rows) for rows in dataset.batches(own.training.batch_size)]

        def bare_training() -> None:
            training.network.train()
            for images, target, which in batches:
                train_step(training, which, images_on_device(images, device), target.to(device))
            synchronise()

        def our_training() -> None:
            train_pass(training, dataset, workers=max(arguments.threads - 1, 0))
            synchronise()

        def synchronise() -> None:
            if device.type == "cuda":
                torch.cuda.synchronize()

        ours, bare = interleaved(our_training, bare_training, arguments.rounds)
        count = len(dataset)
        print(f"{preset:22s} training  {ours / count:7.3f} s per sample, ratio to the bare network {ours / bare:.2f}")

        training.network.eval()
        seen: list[tuple[torch.nn.Module, Any]] = []
        liver = scan.liver if own.output.restrict_to_liver else None

        def our_inference() -> None:
            view.probabilities(training.network, scan.image, liver, own.output, device)
            synchronise()

        hooks = [
            network.register_forward_pre_hook(lambda module, given: seen.append((module, given[0])))
            for network in networks_in(training.network)
        ]
        our_inference()
        for hook in hooks:
            hook.remove()
        shown_batches = list(seen)

        def bare_inference() -> None:
            with torch.inference_mode():
                for network, images in shown_batches:
                    network(images)
            synchronise()

        ours, bare = interleaved(our_inference, bare_inference, arguments.rounds)
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    size = f"{arguments.slices} × {arguments.pixels}²"
    print(
        f"{preset:22s} inference {ours:7.2f} s for {size}, ratio to the bare network {ours / bare:.2f}; "
        f"peak {peak_gb:.1f} GB on {device.type}, {arguments.threads} threads"
    )
    if device.type == "cuda":
        print(f"{preset:22s} peak GPU memory {torch.cuda.max_memory_allocated() / 2**20:.0f} MB")


def collated(dataset: Any, rows: Iterable[int]) -> tuple[Any, Any, int]:
    """One batch as the training would see it."""
    from torch.utils.data import default_collate

    images, target, networks = default_collate([dataset[row] for row in rows])
    return images, target, int(networks[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("presets", nargs="*", default=sorted(path.stem for path in PRESETS.glob("*.yaml")))
    parser.add_argument("--pixels", type=int, default=256)
    parser.add_argument("--slices", type=int, default=32)
    parser.add_argument("--samples", type=int, default=8, help="per epoch and network")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    if len(arguments.presets) == 1:
        measure(arguments.presets[0], arguments)
        return
    for preset in arguments.presets:  # each in a process of its own: peak memory is the process's
        numbers = ("pixels", "slices", "samples", "rounds", "threads")
        options = [word for name in numbers for word in (f"--{name}", str(getattr(arguments, name)))]
        subprocess.run([sys.executable, __file__, preset, *options], check=True)


if __name__ == "__main__":
    main()
