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
from livermets.segmentation.classes import LIVER
from livermets.segmentation.postprocess import class_mask, clean_liver, probability_threshold
from livermets.segmentation.preprocess import network_image
from livermets.segmentation.views.build import view_of
from livermets.segmentation.weights import load_network


def liver_by_network(path: Path, image: Volume, folder: Path, settings: LiverSettings) -> NDArray[np.uint8]:
    """The liver mask that the network of a folder makes of a CT, cleaned up as configured, on the CT's grid.

    Raises `InputError` if the network finds no liver at all: nothing downstream can work without one."""
    network, description = load_network(folder)
    which = description.told_apart.index(LIVER, folder)
    known = description.preprocess
    seen = network_image(image, known, path)
    scaled, _ = window(seen.array, known.window_hu, known.window_values)
    view = view_of(description.sampling, description.network, description.told_apart)
    view.check_image(scaled.shape, path)
    probability = view.probabilities(network, scaled, None, settings.output, pick_device())
    native = np.stack([resample_image(seen.with_array(one), image.grid, 0.0).array for one in probability])
    threshold = probability_threshold(probability[which:].sum(axis=0), None, settings.output)
    mask = clean_liver(
        class_mask(native, which, threshold, settings.output), image.grid.spacing_zyx_mm, settings.postprocess
    )
    if not mask.any():
        raise input_error(path, "the liver network finds no liver in this scan", "Give a liver mask for it")
    return mask.astype(np.uint8)
