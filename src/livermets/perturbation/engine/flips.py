"""Masks as a dial turns: every voxel changes its state once, at a dial of its own.

Nearly every way in which a mask fails is nested: the further it goes, the more voxels have changed, and none changes
back. One array (``flips_at``, infinite where a voxel never changes) then holds all masks of a shape, and the Dice of
each is a matter of counting, so that the dial of a wanted Dice is looked up and not searched for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livermets.compilation import compiled

Mask = NDArray[np.bool_]
Dials = NDArray[np.float32]


@compiled
def count_flips(
    reference: Mask, flips_at: Dials, largest: float, lost: NDArray[np.int64], gained: NDArray[np.int64]
) -> None:
    """Counts, into as many equal steps of the dial from 0 to ``largest`` as ``lost`` is long, the voxels of the
    reference that are lost within each and the others that are gained."""
    steps = lost.size
    scale = steps / largest
    for z in range(reference.shape[0]):
        for y in range(reference.shape[1]):
            for x in range(reference.shape[2]):
                at = flips_at[z, y, x]
                if at > largest:
                    continue
                step = min(int(at * scale), steps - 1)
                if reference[z, y, x]:
                    lost[step] += 1
                else:
                    gained[step] += 1


@compiled
def cut(reference: Mask, flips_at: Dials, dial: float, mask: Mask) -> None:
    """Writes the mask at a dial: the reference, but for the voxels that have changed below it."""
    for z in range(reference.shape[0]):
        for y in range(reference.shape[1]):
            for x in range(reference.shape[2]):
                mask[z, y, x] = reference[z, y, x] != (flips_at[z, y, x] < dial)
