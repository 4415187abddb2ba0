"""A CT of thick slices on an oblique grid with an ellipsoid in it, and a network that answers with what it is shown."""

from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage

from livermets.imaging.geometry import Grid, Volume

_TURN = np.deg2rad(10)
_OBLIQUE = (np.cos(_TURN), -np.sin(_TURN), 0, np.sin(_TURN), np.cos(_TURN), 0, 0, 0, 1.0)
THICK = Grid((96, 80, 18), (0.8, 0.8, 5.0), (-30.0, -40.0, -700.0), _OBLIQUE)
_MIDDLE_ZYX, _RADII_MM = np.array([8.3, 38.6, 50.2]), np.array([30.0, 22.0, 26.0])


class Copy(torch.nn.Module):
    """Gives its input back as logits."""

    size_multiple = 1

    def __init__(self) -> None:
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(1.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor


def ellipsoid() -> tuple[Volume, Volume]:
    """A CT that falls from 100 HU in the middle of an ellipsoid through 0 at its surface, and the ellipsoid."""
    away = np.indices(THICK.shape_zyx).reshape(3, -1).T - _MIDDLE_ZYX
    squared = ((away * THICK.spacing_zyx_mm / _RADII_MM) ** 2).sum(axis=1).reshape(THICK.shape_zyx)
    image = np.clip(100 * (1 - squared), -1000, 100).astype(np.float32)
    return Volume(image, THICK), Volume((squared < 1).astype(np.uint8), THICK)


def shift_mm(found: np.ndarray) -> np.ndarray:
    """How far the middle of a mask lies off that of the ellipsoid (``zyx``)."""
    true = ndimage.center_of_mass(ellipsoid()[1].array)
    return np.subtract(ndimage.center_of_mass(found), true) * THICK.spacing_zyx_mm


def dice(found: np.ndarray) -> float:
    """Overlap of a mask with the ellipsoid."""
    true = ellipsoid()[1].array > 0
    return float(2 * (found & true).sum() / (found.sum() + true.sum()))
