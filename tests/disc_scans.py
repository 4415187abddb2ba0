"""Training material that is made and learnt in seconds."""

from __future__ import annotations

import numpy as np

from livermets.segmentation.training_scan import TrainingScan


def disc_scan(patient: str, seed: int, lesions: bool = True, size: int = 32, slices: int = 6) -> TrainingScan:
    """A bright round liver with a dark disc, in noise."""
    random = np.random.default_rng(seed)
    _, y, x = np.indices((slices, size, size))
    liver = (y - size / 2) ** 2 + (x - size / 2) ** 2 < (0.4 * size) ** 2
    centre = random.uniform(0.4, 0.6, 2) * size
    disc = ((y - centre[0]) ** 2 + (x - centre[1]) ** 2 < 16) & liver
    disc[: slices // 3] = False
    disc &= lesions
    image = np.where(disc, -2.0, np.where(liver, 0.0, -4.0)) + random.normal(0, 0.3, liver.shape)
    return TrainingScan(patient, patient, image.astype(np.float32), disc.astype(np.uint8), liver.astype(np.uint8))


def disc_scans() -> list[TrainingScan]:
    """Six patients; the last one has no lesion."""
    return [disc_scan(f"P{number}", number, lesions=number < 5) for number in range(6)]
