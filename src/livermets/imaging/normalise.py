"""Intensities put on a common scale."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from livermets.errors import input_error


@dataclass(frozen=True)
class Normalisation:
    """How HU were changed: ``(clip(hu, low, high) - mean) / sd``, after the filters where there are any."""

    mean: float
    sd: float
    clip_hu: tuple[float, float]
    method: str

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def zscore_over_mask(
    array: NDArray, mask: NDArray, where: object = "image"
) -> tuple[NDArray[np.float32], float, float]:
    """The array in units of the mask's standard deviation from the mask's mean, with that mean and that (population)
    standard deviation. ``where`` names the scan in errors.

    Raises `InputError` for an empty mask and for a mask within which nothing varies."""
    inside = array[np.asarray(mask, dtype=bool)].astype(np.float64)
    if inside.size == 0:
        raise input_error(where, "the mask to normalise over is empty", "Check the liver mask of this scan")
    mean, sd = float(inside.mean()), float(inside.std())
    if not np.isfinite(sd) or sd == 0:
        raise input_error(
            where, f"all voxels in the mask to normalise over have the value {mean:g}", "Check the image and the mask"
        )
    return ((array.astype(np.float32) - np.float32(mean)) / np.float32(sd)), mean, sd


def liver_zscore(
    hu: NDArray, liver: NDArray, clip_hu: tuple[float, float], where: object = "image"
) -> tuple[NDArray[np.float32], Normalisation]:
    """Clipped HU as a z-score over the whole liver volume (Giannini 2020, Defeudis 2022)."""
    scaled, mean, sd = zscore_over_mask(np.clip(hu, *clip_hu), liver, where)
    return scaled, Normalisation(mean, sd, clip_hu, "z-score over the liver volume")


def window(
    hu: NDArray, window_hu: tuple[float, float], values: tuple[float, float] = (-1.0, 1.0)
) -> tuple[NDArray[np.float32], Normalisation]:
    """A HU window, clipped and mapped linearly so that its ends become ``values``."""
    low, high = window_hu
    sd = (high - low) / (values[1] - values[0])
    how = Normalisation((low + high) / 2 - sd * (values[0] + values[1]) / 2, sd, window_hu, "HU window")
    scaled = (np.clip(hu, low, high).astype(np.float32) - np.float32(how.mean)) / np.float32(how.sd)
    return scaled, how
