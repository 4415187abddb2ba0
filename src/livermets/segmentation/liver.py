"""The liver by a trained network, or by somebody else's program."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from livermets.config.preprocess import PreprocessSettings
from livermets.config.segmentation import LiverSettings, NetworkSettings
from livermets.errors import input_error
from livermets.imaging.geometry import Volume
from livermets.imaging.normalise import window
from livermets.imaging.resample import resample_image
from livermets.segmentation.postprocess import clean_liver, probability_threshold
from livermets.segmentation.predict import predict_probability
from livermets.segmentation.preprocess import resized_hu
from livermets.surroundings import outer_environment


def liver_by_network(
    image: Volume,
    network: nn.Module,
    architecture: NetworkSettings,
    preprocess: PreprocessSettings,
    settings: LiverSettings,
    device: torch.device,
    where: object,
) -> NDArray[np.uint8]:
    """The liver mask of a CT on its native grid, cleaned up as configured.

    Raises `InputError` if the network finds no liver at all: nothing downstream can work without one."""
    resized = resized_hu(image, preprocess)
    scaled, _ = window(resized.array, preprocess.liver_window_hu)
    probability = predict_probability(network, architecture, settings.output, scaled, None, device)
    threshold = probability_threshold(probability, None, settings.output)
    native = resample_image(resized.with_array(probability), image.grid, 0.0)
    mask = clean_liver(native.array > threshold, image.grid.spacing_zyx_mm, settings.postprocess)
    if not mask.any():
        raise input_error(where, "the liver network finds no liver in this scan", "Give a liver mask for it")
    return mask.astype(np.uint8)


def run_command(template: str, image: Path, out: Path) -> None:
    """Runs an external segmentation program; ``{image}`` and ``{out}`` in its template are the two files.

    Raises `InputError` with the program's last words if it fails or writes nothing."""
    words = [word.replace("{image}", str(image)).replace("{out}", str(out)) for word in shlex.split(template)]
    try:
        # What a program prints is in its own encoding, and may be in none.
        done = subprocess.run(
            words, capture_output=True, encoding="utf-8", errors="replace", check=False, env=outer_environment()
        )
    except OSError as error:
        raise input_error(
            "segmentation.liver.command",
            f"`{words[0]}` cannot be started ({error.strerror})",
            "Install it, or check it",
        ) from error
    if done.returncode != 0 or not out.exists():
        last = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        raise input_error(
            image, f"the liver command ended with status {done.returncode} and no mask was made: {last}",
            f"Try it by hand: {shlex.join(words)}",
        )  # fmt: skip
