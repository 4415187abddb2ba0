"""One window after the other: values, levels, matrices, features.

Scratch memory is allocated once per call (a call handles some thousand windows on one thread), so memory grows with
the output table only."""

from __future__ import annotations

from collections import namedtuple

import numpy as np

from livermets.radiomics.compilation import compiled
from livermets.radiomics.discretise import levels_of_count, levels_of_width
from livermets.radiomics.firstorder import firstorder_features
from livermets.radiomics.glcm import glcm_features
from livermets.radiomics.matrices import count_neighbours, count_pairs_and_runs, count_zones
from livermets.radiomics.ngtdm import ngtdm_features
from livermets.radiomics.sizes import GLDM_ORDER, GLSZM_ORDER, glrlm_features, single_matrix_features

# How grey levels are made; see `discretise`.
GIVEN_RELATIVE, GIVEN_ABSOLUTE, OWN_WIDTH, OWN_COUNT = range(4)

Levels = namedtuple("Levels", "rule width count flat_mcc largest")
"""How a window's levels are made: one of the rules above, bin width, bin count; MCC of a flat window; and Ng of the
whole mask (0: each window has its own)."""

Wanted = namedtuple("Wanted", "firstorder glcm glrlm glszm gldm ngtdm mcc")
"""Which feature classes are computed."""

Scratch = namedtuple(
    "Scratch",
    "values levels ordered occupied compact above per_level w high pairs at_least lengths zones parent area "
    "dependence neighbour_difference runs by_size statistics p s cells sums matrix vector work seen difference addition "
    "mean_difference",
)
"""Working memory of one thread."""

FIRSTORDER, GLCM, GLRLM, GLSZM, GLDM, NGTDM, N_FEATURES = 0, 18, 42, 58, 74, 88, 93


@compiled
def new_scratch(side, most_levels):
    """Working memory for windows of ``side`` pixels with up to ``most_levels`` different labels."""
    pixels = side * side
    m = pixels + 1
    padded = (side + 2) * (side + 2)
    integers, reals = np.int64, np.float64
    return Scratch(
        np.empty(pixels, reals), np.empty(pixels, integers), np.empty(pixels, reals),
        np.zeros(most_levels + 2, integers), np.zeros(most_levels + 2, integers), np.zeros(m, integers),
        np.zeros(m, integers), np.zeros(padded, integers), np.zeros(padded, integers),
        np.zeros(4 * m * m, integers), np.zeros(4 * m * (side + 1), integers), np.zeros(4 * padded, integers),
        np.zeros(m * m, integers), np.zeros(padded, integers), np.zeros(padded, integers),
        np.zeros(m * 10, integers), np.zeros(m * 9, integers), np.zeros(m * (side + 1), integers),
        np.zeros(m + 9, integers), np.zeros(16, reals), np.zeros(m, reals), np.zeros(m, reals),
        np.zeros(m * m, integers), np.zeros(m, integers), np.zeros(m * m, reals), np.zeros(m, reals),
        np.zeros(m, reals), np.zeros(m, integers), np.zeros(most_levels + 2, integers), np.zeros(2 * most_levels + 4, integers),
        np.zeros(most_levels + 2, reals),
    )  # fmt: skip


@compiled
def window_rows(image, given, origins, side, rule, wanted, voxel_mm3, most_levels, table):
    """Features of all windows at ``origins`` (n, 3) into ``table`` (n, 93).

    ``given`` holds the voxels' level numbers for the GIVEN rules (any array of that type otherwise)."""
    scratch = new_scratch(side, most_levels)
    for row in range(origins.shape[0]):
        z, y, x = origins[row]
        i = 0
        for dy in range(side):
            for dx in range(side):
                scratch.values[i] = image[z, y + dy, x + dx]
                i += 1
        smallest, largest = _window_levels(given, z, y, x, side, rule, scratch)
        n = compact_levels(scratch, side, smallest, largest)
        lowest = 1 if rule.rule == GIVEN_RELATIVE else smallest
        ng = lowest + largest - smallest if rule.largest == 0 else rule.largest
        _features(scratch, side, n, lowest, ng, rule.flat_mcc, wanted, voxel_mm3, table[row])


