"""Features of the neighbourhood grey-tone difference matrix (Amadasun and King 1989; IBSI 3.10; PyRadiomics ``ngtdm``).

For every level i: n_i pixels, p_i = n_i / N, and s_i, the sum over these pixels of |i - mean of the neighbours|.
A flat window has s = 0: Coarseness is then set to 1e6 and the other four to 0."""

from __future__ import annotations

from livermets.compilation import compiled
from livermets.radiomics.engine.arrays import Reals, Scratch

_COARSENESS_OF_FLAT = 1e6


@compiled
def ngtdm_features(scratch: Scratch, n: int, lowest: int, out: Reals) -> None:
    """Busyness, Coarseness, Complexity, Contrast, Strength into ``out``.

    From ``scratch.per_level`` and ``scratch.differences``. Products of label and share are formed as PyRadiomics forms
    them, because Busyness divides by their differences, which may be zero or noise."""
    per_level, difference, above, p, s = scratch.per_level, scratch.differences, scratch.above, scratch.p, scratch.s
    total, first, second = 0, 0, 0
    for c in range(1, n + 1):
        total += per_level[c]
        first += per_level[c] * above[c]
        second += per_level[c] * above[c] * above[c]
    sum_s, coarse = 0.0, 0.0
    for c in range(1, n + 1):
        s[c] = 0.0
        for valid in range(1, 9):
            if difference[c * 9 + valid] > 0:
                s[c] += difference[c * 9 + valid] / valid
        p[c] = per_level[c] / total
        sum_s += s[c]
        coarse += p[c] * s[c]
    busy, complexity, strength = 0.0, 0.0, 0.0
    for i in range(2, n + 1):
        for j in range(1, i):
            gap = above[i] - above[j]
            share = p[i] + p[j]
            busy += abs((lowest + above[i]) * p[i] - (lowest + above[j]) * p[j])
            complexity += gap * (p[i] * s[i] + p[j] * s[j]) / share
            strength += share * gap * gap
    # Each pair of levels was visited once; the definitions sum over both orders.
    out[0] = coarse / (2.0 * busy) if busy != 0.0 else 0.0
    out[1] = 1.0 / coarse if coarse != 0.0 else _COARSENESS_OF_FLAT
    out[2] = 2.0 * complexity / total
    variance = (total * second - first * first) / (total * total)
    out[3] = 2.0 * variance * sum_s / total / (n * (n - 1)) if n > 1 else 0.0
    out[4] = 2.0 * strength / sum_s if sum_s != 0.0 else 0.0
