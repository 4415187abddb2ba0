"""Features of the grey-level co-occurrence matrix (Haralick et al. 1973; IBSI 3.6; PyRadiomics ``glcm``).

P[i, j] is the share of neighbouring pixel pairs with levels i and j, both orders counted (symmetric). Every feature is
computed per direction and averaged over the four directions (IBSI aggregation "2D, averaged").

Why integers: all sums below run over counts and over levels above the window's lowest one, so means, variances and
covariances are exact integers until one final division; there is no cancellation however far the levels are from 0.
Contrast, difference and sum features depend on P only through the histograms of |i - j| and i + j. Those that are
linear in P (`_linear_features`) are evaluated once, on the histogram averaged over the directions."""

from __future__ import annotations

import numpy as np

from livermets.compilation import compiled
from livermets.radiomics.engine.arrays import Reals, Scratch
from livermets.radiomics.engine.mcc import maximal_correlation
from livermets.radiomics.engine.tables import COUNT_LOG2, EPSILON_BITS, entropy_bits

# Below this mutual information (bits) the difference of two entropies keeps too few digits: sum it cell by cell.
_SMALL_INFORMATION = 1e-3

(
    AUTOCORRELATION, CLUSTER_PROMINENCE, CLUSTER_SHADE, CLUSTER_TENDENCY, CONTRAST, CORRELATION, DIFFERENCE_AVERAGE,
    DIFFERENCE_ENTROPY, DIFFERENCE_VARIANCE, ID, IDM, IDMN, IDN, IMC1, IMC2, INVERSE_VARIANCE, JOINT_AVERAGE,
    JOINT_ENERGY, JOINT_ENTROPY, MCC, MAXIMUM_PROBABILITY, SUM_AVERAGE, SUM_ENTROPY, SUM_SQUARES,
) = range(24)  # fmt: skip


@compiled
def glcm_features(
    s: Scratch, n: int, lowest: int, largest_level: int, flat_mcc: float, with_mcc: bool, out: Reals
) -> None:
    """The 24 features into ``out``: ``names.FEATURES_BY_CLASS["glcm"]``, in that order.

    ``s.pairs`` as `matrices.count_pairs_and_runs` leaves it. ``lowest`` is the label of the window's lowest level;
    ``largest_level`` is Ng, the largest label (of the window, or of the whole mask), by which Idn and Idmn are
    normalised. ``flat_mcc`` is MCC of a window with one level."""
    for feature in range(24):
        out[feature] = 0.0
    span = s.above[n] + 1
    for k in range(span):
        s.mean_difference[k] = 0.0
    directions = 0
    for a in range(4):
        total = _symmetric(s, a, n)
        if total == 0:
            continue
        directions += 1
        mean = _joint_features(s, n, total, lowest, out)
        _difference_features(s, span, total, out)
        _sum_features(s, 2 * span - 1, total, mean, out)
        if with_mcc:
            out[MCC] += flat_mcc if n == 1 else maximal_correlation(s, n, total)
    if directions > 0:
        for feature in range(24):
            out[feature] /= directions
        _linear_features(s, span, directions, largest_level, out)
    out[SUM_AVERAGE] = 2.0 * out[JOINT_AVERAGE]


@compiled
def _symmetric(s: Scratch, direction: int, n: int) -> int:
    """Counts in both orders, ``s.cells`` (n x n), and their row sums, without row and column 0. Returns the total."""
    start = direction * (n + 1) * (n + 1)
    total = 0
    for i in range(n):
        row = 0
        for j in range(n):
            count = s.pairs[start + (i + 1) * (n + 1) + j + 1] + s.pairs[start + (j + 1) * (n + 1) + i + 1]
            s.cells[i * n + j] = count
            row += count
        s.sums[i] = row
        total += row
    return total


@compiled
def _joint_features(s: Scratch, n: int, total: int, lowest: int, out: Reals) -> float:
    """Features of P itself and of its row sums; fills the histograms of |i - j| and i + j (levels above the lowest).

    Returns the mean level above the lowest."""
    first, second, cross, squares, most, seen, occupied = 0, 0, 0, 0, 0, 0, 0
    joint, marginal = 0.0, 0.0
    for i in range(n):
        level = s.above[i + 1]
        count = s.sums[i]
        first += count * level
        second += count * level * level
        marginal += COUNT_LOG2[count]
        seen += count > 0
        for j in range(i + 1):
            count = s.cells[i * n + j]
            if count == 0:
                continue
            other = s.above[j + 1]
            most = max(most, count)
            both = 1 if i == j else 2
            occupied += both
            squares += both * count * count
            joint += both * COUNT_LOG2[count]
            count *= both
            cross += count * level * other
            s.difference[level - other] += count
            s.addition[level + other] += count
    variance = total * second - first * first  # times total², an exact integer
    mean = first / total
    out[AUTOCORRELATION] += (cross + 2 * lowest * first) / total + lowest * lowest
    out[JOINT_AVERAGE] += mean + lowest
    out[CORRELATION] += 1.0 if variance == 0 else (total * cross - first * first) / variance
    out[SUM_SQUARES] += variance / (total * total)
    out[JOINT_ENERGY] += squares / (total * total)
    out[MAXIMUM_PROBABILITY] += most / total
    out[JOINT_ENTROPY] += entropy_bits(total, joint, occupied)
    if seen > 1:
        _information_features(s, n, total, joint, marginal, seen, out)
    return mean


