"""A small CT with two lesions in a liver."""

from __future__ import annotations

import numpy as np

from livermets.model.fitted import FittedModel
from livermets.model.network import Network
from livermets.model.preparation import Scaler

SPACING = (2.5, 0.9, 0.8)
SHAPE = (18, 61, 66)


def ball(centre_zyx: tuple[float, float, float], radius_mm: float, shape=SHAPE, spacing=SPACING) -> np.ndarray:
    """Voxels within a distance in mm of one."""
    axes = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    squares = (((axis - c) * mm) ** 2 for axis, c, mm in zip(axes, centre_zyx, spacing, strict=True))
    return sum(squares) <= radius_mm**2


def labels() -> np.ndarray:
    """A lesion of 18 mm with a dent, and one of 11 mm at its side."""
    found = np.zeros(SHAPE, dtype=np.uint8)
    found[ball((8, 28, 24), 9) & ~ball((8, 28, 38), 4)] = 7
    found[ball((9, 28, 48), 5.5)] = 3
    return found


def image() -> np.ndarray:
    """Noise in HU whose mean and grain differ from place to place."""
    random = np.random.default_rng(5)
    slope = np.linspace(-30, 60, SHAPE[2])
    return np.rint(80 + slope + random.normal(0, 1, SHAPE) * np.linspace(5, 40, SHAPE[1])[:, None]).astype(np.int16)


def model(score="share", threshold=0.5, minimum=None) -> FittedModel:
    """R+ where a window is bright and its texture coarse, about half of them."""
    features = ("original_firstorder_Mean", "original_glcm_Contrast")
    scaler = Scaler(np.array([95.0, 1.0]), np.array([20.0, 0.8]))
    network = Network(np.array([[1.0, -0.4]]), np.zeros(1), np.ones(1), -0.35)
    return FittedModel(features, scaler, network, threshold, "youden", score)
