"""One scan as training material; without torch, so that preprocessing does not need it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class TrainingScan:
    """One preprocessed scan on the network grid (``zyx``): the normalised image, the class of every voxel (0 is the
    background) and the liver."""

    name: str
    patient_id: str
    image: NDArray[np.float32]
    target: NDArray[np.uint8]
    liver: NDArray[np.uint8]

    def within(self, box: tuple[slice, slice, slice]) -> TrainingScan:
        """The part of it within a box."""
        image, target, liver = self.image[box], self.target[box], self.liver[box]
        return TrainingScan(self.name, self.patient_id, *map(np.ascontiguousarray, (image, target, liver)))
