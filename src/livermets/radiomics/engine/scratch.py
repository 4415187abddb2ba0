"""The working memory of one thread: every array that a window's matrices and features need, in one record.

One record is one pointer to pass on, and arrays of a size known at compile time cost nothing to address. Sizes fit
the largest window; a smaller one uses the beginnings. Arrays per compact level start at index 1 (0 is "outside")."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livermets.radiomics.engine.discretise import MOST_LEVELS
from livermets.radiomics.engine.tables import LARGEST_SIZE

_PIXELS = LARGEST_SIZE**2
_PADDED = (LARGEST_SIZE + 2) ** 2
_COMPACT = _PIXELS + 1  # a window has at most as many levels as pixels
_SPAN = MOST_LEVELS + 2

SCRATCH = np.dtype(
    [
        # the window
        ("values", np.float64, _PIXELS),  # voxel values, row by row
        ("ordered", np.float64, _PIXELS),  # the same, ascending
        ("levels", np.int64, _PIXELS),  # grey-level labels
        ("w", np.int64, _PADDED),  # compact levels, with a border of 0
        ("high", np.int64, _PADDED),  # distance of each pixel's level from the window's lowest
        # its levels
        ("occupied", np.int64, _SPAN),  # pixels per level above the lowest
        ("compact", np.int64, _SPAN),  # compact number per level above the lowest
        ("above", np.int64, _COMPACT),  # distance from the lowest level, per compact level
        ("per_level", np.int64, _COMPACT),  # pixels per compact level
        # the matrices (see `matrices`)
        ("pairs", np.int64, 4 * _COMPACT**2),
        ("at_least", np.int64, 4 * _COMPACT * (LARGEST_SIZE + 1)),
        ("lengths", np.int64, 4 * _PADDED),
        ("runs", np.int64, _COMPACT * (LARGEST_SIZE + 1)),
        ("zones", np.int64, _COMPACT**2),
        ("parent", np.int64, _PADDED),
        ("area", np.int64, _PADDED),
        ("dependence", np.int64, _COMPACT * 10),
        ("differences", np.int64, _COMPACT * 9),
        # features of co-occurrence
        ("cells", np.int64, _COMPACT**2),  # symmetric counts of one direction
        ("sums", np.int64, _COMPACT),  # their row sums
        ("difference", np.int64, _SPAN),  # histogram of |i - j|, all 0 between windows
        ("addition", np.int64, 2 * _SPAN),  # histogram of i + j, all 0 between windows
        ("mean_difference", np.float64, _SPAN),  # histogram of |i - j|, averaged over directions
        ("seen", np.int64, _COMPACT),
        ("matrix", np.float64, _COMPACT**2),
        ("vector", np.float64, _COMPACT),
        ("work", np.float64, _COMPACT),
        # features of sizes and differences
        ("by_size", np.int64, _COMPACT + 9),
        ("statistics", np.float64, 16),
        ("p", np.float64, _COMPACT),
        ("s", np.float64, _COMPACT),
    ],
    align=True,
)


def new_scratch() -> NDArray[np.void]:
    """Working memory for one thread (2.5 MB): an array of one record."""
    return np.zeros(1, dtype=SCRATCH)
