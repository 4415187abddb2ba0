"""From a CT in HU to what a network sees, and what a network may be trained on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from livermets.config.preprocess import PreprocessSettings
from livermets.errors import InputError, Problem, input_error
from livermets.imaging.body import body_box
from livermets.imaging.filters import equalised, median_filtered
from livermets.imaging.geometry import Grid, Volume
from livermets.imaging.normalise import liver_zscore, window
from livermets.imaging.resample import network_grid, resample_image, resample_labels
from livermets.segmentation.classes import LESION, LIVER, Classes
from livermets.segmentation.preprocessed import Preprocessed
from livermets.segmentation.training_scan import TrainingScan

MOST_VOXELS = 512 * 512 * 1024
"""Of a network grid with a spacing of its own: about the largest acquired CT of the trunk."""


def preprocess_scan(
    image: Volume, liver: Volume, lesions: Volume | None, settings: PreprocessSettings, classes: Classes, where: object
) -> Preprocessed:
    """A scan as the networks see it, masks along with it.

    For a network of lesions the scale may be the z-score over the whole liver volume; for one that finds the liver,
    whose scans come without a known one, it is the fixed HU window."""
    seen = network_image(image, settings, where)
    small_liver = resample_labels(liver.with_array((liver.array > 0).astype(np.uint8)), seen.grid)
    if classes.need_liver and settings.scale == "liver-zscore":
        # clip_hu was applied before resampling; interpolation stays within it.
        scaled, how = liver_zscore(seen.array, small_liver.array, settings.clip_hu, where)
    else:
        scaled, how = window(seen.array, settings.window_hu, settings.window_values)
    description = {"classes": list(classes.found), **how.as_dict(), "preprocess": settings.model_dump(mode="json")}
    small_lesions = resample_labels(lesions, seen.grid) if lesions else None
    return Preprocessed(seen.with_array(scaled), small_liver, small_lesions, description)


def network_image(image: Volume, settings: PreprocessSettings, where: object) -> Volume:
    """The CT in HU, clipped, cropped, on the network grid, filtered: all but its scale.

    Raises `InputError` if there is no body to crop to, or if the grid would be too large to be meant."""
    seen = image.with_array(np.clip(image.array, *settings.clip_hu))
    if settings.crop == "body":
        seen = seen.within(body_box(seen.array, where))
    grid = network_grid(seen.grid, settings.network_grid, settings.pixel_spacing_mm, settings.slice_spacing_mm)
    check_extent(grid, settings, where)
    if settings.filter_grid == "acquired":
        seen = _filtered(seen, settings)
    seen = resample_image(seen, grid, settings.clip_hu[0])
    return _filtered(seen, settings) if settings.filter_grid == "network" else seen


def check_extent(grid: Grid, settings: PreprocessSettings, where: object) -> None:
    """Raises `InputError` if the spacing asked for makes a grid of more voxels than can be meant."""
    asked = [name for name in ("pixel_spacing_mm", "slice_spacing_mm") if getattr(settings, name) is not None]
    voxels = math.prod(grid.size_xyz)
    if asked and voxels > MOST_VOXELS:
        coarser = (math.prod(grid.spacing_xyz_mm) * voxels / MOST_VOXELS) ** (1 / 3)
        size = " × ".join(map(str, grid.size_xyz))
        what = f"the network grid would have {size} voxels, {voxels * 4 / 2**30:.0f} GiB for its image alone"
        keys = " and ".join(f"preprocess.{name}" for name in asked)
        raise input_error(where, what, f"Choose a larger {keys}; isotropic voxels of {coarser:.2f} mm would fit")


def _filtered(image: Volume, settings: PreprocessSettings) -> Volume:
    array, median = image.array, settings.median_filter
    if settings.histogram_equalisation:
        array = equalised(array, settings.clip_hu)
    if median is not None:
        array = median_filtered(array, median.size_voxels, median.dimensions)
    return image.with_array(array)


def training_scan(scan: Preprocessed, name: str, patient_id: str, classes: Classes) -> TrainingScan:
    """A preprocessed scan as training material.

    Raises `InputError` if it was preprocessed for other classes, or has no mask of one of these."""
    check_classes(scan.normalisation, classes, name)
    masks = {LIVER: scan.liver, LESION: scan.lesions}
    arrays = {}
    for one in classes.found:
        mask = masks[one]
        if mask is None:
            raise input_error(name, f"this training scan has no {one} mask", "Remove it from the training scans")
        arrays[one] = mask.array
    liver = (scan.liver.array > 0).astype(np.uint8)
    hu_per_unit = scan.normalisation["sd"]
    return TrainingScan(name, patient_id, scan.image.array, classes.target(arrays), liver, hu_per_unit)


def check_classes(normalisation: dict[str, Any], classes: Classes, where: object) -> None:
    """Raises `InputError` if a scan was preprocessed for another network than the one at hand."""
    found = normalisation.get("classes") or ["something else"]
    if found != list(classes.found):
        what = f"this scan was preprocessed for a network of {' and '.join(found)}, not of {classes}"
        raise input_error(where, what, f"Run preprocess --classes {','.join(classes.found)}")


def check_same_preprocessing(
    normalisation: dict[str, Any], classes: Classes, preprocess: PreprocessSettings, where: object
) -> None:
    """Raises `InputError` if a network was trained on another grid or scale than a scan was preprocessed to.
    ``normalisation`` is what the scan's folder says; ``classes`` and ``preprocess`` are those of the network."""
    check_classes(normalisation, classes, where)
    here = normalisation["preprocess"]
    problems = [
        Problem(
            str(where),
            f"preprocess.{key} is {here.get(key)} here and {value} in the network's training",
            "Preprocess again, or train again",
        )
        for key, value in preprocess.model_dump(mode="json").items()
        if here.get(key) != value
    ]
    if problems:
        raise InputError(problems)
