"""The liver by a trained network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livermets.config.segmentation import LiverSettings
from livermets.errors import input_error
from livermets.imaging.geometry import Volume
from livermets.imaging.normalise import window
from livermets.imaging.resample import resample_image
from livermets.segmentation.architectures.build import pick_device
from livermets.segmentation.postprocess import clean_liver, probability_threshold
from livermets.segmentation.predict import predict_probability
from livermets.segmentation.preprocess import resized_hu
from livermets.segmentation.weights import load_network


def liver_by_network(path: Path, image: Volume, folder: Path, settings: LiverSettings) -> NDArray[np.uint8]:
    """The liver mask that the network of a folder makes of a CT, cleaned up as configured, on the CT's grid.

    Raises `InputError` if the network finds no liver at all: nothing downstream can work without one."""
    network, description = load_network(folder)
    if description.target != "liver":
        what = f"this network finds {description.target}, not the liver"
        raise input_error(folder, what, "Name the liver network")
    resized = resized_hu(image, description.preprocess)
    scaled, _ = window(resized.array, description.preprocess.liver_window_hu)
    probability = predict_probability(network, description.network, settings.output, scaled, None, pick_device())
    threshold = probability_threshold(probability, None, settings.output)
    native = resample_image(resized.with_array(probability), image.grid, 0.0)
    mask = clean_liver(native.array > threshold, image.grid.spacing_zyx_mm, settings.postprocess)
    if not mask.any():
        raise input_error(path, "the liver network finds no liver in this scan", "Give a liver mask for it")
    return mask.astype(np.uint8)
