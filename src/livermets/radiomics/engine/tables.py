"""Small tables of numbers that depend on counts only, and the entropy rule built on them."""

from __future__ import annotations

import numpy as np

from livermets.compilation import compiled

LARGEST_SIZE = 15
# A symmetric GLCM of one direction holds at most 2 * 15 * 14 pairs.
_LARGEST_COUNT = 2 * LARGEST_SIZE * LARGEST_SIZE

_counts = np.arange(_LARGEST_COUNT + 1, dtype=np.float64)
COUNT_LOG2 = _counts * np.log2(np.maximum(_counts, 1.0))
"""c * log2(c) for every count c that a window can hold."""
INVERSE_SQUARE = 1.0 / np.maximum(_counts, 1.0) ** 2
"""1 / c² for every run length, zone size and dependence."""

EPSILON_BITS = np.spacing(1.0) / np.log(2.0)
"""What PyRadiomics' epsilon inside the logarithm takes from an entropy, per occupied cell."""


@compiled
def entropy_bits(total: int, sum_count_log2: float, occupied: int) -> float:
    """Entropy of a histogram of integer counts, in bits, as PyRadiomics computes it.

    PyRadiomics sums -p log2(p + e) with e = 2.2e-16 and p = c/N. To first order in e that is
    log2 N - (sum of c log2 c)/N - occupied * e/ln 2; the next term is below 1e-28. So an entropy needs one table
    look-up per cell and one logarithm. A single occupied cell gives -e/ln 2 = -3.2e-16, as there."""
    if occupied == 1:
        return -EPSILON_BITS
    return np.log2(total) - sum_count_log2 / total - occupied * EPSILON_BITS
