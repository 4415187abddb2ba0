"""Training material in three dimensions: a liver with a ball in it, learnt in seconds."""

from __future__ import annotations

import numpy as np

from livermets.segmentation.classes import Classes
from livermets.segmentation.training_scan import TrainingScan


def solid_scan(
    patient: str, seed: int, classes: Classes, shape: tuple[int, int, int] = (16, 32, 32), lesions: bool = True
) -> TrainingScan:
    """A bright ellipsoid with a dark ball, in noise."""
    random = np.random.default_rng(seed)
    places = np.indices(shape)
    half = np.array(shape).reshape(3, 1, 1, 1) / 2
    liver = (((places - half) / (0.8 * half)) ** 2).sum(axis=0) < 1
    centre = (random.uniform(0.4, 0.6, 3) * shape).reshape(3, 1, 1, 1)
    ball = (((places - centre) ** 2).sum(axis=0) < 16) & liver & lesions
    image = np.where(ball, -2.0, np.where(liver, 0.0, -4.0)) + random.normal(0, 0.3, shape)
    target = classes.target({"liver": liver, "lesion": ball})
    return TrainingScan(patient, patient, image.astype(np.float32), target, liver.astype(np.uint8))


def solid_scans(classes: Classes) -> list[TrainingScan]:
    """Four patients."""
    return [solid_scan(f"P{number}", number, classes) for number in range(4)]