@compiled
def _information_features(s: Scratch, n: int, total: int, joint: float, marginal: float, seen: int, out: Reals) -> None:
    """Information measures of correlation, from the mutual information I = 2 H(row sums) - H(P), in bits.

    In PyRadiomics IMC1 = (HXY - HXY1)/HX and IMC2 = sqrt(1 - e^(-2 (HXY2 - HXY))). HXY1 and HXY2 both equal 2 HX for a
    symmetric P but for the epsilons, so both differences are the mutual information. Where that is small it is summed
    as (1+x) ln(1+x) - x >= 0 over the cells, x = P/(row x column) - 1, whose numerator is an integer: exactly
    0 for independent levels, where PyRadiomics has rounding noise (or NaN, and then leaves the direction out)."""
    levels = entropy_bits(total, marginal, 0)
    information = 2.0 * levels - entropy_bits(total, joint, 0)
    if information < _SMALL_INFORMATION:
        information = _small_information(s, n, total)
    out[IMC1] -= information / (levels - seen * EPSILON_BITS)
    out[IMC2] += np.sqrt(-np.expm1(-2.0 * information))


@compiled
def _small_information(s: Scratch, n: int, total: int) -> float:
    information = 0.0
    for i in range(n):
        for j in range(n):
            expected = s.sums[i] * s.sums[j]
            if expected > 0:
                x = (s.cells[i * n + j] * total - expected) / expected
                if abs(x) < 0.01:
                    # Series of (1+x) ln(1+x) - x; the first term left out is below 1e-16 of the first.
                    term = x * x * (0.5 + x * (-1 / 6 + x * (1 / 12 + x * (-1 / 20 + x * (1 / 30 - x * (1 / 42))))))
                    term += x**8 / 56
                else:
                    term = ((1.0 + x) * np.log1p(x) if x > -1.0 else 0.0) - x
                information += expected * term
    return information / (total * total * np.log(2.0))


@compiled
def _difference_features(s: Scratch, span: int, total: int, out: Reals) -> None:
    """Entropy and variance of |i - j|; adds the histogram to the directions' mean and empties it."""
    first, second, occupied = 0, 0, 0
    logs = 0.0
    scale = 1.0 / total
    for k in range(span):
        count = s.difference[k]
        if count > 0:
            s.difference[k] = 0
            first += count * k
            second += count * k * k
            logs += COUNT_LOG2[count]
            occupied += 1
            s.mean_difference[k] += count * scale
    out[DIFFERENCE_ENTROPY] += entropy_bits(total, logs, occupied)
    out[DIFFERENCE_VARIANCE] += (total * second - first * first) / (total * total)


@compiled
def _sum_features(s: Scratch, span: int, total: int, mean: float, out: Reals) -> None:
    """Entropy and cluster features of i + j; empties the histogram.

    Moments are taken about the integer nearest to the mean (exact sums) and then moved by less than 1/2."""
    centre = int(np.rint(2.0 * mean))
    s1, s2, s3, s4, occupied = 0, 0, 0, 0, 0
    logs = 0.0
    for k in range(span):
        count = s.addition[k]
        if count > 0:
            s.addition[k] = 0
            e = k - centre
            s1 += count * e
            s2 += count * e * e
            s3 += count * e * e * e
            s4 += count * e * e * e * e
            logs += COUNT_LOG2[count]
            occupied += 1
    shift = s1 / total
    out[SUM_ENTROPY] += entropy_bits(total, logs, occupied)
    out[CLUSTER_TENDENCY] += (total * s2 - s1 * s1) / (total * total)
    out[CLUSTER_SHADE] += (s3 - 3.0 * shift * s2) / total + 2.0 * shift**3
    out[CLUSTER_PROMINENCE] += (s4 - 4.0 * shift * s3 + 6.0 * shift * shift * s2) / total - 3.0 * shift**4


@compiled
def _linear_features(s: Scratch, span: int, directions: int, largest_level: int, out: Reals) -> None:
    """Features linear in the histogram of |i - j|, on its mean over the directions."""
    scale = 1.0 / directions
    for k in range(span):
        p = s.mean_difference[k] * scale
        if p == 0.0:
            continue
        out[DIFFERENCE_AVERAGE] += k * p
        out[CONTRAST] += k * k * p
        out[ID] += p / (1 + k)
        out[IDM] += p / (1 + k * k)
        out[IDN] += p / (1 + k / largest_level)
        out[IDMN] += p / (1 + k * k / (largest_level * largest_level))
        if k > 0:
            out[INVERSE_VARIANCE] += p / (k * k)
