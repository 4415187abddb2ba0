"""First-order features of one window (IBSI 3.3 and 3.4; PyRadiomics ``firstorder``).

Entropy and Uniformity use the grey levels, all others the voxel values. Kurtosis is not in excess (normal: 3),
Variance is biased (divided by N), percentiles are interpolated linearly (NumPy's default), and no shift is added
before squaring (voxelArrayShift 0)."""

from __future__ import annotations

import numpy as np

from livermets.compilation import compiled
from livermets.radiomics.engine.arrays import Integers, Reals, Scratch
from livermets.radiomics.engine.tables import COUNT_LOG2, entropy_bits


@compiled
def firstorder_features(s: Scratch, count: int, n: int, voxel_mm3: float, out: Reals) -> None:
    """The 18 features of ``s.values[:count]`` into ``out``; their levels' pixel counts are ``s.per_level``.

    Sums run in NumPy's order (`pairwise_sum`), because for a flat window the outcome hangs on the last bit: if
    the mean of 49 equal values rounds to another number, skewness and kurtosis are 1 instead of 0."""
    values, ordered = s.values, s.ordered
    mean = pairwise_sum(values, 0, count) / count
    _moments(values, count, mean, out)
    _sort(values, count, ordered)
    low, high = _percentile(ordered, count, 0.1), _percentile(ordered, count, 0.9)
    smallest, largest = ordered[0], ordered[count - 1]
    energy = out[2]
    out[0] = low
    out[1] = high
    out[3], out[16] = _level_histogram(s.per_level, n, count)
    out[4] = _percentile(ordered, count, 0.75) - _percentile(ordered, count, 0.25)
    out[6] = largest
    out[8] = mean
    out[9] = ordered[count // 2] if count % 2 else 0.5 * (ordered[count // 2 - 1] + ordered[count // 2])
    out[10] = smallest
    out[11] = largest - smallest
    out[12] = _robust_deviation(ordered, count, low, high)
    out[13] = np.sqrt(energy / count)
    out[15] = energy * voxel_mm3


@compiled
def pairwise_sum(values: Reals, start: int, count: int) -> float:
    """NumPy's sum of up to 256 contiguous numbers, bit for bit: eight running sums, joined in pairs; more than 128
    numbers are split in two (N. J. Higham, SIAM J. Sci. Comput. 14, 783, 1993)."""
    if count < 8:
        total = 0.0
        for i in range(start, start + count):
            total += values[i]
        return total
    if count > 128:
        half = count // 2
        half -= half % 8
        return _eight_sums(values, start, half) + _eight_sums(values, start + half, count - half)
    return _eight_sums(values, start, count)


@compiled
def _eight_sums(values: Reals, start: int, count: int) -> float:
    a, b, c, d = values[start], values[start + 1], values[start + 2], values[start + 3]
    e, f, g, h = values[start + 4], values[start + 5], values[start + 6], values[start + 7]
    whole = count - count % 8
    for i in range(start + 8, start + whole, 8):
        a += values[i]
        b += values[i + 1]
        c += values[i + 2]
        d += values[i + 3]
        e += values[i + 4]
        f += values[i + 5]
        g += values[i + 6]
        h += values[i + 7]
    total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for i in range(start + whole, start + count):
        total += values[i]
    return total


@compiled
def _moments(values: Reals, count: int, mean: float, out: Reals) -> None:
    """Energy, kurtosis, mean absolute deviation, skewness and variance."""
    energy, absolute, second, third, fourth = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(count):
        value = values[i]
        delta = value - mean
        square = delta * delta
        energy += value * value
        absolute += abs(delta)
        second += square
        third += square * delta
        fourth += square * square
    second /= count
    divisor = 1.0 if second == 0.0 else second
    out[2] = energy
    out[5] = fourth / count / (divisor * divisor)
    out[7] = absolute / count
    out[14] = third / count / (divisor * np.sqrt(divisor))
    out[17] = second


@compiled
def _sort(values: Reals, count: int, ordered: Reals) -> None:
    """Insertion sort: the fastest for some dozens of values."""
    ordered[0] = values[0]
    for i in range(1, count):
        value = values[i]
        j = i - 1
        while j >= 0 and ordered[j] > value:
            ordered[j + 1] = ordered[j]
            j -= 1
        ordered[j + 1] = value


@compiled
def _percentile(ordered: Reals, count: int, share: float) -> float:
    position = share * (count - 1)
    below = int(position)
    if below >= count - 1:
        return ordered[count - 1]
    part = position - below
    low, high = ordered[below], ordered[below + 1]
    if part >= 0.5:
        return high - (high - low) * (1.0 - part)
    return low + (high - low) * part


@compiled
def _robust_deviation(ordered: Reals, count: int, low: float, high: float) -> float:
    """Mean absolute deviation of the values within [10th, 90th percentile], both ends included."""
    first = 0
    while ordered[first] < low:
        first += 1
    last = count - 1
    while ordered[last] > high:
        last -= 1
    total = 0.0
    for i in range(first, last + 1):
        total += ordered[i]
    mean = total / (last + 1 - first)
    total = 0.0
    for i in range(first, last + 1):
        total += abs(ordered[i] - mean)
    return total / (last + 1 - first)


@compiled
def _level_histogram(per_level: Integers, n: int, count: int) -> tuple[float, float]:
    logs = 0.0
    squares, occupied = 0, 0
    for c in range(1, n + 1):
        logs += COUNT_LOG2[per_level[c]]
        squares += per_level[c] * per_level[c]
        occupied += per_level[c] > 0
    return entropy_bits(count, logs, occupied), squares / (count * count)
