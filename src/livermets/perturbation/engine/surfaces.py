"""The mean distance of two surfaces, one of which stays the same over thousands of masks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livermets.compilation import compiled

_FAR = 1e12
"""In place of an infinite squared distance."""


@compiled
def summed_distances(
    mask: NDArray[np.bool_],
    surface_zyx: NDArray[np.int64],
    to_surface_mm: NDArray[np.float32],
    spacing_zyx_mm: NDArray[np.float64],
) -> tuple[float, int]:
    """Sum in mm of the distances between the surface of a mask and that of the reference, taken from either to the
    other, and how many there are: their quotient is the ASSD (`livermets.masks.metrics`).

    ``surface_zyx`` (n, 3): the voxels of the reference's surface; ``to_surface_mm``: the distance of every voxel from
    them. A mask's surface is its voxels with a face-neighbour outside it. An empty mask: (0, 0)."""
    total, count = 0.0, 0
    low, high = _box(mask, surface_zyx)
    squared = np.full((high[0] - low[0], high[1] - low[1], high[2] - low[2]), _FAR)
    for z in range(low[0], high[0]):
        for y in range(low[1], high[1]):
            for x in range(low[2], high[2]):
                if mask[z, y, x] and _on_surface(mask, z, y, x):
                    squared[z - low[0], y - low[1], x - low[2]] = 0.0
                    total += to_surface_mm[z, y, x]
                    count += 1
    if count == 0:
        return 0.0, 0
    _spread(squared, surface_zyx - low, spacing_zyx_mm)
    for row in range(surface_zyx.shape[0]):
        z, y, x = surface_zyx[row] - low
        total += np.sqrt(squared[z, y, x])
    return total, count + surface_zyx.shape[0]


@compiled
def _box(mask: NDArray[np.bool_], surface_zyx: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and one past the last index of the box around a mask and the reference's surface."""
    low = np.array([mask.shape[0], mask.shape[1], mask.shape[2]])
    high = np.zeros(3, dtype=np.int64)
    for z in range(mask.shape[0]):
        for y in range(mask.shape[1]):
            for x in range(mask.shape[2]):
                if mask[z, y, x]:
                    low[0], low[1], low[2] = min(low[0], z), min(low[1], y), min(low[2], x)
                    high[0], high[1], high[2] = max(high[0], z + 1), max(high[1], y + 1), max(high[2], x + 1)
    for row in range(surface_zyx.shape[0]):
        for axis in range(3):
            low[axis] = min(low[axis], surface_zyx[row, axis])
            high[axis] = max(high[axis], surface_zyx[row, axis] + 1)
    return low, high


@compiled
def _on_surface(mask: NDArray[np.bool_], z: int, y: int, x: int) -> bool:
    depth, height, width = mask.shape
    if z == 0 or y == 0 or x == 0 or z == depth - 1 or y == height - 1 or x == width - 1:
        return True
    return not (
        mask[z - 1, y, x]
        and mask[z + 1, y, x]
        and mask[z, y - 1, x]
        and mask[z, y + 1, x]
        and mask[z, y, x - 1]
        and mask[z, y, x + 1]
    )


@compiled
def _spread(squared: NDArray[np.float64], wanted_zyx: NDArray[np.int64], spacing_zyx_mm: NDArray[np.float64]) -> None:
    """Squared distance to the nearest 0, in place: exact, one axis after the other (Felzenszwalb and Huttenlocher,
    Theory of Computing 8, 415, 2012). Lines that lie beside all wanted voxels are left out."""
    depth, height, width = squared.shape
    first, last = np.array([depth, height, width]), np.zeros(3, dtype=np.int64)
    for row in range(wanted_zyx.shape[0]):
        for axis in range(3):
            first[axis] = min(first[axis], wanted_zyx[row, axis])
            last[axis] = max(last[axis], wanted_zyx[row, axis] + 1)
    longest = max(depth, height, width)
    line, place, start = np.empty(longest), np.empty(longest, dtype=np.int64), np.empty(longest)
    for z in range(depth):
        for y in range(height):
            _spread_marks(squared[z, y, :], spacing_zyx_mm[2])
    for z in range(depth):
        for x in range(first[2], last[2]):
            _spread_line(squared[z, :, x], spacing_zyx_mm[1], line, place, start)
    for y in range(first[1], last[1]):
        for x in range(first[2], last[2]):
            _spread_line(squared[:, y, x], spacing_zyx_mm[0], line, place, start)


@compiled
def _spread_marks(values: NDArray[np.float64], spacing_mm: float) -> None:
    """The first axis, on which a value is 0 or far: forth and back."""
    away = _FAR
    for x in range(values.size):
        away = 0.0 if values[x] == 0 else away + spacing_mm
        values[x] = away
    away = _FAR
    for x in range(values.size - 1, -1, -1):
        away = 0.0 if values[x] == 0 else away + spacing_mm
        nearest = min(values[x], away)
        values[x] = nearest * nearest if nearest < _FAR else _FAR


@compiled
def _spread_line(
    values: NDArray[np.float64],
    spacing_mm: float,
    line: NDArray[np.float64],
    place: NDArray[np.int64],
    start: NDArray[np.float64],
) -> None:
    """The lower envelope of the parabolas of one line."""
    length, last = values.size, -1
    for q in range(length):
        line[q] = values[q]
        if values[q] >= _FAR:
            continue
        meet = -np.inf
        while last >= 0:
            p = place[last]
            meet = (values[q] - values[p]) / (2 * spacing_mm * (q - p)) + spacing_mm * (q + p) / 2
            if meet > start[last]:
                break
            last -= 1
        last += 1
        place[last] = q
        start[last] = meet if last > 0 else -np.inf
    if last < 0:
        return
    at = 0
    for q in range(length):
        while at < last and start[at + 1] < q * spacing_mm:
            at += 1
        away = (q - place[at]) * spacing_mm
        values[q] = line[place[at]] + away * away