@compiled
def _window_levels(given, z, y, x, side, rule, scratch):
    if rule.rule == OWN_WIDTH:
        return levels_of_width(scratch.values, side * side, rule.width, scratch.levels)
    if rule.rule == OWN_COUNT:
        return levels_of_count(scratch.values, side * side, rule.count, scratch.levels)
    i = 0
    smallest = largest = given[z, y, x]
    for dy in range(side):
        for dx in range(side):
            level = given[z, y + dy, x + dx]
            scratch.levels[i] = level
            smallest = min(smallest, level)
            largest = max(largest, level)
            i += 1
    return smallest, largest


@compiled
def compact_levels(scratch, side, smallest, largest):
    """Numbers the levels that occur from 1 to n, in order, into the bordered square ``w``; returns n.

    ``high`` holds, beside it, how far each pixel lies above the lowest level, ``above`` the same per compact level,
    ``per_level`` the number of pixels. Levels may have gaps: matrices are n x n, labels stay real."""
    span = largest - smallest + 1
    for k in range(span):
        scratch.occupied[k] = 0
    for i in range(side * side):
        scratch.occupied[scratch.levels[i] - smallest] += 1
    n = 0
    for k in range(span):
        if scratch.occupied[k] > 0:
            n += 1
            scratch.compact[k] = n
            scratch.above[n] = k
            scratch.per_level[n] = scratch.occupied[k]
    i = 0
    for row in range(1, side + 1):
        for p in range(row * (side + 2) + 1, row * (side + 2) + side + 1):
            k = scratch.levels[i] - smallest
            scratch.w[p] = scratch.compact[k]
            scratch.high[p] = k
            i += 1
    return n


@compiled
def _features(scratch, side, n, lowest, ng, flat_mcc, wanted, voxel_mm3, out):
    """All wanted classes of the window whose levels are in ``scratch``."""
    s = scratch
    if wanted.firstorder:
        firstorder_features(s.values, side * side, s.per_level, n, voxel_mm3, s.ordered, out[FIRSTORDER:GLCM])
    texture_features(scratch, side, n, lowest, ng, flat_mcc, wanted, out)


@compiled
def texture_features(scratch, side, n, lowest, ng, flat_mcc, wanted, out):
    """The five texture classes of the levels in ``scratch.w``, which may have holes (0)."""
    s = scratch
    if wanted.glcm or wanted.glrlm:
        count_pairs_and_runs(s.w, side, n, s.pairs, s.at_least, s.lengths)
    if wanted.glcm:
        glcm_features(s.pairs, n, s.above, lowest, ng, flat_mcc, wanted.mcc, s, out[GLCM:GLRLM])
    if wanted.glrlm:
        glrlm_features(
            s.at_least, n, side, s.above, lowest, s.runs, s.by_size, s.statistics, out[GLRLM:GLSZM]
        )
    if wanted.glszm:
        largest = count_zones(s.w, side, n, s.zones, s.parent, s.area)
        single_matrix_features(
            s.zones, n, side * side + 1, largest, s.above, lowest, GLSZM_ORDER, s.by_size, s.statistics,
            out[GLSZM:GLDM],
        )  # fmt: skip
    if wanted.gldm or wanted.ngtdm:
        count_neighbours(s.w, s.high, side, n, s.dependence, s.neighbour_difference)
    if wanted.gldm:
        single_matrix_features(
            s.dependence, n, 10, 9, s.above, lowest, GLDM_ORDER, s.by_size, s.statistics, out[GLDM:NGTDM]
        )
    if wanted.ngtdm:
        ngtdm_features(s.per_level, s.neighbour_difference, n, s.above, lowest, s.p, s.s, out[NGTDM:N_FEATURES])
