"""Grey levels: PyRadiomics' bin edges, reproduced to the last bit.

A fixed width W gives edges ``arange(min - min % W, max + 2 W, W)`` and level = number of edges <= value; the edges are
multiples of W, so windows of one image share them. A fixed count gives ``linspace(min, max, count + 1)`` with the last
edge raised by 1. (IBSI: "fixed bin size" with the first edge at a multiple of W instead of the minimum, and
"fixed bin number".)

If every multiple of W within the image's range is a floating-point number (25, 10, 5.5, 0.25, but not 0.1), then
``arange``'s edges are exactly these multiples, and level = floor(value/W) - floor(min/W) + 1 with a floor that is
corrected for the rounding of the quotient. It is computed once per voxel instead of once per voxel and window. For any
other width each window gets its own real edges: rounding makes them differ from window to window."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from livermets.compilation import compiled
from livermets.config.radiomics import RadiomicsSettings
from livermets.errors import input_error
from livermets.radiomics.engine.arrays import Integers, Reals

MOST_LEVELS = 4096
"""The engine's limit of grey levels within one lesion: 12-bit CT at 1 HU."""

_SIGNIFICAND_BITS = 53


def check_level_count(values: NDArray[np.float64], settings: RadiomicsSettings, where: object) -> None:
    """Refuses a width that would cut the range of ``values`` into more than `MOST_LEVELS` levels."""
    if settings.bin_count is not None or values.size == 0:
        return
    spread = float(values.max()) - float(values.min())
    levels = spread / settings.bin_width
    if levels > MOST_LEVELS - 2:
        raise input_error(
            where,
            f"bin width {settings.bin_width:g} cuts a range of {spread:g} into {levels:.0f} grey levels; "
            f"at most {MOST_LEVELS} are possible",
            f"Use a bin width of at least {spread / (MOST_LEVELS - 2):.3g}",
        )


def multiples_are_exact(values: NDArray[np.float64], bin_width: float) -> bool:
    """Whether all multiples of the width over the range of ``values`` are floating-point numbers."""
    odd_part = Fraction(bin_width).numerator
    odd_part //= odd_part & -odd_part
    quotient = int(np.max(np.abs(values)) / bin_width) + 4
    return odd_part.bit_length() + quotient.bit_length() <= _SIGNIFICAND_BITS


def floor_quotient(values: NDArray[np.float64], bin_width: float) -> NDArray[np.int64]:
    """floor(value / W), exact: the rounded quotient is corrected by comparing with the exact multiples."""
    quotient = np.floor(values / bin_width)
    quotient -= quotient * bin_width > values
    quotient += (quotient + 1.0) * bin_width <= values
    return quotient.astype(np.int64)


def lesion_levels(
    values: NDArray[np.float64], inside: NDArray[np.bool_], settings: RadiomicsSettings
) -> NDArray[np.int64]:
    """Levels of all voxels with edges from the whole lesion; 0 outside it."""
    from radiomics import imageoperations

    options = {"binWidth": settings.bin_width} if settings.bin_count is None else {"binCount": settings.bin_count}
    edges = imageoperations.getBinEdges(values[inside], **options)
    return np.where(inside, np.digitize(values, edges), 0).astype(np.int64)


@compiled
def levels_of_width(values: Reals, count: int, width: float, levels: Integers) -> tuple[int, int]:
    """Levels of ``values[:count]`` with PyRadiomics' own edges for this window; returns the smallest and the largest.

    NumPy's ``arange`` makes its edges as ``low + k * ((low + W) - low)``; a level guessed by division is corrected
    against them."""
    low = values[0]
    for i in range(1, count):
        low = min(low, values[i])
    low -= low % width
    delta = (low + width) - low
    smallest, largest = 1 << 60, 0
    for i in range(count):
        value = values[i]
        k = int((value - low) / delta)
        while low + (k + 1) * delta <= value:
            k += 1
        while k > 0 and low + k * delta > value:
            k -= 1
        levels[i] = k + 1
        smallest = min(smallest, k + 1)
        largest = max(largest, k + 1)
    return smallest, largest


@compiled
def levels_of_count(values: Reals, count: int, bins: int, levels: Integers) -> tuple[int, int]:
    """Levels of ``values[:count]`` with a fixed number of bins; returns the smallest and the largest.

    As ``numpy.histogram`` does it: a flat window gets edges from value - 1/2 to value + 1/2."""
    low, high = values[0], values[0]
    for i in range(1, count):
        low = min(low, values[i])
        high = max(high, values[i])
    if low == high:
        low -= 0.5
        high += 0.5
    delta = (high - low) / bins
    smallest, largest = 1 << 60, 0
    for i in range(count):
        value = values[i]
        k = int((value - low) / delta)
        while k + 1 < bins and (k + 1) * delta + low <= value:
            k += 1
        while k > 0 and k * delta + low > value:
            k -= 1
        k = min(k, bins - 1)
        levels[i] = k + 1
        smallest = min(smallest, k + 1)
        largest = max(largest, k + 1)
    return smallest, largest
