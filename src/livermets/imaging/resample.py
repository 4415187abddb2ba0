"""Between the native grid and the network grid, by physical position and never by index arithmetic."""

from __future__ import annotations

from math import ceil

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from livermets.imaging.geometry import Grid, Volume
from livermets.imaging.itk import image_of

_ROUNDING_VOXELS = 1e-3


def network_grid(
    native: Grid, pixels: int, pixel_spacing_mm: float | None = None, slice_spacing_mm: float | None = None
) -> Grid:
    """The square in-plane grid of ``pixels`` × ``pixels`` over the same field of view, or one with pixels of
    ``pixel_spacing_mm``; slices as acquired, or every ``slice_spacing_mm``.

    Both grids have the same centre. Outer borders of ``pixels`` coincide, so halving a 512-pixel grid averages 2 × 2
    pixels under linear interpolation; a field of view that is not square is padded on its shorter side, so that a
    millimetre is the same in x and in y. Of a spacing there are as many voxels as cover the image, the outermost ones
    less than half a voxel beyond its border."""
    size = np.asarray(native.size_xyz, dtype=float)
    spacing = np.asarray(native.spacing_xyz_mm)
    extent = size * spacing
    new_spacing = np.array([extent[:2].max() / pixels, extent[:2].max() / pixels, spacing[2]])
    new_size = [pixels, pixels, native.size_xyz[2]]
    for axis, wanted in enumerate((pixel_spacing_mm, pixel_spacing_mm, slice_spacing_mm)):
        if wanted is not None:
            new_spacing[axis], new_size[axis] = wanted, covering(extent[axis], wanted)
    direction = np.asarray(native.direction).reshape(3, 3)
    # Both grids share the centre of the field of view; origins are voxel centres.
    shift = (extent - np.asarray(new_size) * new_spacing) / 2 + (new_spacing - spacing) / 2
    origin = np.asarray(native.origin_xyz_mm) + direction @ shift
    x, y, z = new_size
    return Grid((x, y, z), _triple(new_spacing), _triple(origin), native.direction)


def covering(extent_mm: float, spacing_mm: float) -> int:
    """How many voxels cover an extent; one that is over by rounding alone is none."""
    return ceil(extent_mm / spacing_mm - _ROUNDING_VOXELS)


def resample_image(volume: Volume, grid: Grid, outside: float) -> Volume:
    """Intensities on another grid, linearly interpolated, as float32; ``outside`` where the volume does not reach."""
    return _resampled(volume, volume.array.astype(np.float32), grid, sitk.sitkLinear, outside)


def resample_labels(volume: Volume, grid: Grid) -> Volume:
    """A label map on another grid: each voxel takes the label with the largest linearly interpolated share.

    Unlike the nearest neighbour, this does not shift a mask by half a voxel when the grid is halved."""
    array = volume.array.astype(np.uint8 if volume.array.max(initial=0) < 256 else np.uint16)
    return _resampled(volume, array, grid, sitk.sitkLabelLinear, 0)


def _resampled(volume: Volume, array: NDArray, grid: Grid, interpolator: int, outside: float) -> Volume:
    resampler = sitk.ResampleImageFilter()
    resampler.SetSize(grid.size_xyz)
    resampler.SetOutputSpacing(grid.spacing_xyz_mm)
    resampler.SetOutputOrigin(grid.origin_xyz_mm)
    resampler.SetOutputDirection(grid.direction)
    resampler.SetInterpolator(interpolator)
    resampler.SetDefaultPixelValue(float(outside))
    image = image_of(array, volume.grid)
    return Volume(sitk.GetArrayFromImage(resampler.Execute(image)), grid, volume.stored_orientation)


def _triple(values: NDArray) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z
