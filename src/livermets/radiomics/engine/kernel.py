"""One window after the other: values, levels, matrices, features.

Working memory belongs to the thread that makes the call (some thousand windows), so memory grows with the output table
only."""

from __future__ import annotations

from collections import namedtuple

from livermets.compilation import compiled
from livermets.radiomics.engine.arrays import Integers, Reals, Scratch
from livermets.radiomics.engine.discretise import levels_of_count, levels_of_width
from livermets.radiomics.engine.firstorder import firstorder_features
from livermets.radiomics.engine.glcm import glcm_features
from livermets.radiomics.engine.matrices import count_neighbours, count_pairs_and_runs, count_zones
from livermets.radiomics.engine.ngtdm import ngtdm_features
from livermets.radiomics.engine.sizes import GLDM_ORDER, GLSZM_ORDER, glrlm_features, single_matrix_features

# How grey levels are made; see `discretise`.
GIVEN_RELATIVE, GIVEN_ABSOLUTE, OWN_WIDTH, OWN_COUNT = range(4)

Levels = namedtuple("Levels", "rule width count flat_mcc largest")
"""How a window's levels are made: one of the rules above, bin width, bin count; MCC of a flat window; and Ng of the
whole mask (0: each window has its own)."""

Wanted = namedtuple("Wanted", "firstorder glcm glrlm glszm gldm ngtdm mcc")
"""Which feature classes are computed."""

FIRSTORDER, GLCM, GLRLM, GLSZM, GLDM, NGTDM, N_FEATURES = 0, 18, 42, 58, 74, 88, 93


@compiled
def window_rows(
    image: Reals,
    given: Integers,
    origins: Integers,
    side: int,
    rule: Levels,
    wanted: Wanted,
    voxel_mm3: float,
    memory: Scratch,
    table: Reals,
) -> None:
    """Features of all windows at ``origins`` (n, 3) into ``table`` (n, 93).

    ``given`` holds the voxels' level numbers for the GIVEN rules (any array of that type otherwise);
    ``memory`` is one thread's `scratch.new_scratch`."""
    scratch = memory[0]
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
def _window_levels(
    given: Integers, z: int, y: int, x: int, side: int, rule: Levels, scratch: Scratch
) -> tuple[int, int]:
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
def compact_levels(scratch: Scratch, side: int, smallest: int, largest: int) -> int:
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
def _features(
    s: Scratch, side: int, n: int, lowest: int, ng: int, flat_mcc: float, wanted: Wanted, voxel_mm3: float, out: Reals
) -> None:
    """All wanted classes of the window whose levels are in the scratch record ``s``."""
    if wanted.firstorder:
        firstorder_features(s, side * side, n, voxel_mm3, out[FIRSTORDER:GLCM])
    texture_features(s, side, n, lowest, ng, flat_mcc, wanted, out)


@compiled
def texture_features(
    s: Scratch, side: int, n: int, lowest: int, ng: int, flat_mcc: float, wanted: Wanted, out: Reals
) -> None:
    """The five texture classes of the levels in ``s.w``, which may have holes (0)."""
    if wanted.glcm or wanted.glrlm:
        count_pairs_and_runs(s, side, n)
    if wanted.glcm:
        glcm_features(s, n, lowest, ng, flat_mcc, wanted.mcc, out[GLCM:GLRLM])
    if wanted.glrlm:
        glrlm_features(s, n, side, lowest, out[GLRLM:GLSZM])
    if wanted.glszm:
        largest = count_zones(s, side, n)
        single_matrix_features(s, s.zones, n, side * side + 1, largest, lowest, GLSZM_ORDER, out[GLSZM:GLDM])
    if wanted.gldm or wanted.ngtdm:
        count_neighbours(s, side, n)
    if wanted.gldm:
        single_matrix_features(s, s.dependence, n, 10, 9, lowest, GLDM_ORDER, out[GLDM:NGTDM])
    if wanted.ngtdm:
        ngtdm_features(s, n, lowest, out[NGTDM:N_FEATURES])
