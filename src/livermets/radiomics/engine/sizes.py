"""Features of the matrices that count sizes per grey level: run lengths, size zones and dependence.

GLRLM (Galloway 1975; IBSI 3.7), GLSZM (Thibault et al. 2014; IBSI 3.8) and GLDM (Sun and Wee 1983; IBSI 3.11, NGLDM)
have the same form: M[i, s] counts objects of grey level i and size s (length of a run, pixels of a zone, one plus
the number of equal neighbours). Their features are the same sixteen statistics under other names: emphasis
of small or large sizes (weights 1/s², s²), of low or high levels (1/i², i²) and of their four products;
non-uniformity (sum of squares of the marginal counts) of levels and of sizes, plain and divided by N; variances;
entropy; and the share N / pixels. `STATISTICS` names them; the ``*_ORDER`` tables give each class's columns.

All four products of weights need only three sums per level: M, M/s² and M s² (over s)."""

from __future__ import annotations

import numpy as np

from livermets.compilation import compiled
from livermets.radiomics.engine.arrays import Integers, Reals, Scratch
from livermets.radiomics.engine.tables import COUNT_LOG2, INVERSE_SQUARE, entropy_bits

STATISTICS = (
    "level_nonuniformity", "level_nonuniformity_normalised", "level_variance", "high", "large", "large_high",
    "large_low", "low", "entropy", "size_nonuniformity", "size_nonuniformity_normalised", "share", "size_variance",
    "small", "small_high", "small_low",
)  # fmt: skip
N_STATISTICS = len(STATISTICS)


def _order(*names: str) -> np.ndarray:
    return np.array([STATISTICS.index(name) for name in names])


GLRLM_ORDER = _order(*STATISTICS)
GLSZM_ORDER = _order(
    "level_nonuniformity", "level_nonuniformity_normalised", "level_variance", "high", "large", "large_high",
    "large_low", "low", "size_nonuniformity", "size_nonuniformity_normalised", "small", "small_high", "small_low",
    "entropy", "share", "size_variance",
)  # fmt: skip
# PyRadiomics leaves out two that say nothing new: the share is always 1, normalised level non-uniformity is Uniformity.
GLDM_ORDER = _order(
    "entropy", "size_nonuniformity", "size_nonuniformity_normalised", "size_variance", "level_nonuniformity",
    "level_variance", "high", "large", "large_high", "large_low", "low", "small", "small_high", "small_low",
)  # fmt: skip


@compiled
def add_size_statistics(s: Scratch, counts: Integers, n: int, pitch: int, largest: int, lowest: int) -> bool:
    """Adds the sixteen statistics of ``counts`` to ``s.statistics``; returns False (nothing added) for an empty matrix.

    ``counts[c * pitch + s]`` counts size s (1 .. ``largest``) of compact level c (1 .. n), whose label is
    ``lowest + s.above[c]``. Variances are exact integers until the division."""
    above, by_size, out = s.above, s.by_size, s.statistics
    for size in range(1, largest + 1):
        by_size[size] = 0
    total, first, second, squares, occupied = 0, 0, 0, 0, 0
    small, large, low, high, small_low, small_high, large_low, large_high, logs = (0.0,) * 9
    for c in range(1, n + 1):
        objects, weighted_large = 0, 0
        weighted_small = 0.0
        for size in range(1, largest + 1):
            count = counts[c * pitch + size]
            if count > 0:
                objects += count
                weighted_small += count * INVERSE_SQUARE[size]
                weighted_large += count * size * size
                by_size[size] += count
                logs += COUNT_LOG2[count]
                occupied += 1
        level = float(lowest + above[c])
        square = level * level
        total += objects
        first += objects * above[c]
        second += objects * above[c] * above[c]
        squares += objects * objects
        small += weighted_small
        large += weighted_large
        low += objects / square
        high += objects * square
        small_low += weighted_small / square
        small_high += weighted_small * square
        large_low += weighted_large / square
        large_high += weighted_large * square
    if total == 0:
        return False
    share = 1.0 / total
    out[0] += squares * share
    out[1] += squares * share * share
    out[2] += (total * second - first * first) * share * share
    out[3] += high * share
    out[4] += large * share
    out[5] += large_high * share
    out[6] += large_low * share
    out[7] += low * share
    out[8] += entropy_bits(total, logs, occupied)
    out[13] += small * share
    out[14] += small_high * share
    out[15] += small_low * share
    _add_size_marginal(s, largest, total)
    return True


@compiled
def _add_size_marginal(s: Scratch, largest: int, total: int) -> None:
    """Statistics of the counts per size alone."""
    out = s.statistics
    first, second, squares = 0, 0, 0
    for size in range(1, largest + 1):
        count = s.by_size[size]
        first += count * size
        second += count * size * size
        squares += count * count
    share = 1.0 / total
    out[9] += squares * share
    out[10] += squares * share * share
    out[11] += total / first
    out[12] += (total * second - first * first) * share * share


@compiled
def glrlm_features(s: Scratch, n: int, side: int, lowest: int, out: Reals) -> None:
    """The 16 run-length features from ``s.at_least``: statistics per direction, then their mean."""
    pitch = side + 1
    for feature in range(N_STATISTICS):
        s.statistics[feature] = 0.0
    directions = 0
    for a in range(4):
        longest = 0
        start = a * (n + 1) * pitch
        for c in range(1, n + 1):
            beyond = 0
            for length in range(side, 0, -1):
                reached = s.at_least[start + c * pitch + length]
                s.runs[c * pitch + length] = reached - beyond
                if reached > 0:
                    longest = max(longest, length)
                beyond = reached
        directions += add_size_statistics(s, s.runs, n, pitch, longest, lowest)
    for feature in range(N_STATISTICS):
        out[feature] = s.statistics[GLRLM_ORDER[feature]] / max(directions, 1)


@compiled
def single_matrix_features(
    s: Scratch, counts: Integers, n: int, pitch: int, largest: int, lowest: int, order: Integers, out: Reals
) -> None:
    """The features of a matrix without directions (GLSZM, GLDM), in the order of its class."""
    for feature in range(N_STATISTICS):
        s.statistics[feature] = 0.0
    add_size_statistics(s, counts, n, pitch, largest, lowest)
    for feature in range(order.size):
        out[feature] = s.statistics[order[feature]]
