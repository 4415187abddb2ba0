"""The texture matrices of one window, counted in one pass over its pixels.

Here ``s`` is the thread's `scratch` record. The window's levels ``s.w`` are a flat, zero-bordered square: pixel
(row, column) is ``w[(row + 1) * pitch + column + 1]`` with ``pitch = side + 2``. Levels are *compact*: 1 .. n number
the levels that occur; 0 is "outside" (the border, and any pixel left out of a mask). Counting outside pixels into row
and column 0, which nobody reads, replaces every test for the border, so windows with holes (the IBSI digital phantom)
and full ones go through the same code.

Five matrices (definitions: IBSI reference manual, Zwanenburg et al. 2016, arXiv:1612.07003, sections 3.6 to 3.11;
PyRadiomics documentation, "Radiomic Features"):

- GLCM: how often level i lies next to level j at distance 1, for the four in-plane directions.
- GLRLM: how many maximal straight runs of level i have length l, for the same four directions.
- GLSZM: how many 8-connected zones of level i have s pixels.
- GLDM (IBSI: NGLDM with coarseness 0): how many pixels of level i have d - 1 equal ones among their 8 neighbours.
- NGTDM: for level i, the sum over its pixels of |i - mean level of the neighbours|.

What is shared: each of the four directions looks back at one earlier neighbour (west, north-west, north, north-east).
That look gives the GLCM pair and, if both are equal, the run's continuation and a zone's connection."""

from __future__ import annotations

from livermets.compilation import compiled
from livermets.radiomics.engine.arrays import Integers, Scratch

DIRECTIONS = 4


@compiled
def count_pairs_and_runs(s: Scratch, side: int, n: int) -> None:
    """GLCM counts ``s.pairs`` (4, n+1, n+1; each pair once) and run counts ``s.at_least`` (4, n+1, side+1), all flat.

    ``at_least[a, i, l]`` is the number of runs of level i with length l *or more*: every pixel adds one at its own
    position within its run, so no run's end has to be found. The GLRLM is the difference of neighbours,
    ``R[a, i, l] = at_least[a, i, l] - at_least[a, i, l + 1]``, which is exact in integers.
    ``s.lengths`` keeps each pixel's position within its run."""
    w = s.w
    pitch = side + 2
    m, t = n + 1, side + 1
    plane_c, plane_r = m * m, m * t
    for i in range(DIRECTIONS * plane_c):
        s.pairs[i] = 0
    for i in range(DIRECTIONS * plane_r):
        s.at_least[i] = 0
    for a in range(DIRECTIONS):
        back = 1 if a == 0 else pitch + 2 - a  # west, north-west, north, north-east
        plane, first_pair, first_run = a * pitch * pitch, a * plane_c, a * plane_r
        for row in range(1, side + 1):
            for p in range(row * pitch + 1, row * pitch + side + 1):
                level, before = w[p], w[p - back]
                s.pairs[first_pair + level * m + before] += 1
                length = 1
                if level == before:
                    length += s.lengths[plane + p - back]
                s.lengths[plane + p] = length
                s.at_least[first_run + level * t + length] += 1


@compiled
def count_zones(s: Scratch, side: int, n: int) -> int:
    """GLSZM counts ``s.zones`` (n+1, side²+1), flat; returns the largest zone's size.

    Union of labels in raster order. Of the four earlier neighbours it is enough to look until the first equal one in
    the order north, north-east, west, north-west, and to join the left side only after north-east: north touches all
    three others, and west touches north-west, so equal ones among them are one zone already."""
    w, parent, area, zones = s.w, s.parent, s.area, s.zones
    pitch = side + 2
    m = side * side + 1
    largest = 0
    for row in range(1, side + 1):
        for p in range(row * pitch + 1, row * pitch + side + 1):
            level = w[p]
            parent[p] = p
            area[p] = 1
            if level == 0:
                continue
            if w[p - pitch] == level:
                _join(parent, area, p, p - pitch)
                continue
            if w[p - pitch + 1] == level:
                _join(parent, area, p, p - pitch + 1)
            if w[p - 1] == level:
                _join(parent, area, p, p - 1)
            elif w[p - pitch - 1] == level:
                _join(parent, area, p, p - pitch - 1)
    for i in range((n + 1) * m):
        zones[i] = 0
    for row in range(1, side + 1):
        for p in range(row * pitch + 1, row * pitch + side + 1):
            if parent[p] == p and w[p] > 0:
                zones[w[p] * m + area[p]] += 1
                largest = max(largest, area[p])
    return largest


@compiled
def _join(parent: Integers, area: Integers, p: int, q: int) -> None:
    """Joins the zones of two pixels; the root is the earlier pixel, so a walk to the root only goes back."""
    while parent[p] != p:
        p = parent[p]
    while parent[q] != q:
        parent[q] = parent[parent[q]]
        q = parent[q]
    if p != q:
        if p < q:
            p, q = q, p
        parent[p] = q
        area[q] += area[p]


@compiled
def count_neighbours(s: Scratch, side: int, n: int) -> None:
    """GLDM counts ``s.dependence`` (n+1, 10) and the NGTDM's ``s.differences`` (n+1, 9), both flat.

    The NGTDM sums |i - mean of the neighbours| over the pixels of level i; shifting all levels changes nothing, so
    ``s.high`` (levels above the lowest, 0 outside) serves. The mean is over the neighbours inside, of which a full
    window's pixels have v = 3, 5 or 8: |v i - sum| is summed as an integer per v and divided by v later, once, so a
    flat surrounding gives exactly 0."""
    w, above, dependence, difference = s.w, s.high, s.dependence, s.differences
    pitch = side + 2
    for i in range((n + 1) * 10):
        dependence[i] = 0
    for i in range((n + 1) * 9):
        difference[i] = 0
    for row in range(1, side + 1):
        for p in range(row * pitch + 1, row * pitch + side + 1):
            level = w[p]
            equal, valid, total = 0, 0, 0
            for q in (p - pitch - 1, p - pitch, p - pitch + 1, p - 1, p + 1, p + pitch - 1, p + pitch, p + pitch + 1):
                equal += w[q] == level
                valid += w[q] != 0
                total += above[q]
            dependence[level * 10 + equal + 1] += 1
            difference[level * 9 + valid] += abs(above[p] * valid - total)
