"""The scanner: slice profile, in-plane point-spread function, and noise as a reconstruction kernel colours it."""

from __future__ import annotations

import numpy as np
from scipy.fft import irfft2, rfft2
from scipy.ndimage import gaussian_filter

from livermets.phantom.fields import Array
from livermets.phantom.space import DrawingGrid
from livermets.phantom.truth import ScanPlan

_LEAST_HU, _MOST_HU = -1024, 1800


def scanned(rng: np.random.Generator, hu: Array, grid: DrawingGrid, scan: ScanPlan) -> np.ndarray:
    """Attenuation as the CT shows it on the stored slices: int16 HU."""
    slices = grid.averaged(hu)
    blur = scan.blur_mm / scan.spacing_mm
    # A tenth of every slice spills into its neighbours, whatever the thickness.
    slices = gaussian_filter(slices, (0.35, blur, blur), mode="nearest", truncate=3.0)
    slices += _noise(rng, slices, scan)
    return np.clip(np.rint(slices), _LEAST_HU, _MOST_HU).astype(np.int16)


def _noise(rng: np.random.Generator, slices: Array, scan: ScanPlan) -> Array:
    """Noise with the spectrum of filtered back-projection, f·exp(-f²/(2·f₀²)) in amplitude² (Riederer 1978), weaker
    in air around the body, independent from slice to slice but for a little overlap."""
    white = rng.standard_normal(slices.shape, dtype=np.float32)
    white = gaussian_filter(white, (0.45, 0, 0), mode="wrap", truncate=3.0)
    height, width = slices.shape[1:]
    frequency = np.hypot(
        np.fft.fftfreq(height, scan.spacing_mm)[:, None], np.fft.rfftfreq(width, scan.spacing_mm)[None, :]
    )
    amplitude = np.sqrt(frequency * np.exp(-0.5 * (frequency / scan.kernel_per_mm) ** 2)).astype(np.float32)
    coloured = np.empty_like(white)
    for k, layer in enumerate(white):
        coloured[k] = irfft2(rfft2(layer) * amplitude, s=(height, width))
    coloured *= np.float32(scan.noise_hu / coloured.std(dtype=np.float64))
    strength = 0.45 + 0.55 * gaussian_filter((slices > -500).astype(np.float32), (0, 12, 12), truncate=2.0)
    return coloured * strength
