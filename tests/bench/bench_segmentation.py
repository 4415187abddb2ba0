"""What the pipeline costs on top of the bare network: training steps and inference, interleaved medians, peak memory.

python tests/bench/bench_segmentation.py [--pixels 128] [--slices 32] [--rounds 5] [--threads 1]
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack

import numpy as np


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def interleaved(ours: Callable[[], object], bare: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median seconds of both, measured in turns, after one warm-up of each."""
    ours(), bare()
    pairs = [(timed(ours), timed(bare)) for _ in range(rounds)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def say(what: str, ours: float, bare: float, slices: int, limit: float) -> None:
    print(
        f"{what:10s} ours {slices / ours:8.1f} slices/s   bare network {slices / bare:8.1f} slices/s   "
        f"ratio {ours / bare:.2f} (limit {limit})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pixels", type=int, default=128)
    parser.add_argument("--slices", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--base-filters", type=int, default=32)
    arguments = parser.parse_args()

    from livermets.segmentation.threads import use_threads

    use_threads(arguments.threads)
    import torch

    from livermets.config.architectures import UNetSettings
    from livermets.config.sampling import AxialSampling
    from livermets.config.segmentation import OutputSettings
    from livermets.config.training import AugmentationSettings, TrainingSettings
    from livermets.segmentation.architectures.build import NetworkPlan, class_probabilities, pick_device
    from livermets.segmentation.classes import Classes
    from livermets.segmentation.training_loop import repeatable_torch, start_training, train_pass
    from livermets.segmentation.views.axial import AxialView
    from livermets.segmentation.views.slices import EpochSlices, Slices

    random, size, count = np.random.default_rng(0), arguments.pixels, arguments.slices
    plan = NetworkPlan(UNetSettings(base_filters=arguments.base_filters), Classes(("background", "lesion")))
    sampling = AxialSampling(balance=False, field="image")
    view = AxialView(sampling, plan.settings, plan.classes)
    augmentation = AugmentationSettings(flip=0.5, affine=0.5, intensity=0.5, noise=0.2)
    settings = TrainingSettings(batch_size=8, augmentation=augmentation)
    device = pick_device()
    prepared = ExitStack()
    prepared.enter_context(repeatable_torch(settings, 0, device))
    image = random.normal(size=(count, 1, size, size)).astype(np.float32)
    target = (random.random((count, 1, size, size)) > 0.95).astype(np.uint8)
    stack, rows = torch.from_numpy(image[:, 0]), torch.arange(count)[:, None]
    slices = Slices(
        stack, rows, torch.from_numpy(target), torch.ones(count, 1, size, size), torch.ones(count), sampling
    )
    training = start_training(plan, settings, None, device)
    dataset = EpochSlices(slices, augmentation, 0)

    def synchronise() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize()

    def bare_training() -> None:
        for start in range(0, count, settings.batch_size):
            part = slice(start, start + settings.batch_size)
            x = slices.image(part).to(device, memory_format=torch.channels_last)
            y = slices.target[part].to(device)
            training.optimiser.zero_grad(set_to_none=True)
            training.loss(training.network(x), y).backward()
            training.optimiser.step()
        synchronise()

    def our_training() -> None:
        train_pass(training, dataset, workers=max(arguments.threads - 1, 0))
        synchronise()

    def bare_inference() -> None:
        with torch.inference_mode():
            for start in range(0, count, output.batch_size):
                x = slices.image(slice(start, start + output.batch_size)).to(device, memory_format=torch.channels_last)
                class_probabilities(training.network(x)).cpu()

    output = OutputSettings(restrict_to_liver=False, batch_size=8)
    volume = np.ascontiguousarray(image[:, 0])
    ours, bare = interleaved(our_training, bare_training, arguments.rounds)
    say("training", ours, bare, count, 1.15)
    training.network.eval()
    ours, bare = interleaved(
        lambda: view.probabilities(training.network, volume, None, output, device),
        bare_inference,
        arguments.rounds,
    )
    say("inference", ours, bare, count, 1.2)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak_mb:.0f} MB on {device.type}, {arguments.threads} threads, {count} slices of {size}²")
    if device.type == "cuda":
        print(f"peak GPU memory {torch.cuda.max_memory_allocated() / 2**20:.0f} MB")


if __name__ == "__main__":
    main()
