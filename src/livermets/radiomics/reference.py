"""PyRadiomics itself on every window: what the compiled engine is measured against, and a choice for who wants it.

Grey levels per window (``binning: roi``): PyRadiomics' feature classes on ``1 x size x size`` crops with ``force2D``
(dimension 0, the slice axis). Per lesion (``binning: mask``): PyRadiomics' voxel-based mode at the windows' centres,
whose kernel of radius ``size // 2`` is the same window and whose grey levels come from the whole lesion."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livermets.config.radiomics import RadiomicsSettings
from livermets.radiomics.names import FEATURES_BY_CLASS

_VOXEL_BATCH = 200

Spacing = tuple[float, float, float]
Progress = Callable[[int], None]


def window_features(
    image_zyx: NDArray[np.float64],
    inside_zyx: NDArray[np.bool_],
    origins_zyx: NDArray[np.int64],
    spacing_zyx_mm: Spacing,
    settings: RadiomicsSettings,
    progress: Progress = lambda done: None,
) -> NDArray[np.float64]:
    """One row of 93 features per window (`names.COLUMNS`; NaN in classes not asked for), by PyRadiomics.

    ``inside_zyx`` is the whole lesion, which only per-lesion grey levels use. ``progress`` is told how many windows
    have just been finished."""
    quieten()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if settings.binning == "roi":
            return _by_crop(image_zyx, origins_zyx, spacing_zyx_mm, settings, progress)
        return _by_voxel(image_zyx, inside_zyx, origins_zyx, spacing_zyx_mm, settings, progress)


def quieten() -> None:
    """Leaves only PyRadiomics' errors in its log (it warns about every symmetric GLCM, which is its own default)."""
    import radiomics

    radiomics.setVerbosity(logging.ERROR)
    radiomics.logger.setLevel(logging.ERROR)


def feature_classes() -> dict[str, Any]:
    """PyRadiomics' implementation of each feature class."""
    from radiomics import firstorder, glcm, gldm, glrlm, glszm, ngtdm

    return {
        "firstorder": firstorder.RadiomicsFirstOrder,
        "glcm": glcm.RadiomicsGLCM,
        "glrlm": glrlm.RadiomicsGLRLM,
        "glszm": glszm.RadiomicsGLSZM,
        "gldm": gldm.RadiomicsGLDM,
        "ngtdm": ngtdm.RadiomicsNGTDM,
    }


def binning_options(settings: RadiomicsSettings) -> dict[str, Any]:
    """The grey-level settings under PyRadiomics' names."""
    return {"binWidth": settings.bin_width} if settings.bin_count is None else {"binCount": settings.bin_count}


def _by_crop(
    image: NDArray[np.float64],
    origins: NDArray[np.int64],
    spacing_zyx_mm: Spacing,
    settings: RadiomicsSettings,
    progress: Progress,
) -> NDArray[np.float64]:
    from livermets.imaging.itk import spaced_image

    size = settings.size
    mask = spaced_image(np.ones((1, size, size), dtype=np.uint8), spacing_zyx_mm)
    classes = [feature_classes()[name] for name in settings.classes]
    options = {"force2D": True, "force2Ddimension": 0, **binning_options(settings)}
    table = np.full((len(origins), len(_all_columns())), np.nan)
    for row, (z, y, x) in enumerate(origins):
        crop = spaced_image(image[z : z + 1, y : y + size, x : x + size], spacing_zyx_mm)
        for name, feature_class in zip(settings.classes, classes, strict=True):
            values = feature_class(crop, mask, **options).execute()
            table[row, _columns_of(name)] = [float(values[feature]) for feature in FEATURES_BY_CLASS[name]]
        progress(1)
    return table


def _by_voxel(
    image: NDArray[np.float64],
    inside: NDArray[np.bool_],
    origins: NDArray[np.int64],
    spacing_zyx_mm: Spacing,
    settings: RadiomicsSettings,
    progress: Progress,
) -> NDArray[np.float64]:
    import SimpleITK as sitk

    from livermets.imaging.itk import spaced_image

    table = np.full((len(origins), len(_all_columns())), np.nan)
    radius = settings.size // 2
    options = {"force2D": True, "force2Ddimension": 0, "voxelBased": True, "kernelRadius": radius}
    options |= {"voxelBatch": _VOXEL_BATCH, **binning_options(settings)}
    limits = image[inside].min(), image[inside].max()
    for z in np.unique(origins[:, 0]):
        rows = np.flatnonzero(origins[:, 0] == z)
        tile, mask = _with_limits(image[z], inside[z], limits)
        volume, mask_image = (spaced_image(array, spacing_zyx_mm) for array in (tile, mask))
        centres = (origins[rows] * (0, 1, 1) + (0, radius, radius)).T
        for name in settings.classes:
            calculator = feature_classes()[name](volume, mask_image, **options)
            calculator.labelledVoxelCoordinates = centres
            maps = calculator.execute()
            for column, feature in zip(_columns_of(name), FEATURES_BY_CLASS[name], strict=True):
                table[rows, column] = sitk.GetArrayViewFromImage(maps[feature])[tuple(centres)]
        progress(len(rows))
    return table


def _with_limits(
    slice_yx: NDArray[np.float64], inside_yx: NDArray[np.bool_], limits: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """One slice of image and mask, and a second slice with two voxels: the lesion's minimum and maximum.

    Grey levels depend on the lesion only through these two, and windows never see another slice. PyRadiomics' memory
    grows with batch x levels x voxels of the mask, which would be gigabytes for a whole lesion."""
    tile, mask = (np.zeros((2, *slice_yx.shape), dtype=kind) for kind in (np.float64, np.uint8))
    tile[0], mask[0] = slice_yx, inside_yx
    tile[1, 0, :2], mask[1, 0, :2] = limits, 1
    return tile, mask


def _all_columns() -> list[tuple[str, str]]:
    return [(name, feature) for name, features in FEATURES_BY_CLASS.items() for feature in features]


def _columns_of(feature_class: str) -> list[int]:
    return [index for index, (name, _) in enumerate(_all_columns()) if name == feature_class]
