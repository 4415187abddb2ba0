"""One scan as training material; without torch, so that preprocessing does not need it."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    hu_per_unit: float = 1.0
    """What a difference of 1 between normalised values is in HU."""

    def within(self, box: tuple[slice, slice, slice]) -> TrainingScan:
        """The part of it within a box."""
        image, target, liver = self.image[box], self.target[box], self.liver[box]
        image, target, liver = map(np.ascontiguousarray, (image, target, liver))
        return replace(self, image=image, target=target, liver=liver)
