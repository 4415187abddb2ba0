"""MCC, IMC2 and cluster shade of one window in 40 digits, for judging values that rounding spoils.

Levels by PyRadiomics' own binning; symmetric GLCM of the four in-plane directions counted by array shifts; MCC as the
second absolute eigenvalue of D^-1/2 P D^-1/2, IMC2 as sqrt(1 - exp(-2 I)) with the mutual information I in bits (as
PyRadiomics has it), cluster shade as the third central moment of i + j, each averaged over the directions."""

from __future__ import annotations

import mpmath
import numpy as np
from radiomics import imageoperations

from livermets.config.radiomics import RadiomicsSettings
from livermets.radiomics.reference import binning_options

RELATIVE, ABSOLUTE = 1e-9, 1e-12
_DIGITS = 40


def differing(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Which values do not agree; NaN agrees with nothing."""
    return ~(np.abs(ours - theirs) <= np.maximum(ABSOLUTE, RELATIVE * np.abs(theirs)))


def exact_mcc(crop: np.ndarray, mask_values: np.ndarray, settings: RadiomicsSettings) -> float:
    return _mean_over_directions(_mcc, crop, mask_values, settings)


def exact_imc2(crop: np.ndarray, mask_values: np.ndarray, settings: RadiomicsSettings) -> float:
    return _mean_over_directions(_imc2, crop, mask_values, settings)


def exact_cluster_shade(crop: np.ndarray, mask_values: np.ndarray, settings: RadiomicsSettings) -> float:
    return _mean_over_directions(_cluster_shade, crop, mask_values, settings)


def _mean_over_directions(measure, crop, mask_values, settings) -> float:
    values = crop.ravel() if settings.binning == "roi" else mask_values
    levels = np.digitize(crop, imageoperations.getBinEdges(values, **binning_options(settings)))
    several = np.unique(levels).size > 1 or settings.binning == "mask"
    shifted = (
        (levels[:, :-1], levels[:, 1:]),
        (levels[:-1, :-1], levels[1:, 1:]),
        (levels[:-1], levels[1:]),
        (levels[1:, :-1], levels[:-1, 1:]),
    )
    with mpmath.workdps(_DIGITS):
        return float(sum(measure(*_symmetric_counts(a, b), several) for a, b in shifted) / 4)


def _symmetric_counts(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    present, index = np.unique(np.stack([a, b]), return_inverse=True)
    first, second = index.reshape(2, -1)
    counts = np.zeros((present.size, present.size), dtype=np.int64)
    np.add.at(counts, (first, second), 1)
    return counts + counts.T, present


def _mcc(counts: np.ndarray, _levels: np.ndarray, several: bool) -> mpmath.mpf:
    if len(counts) == 1:
        return mpmath.mpf(0 if several else 1)
    sums = [int(value) for value in counts.sum(axis=1)]
    scaled = mpmath.matrix(len(counts), len(counts))
    for i, row in enumerate(counts):
        for j, count in enumerate(row):
            scaled[i, j] = int(count) / mpmath.sqrt(sums[i] * sums[j])
    values = sorted((abs(value) for value in mpmath.eigsy(scaled, eigvals_only=True)), reverse=True)
    return values[1]


def _imc2(counts: np.ndarray, _levels: np.ndarray, _several: bool) -> mpmath.mpf:
    total = int(counts.sum())
    sums = [int(value) for value in counts.sum(axis=1)]
    information = mpmath.mpf(0)
    for i, row in enumerate(counts):
        for j, count in enumerate(row):
            if count:
                ratio = mpmath.mpf(int(count) * total) / (sums[i] * sums[j])
                information += mpmath.mpf(int(count)) / total * mpmath.log(ratio, 2)
    return mpmath.sqrt(max(1 - mpmath.exp(-2 * information), 0))


def _cluster_shade(counts: np.ndarray, levels: np.ndarray, _several: bool) -> mpmath.mpf:
    sums = [[int(i) + int(j) for j in levels] for i in levels]
    shares = [[mpmath.mpf(int(count)) / int(counts.sum()) for count in row] for row in counts]
    cells = [(p, t) for row_p, row_t in zip(shares, sums, strict=True) for p, t in zip(row_p, row_t, strict=True)]
    mean = sum(p * t for p, t in cells)
    return sum(p * (t - mean) ** 3 for p, t in cells)


ILL_CONDITIONED = {"glcm_MCC": exact_mcc, "glcm_Imc2": exact_imc2, "glcm_ClusterShade": exact_cluster_shade}
"""Features that PyRadiomics may leave as rounding noise: MCC and IMC2 are roots of numbers near 0; cluster shade is a
signed sum of cubes that cancels to 0 where the levels lie symmetrically."""
