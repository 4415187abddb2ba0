"""Arrays as SimpleITK images."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from livermets.imaging.geometry import Grid


def image_of(array: NDArray, grid: Grid) -> sitk.Image:
    """A ``zyx`` array as an image on its grid (canonical LPS axes); truth values become 0 and 1."""
    image = spaced_image(array.astype(np.uint8) if array.dtype == bool else array, grid.spacing_zyx_mm)
    image.SetOrigin(grid.origin_xyz_mm)
    image.SetDirection(grid.direction)
    return image


def spaced_image(array: NDArray, spacing_zyx_mm: tuple[float, ...]) -> sitk.Image:
    """A ``zyx`` array as an image that knows its spacing only, for what depends on no position."""
    image = sitk.GetImageFromArray(array)
    image.SetSpacing([float(value) for value in spacing_zyx_mm[::-1]])
    return image


@contextmanager
def without_itk_warnings() -> Iterator[None]:
    """Within, the image library prints no warnings: they are long, and may quote what identifies a person."""
    shown = sitk.ProcessObject.GetGlobalWarningDisplay()
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        yield
    finally:
        sitk.ProcessObject.SetGlobalWarningDisplay(shown)
