"""Which windows of a lattice lie fully inside a mask, and what is known of them summed up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livermets.compilation import compiled


@compiled
def sum_contained(mask: NDArray[np.bool_], score: NDArray[np.float64], size: int, step: int) -> tuple[int, float]:
    """How many windows lie fully inside a mask (``zyx``), and the sum of their scores.

    ``score`` (z, rows, columns) is the lattice: window (z, j, i) begins at pixel (j * step, i * step) of the mask.
    Every pixel is looked at once: how many marked ones lie in a column without a gap, then in how many columns side by
    side these are enough."""
    count, total = 0, 0.0
    height, width = mask.shape[1], mask.shape[2]
    column = np.zeros(width, dtype=np.int64)
    for z in range(mask.shape[0]):
        column[:] = 0
        for y in range(height):
            row = y - size + 1
            ends_here = row >= 0 and row % step == 0 and row // step < score.shape[1]
            beside = 0
            for x in range(width):
                column[x] = column[x] + 1 if mask[z, y, x] else 0
                if not ends_here:
                    continue
                beside = beside + 1 if column[x] >= size else 0
                place = x - size + 1
                if beside >= size and place >= 0 and place % step == 0 and place // step < score.shape[2]:
                    count += 1
                    total += score[z, row // step, place // step]
    return count, total
