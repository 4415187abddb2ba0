"""The grid that windows lie on: the image's own, or one whose pixels have a size in mm.

A window of 7 pixels is 4 to 7 mm across on the scanners of one cohort, and the features of a window depend on its size.
With ``pixel_spacing_mm`` the image is resampled in plane first, so that a window is as many mm everywhere (IBSI:
interpolation before feature computation; Zwanenburg et al., Radiology 295, 328, 2020). Slices stay as acquired:
windows lie within one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from livermets.config.radiomics import RadiomicsSettings
from livermets.imaging.geometry import Grid, Volume
from livermets.imaging.resample import network_grid, resample_image, resample_labels


def window_grid(native: Grid, settings: RadiomicsSettings) -> Grid:
    """The grid that `roi_features` works on and that its ``z, y, x`` count: the native one, or one over the same field
    of view with pixels of ``pixel_spacing_mm`` and the same slices."""
    if settings.pixel_spacing_mm is None:
        return native
    grid = network_grid(native, max(native.size_xyz[:2]), pixel_spacing_mm=settings.pixel_spacing_mm)
    return replace(grid, slice_offsets=native.slice_offsets)


def image_on_windows(volume: Volume, settings: RadiomicsSettings) -> Volume:
    """The image on `window_grid`, linearly interpolated. HU are rounded to whole ones again, as CT has them (IBSI)."""
    if settings.pixel_spacing_mm is None:
        return volume
    grid = window_grid(volume.grid, settings)
    found = resample_image(volume, grid, float(volume.array.min()))
    return found.with_array(np.rint(found.array)) if settings.intensity == "hu" else found


def labels_on_windows(volume: Volume, settings: RadiomicsSettings) -> Volume:
    """A label map on `window_grid`: every pixel takes the label with the largest interpolated share, so that a lesion
    of a pixel or two can vanish on coarser pixels."""
    if settings.pixel_spacing_mm is None:
        return volume
    return resample_labels(volume, window_grid(volume.grid, settings))


def on_native_pixels(values_zyx: NDArray, native: Grid, settings: RadiomicsSettings) -> NDArray:
    """What `window_grid` holds, at the native pixels' centres (the nearest one), to be laid over the image."""
    if settings.pixel_spacing_mm is None:
        return values_zyx
    grid = window_grid(native, settings)
    z, y, x = native.shape_zyx
    rows, columns = (np.zeros((length, 3)) for length in (y, x))
    rows[:, 1], columns[:, 2] = np.arange(y), np.arange(x)
    places = (
        np.clip(np.rint(grid.index_zyx(native.points_xyz_mm(centres))[:, axis]).astype(int), 0, length - 1)
        for axis, centres, length in ((1, rows, grid.shape_zyx[1]), (2, columns, grid.shape_zyx[2]))
    )
    return values_zyx[np.ix_(np.arange(z), *places)]
