"""One scan as training material; without torch, so that preprocessing does not need it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class TrainingScan:
    """One preprocessed scan: the normalised image and the 0/1 target on the network grid (``zyx``)."""

    name: str
    patient_id: str
    image: NDArray[np.float32]
    target: NDArray[np.uint8]
    liver: NDArray[np.uint8]
