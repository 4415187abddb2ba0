"""From a CT in HU to what a network sees, and what a network may be trained on."""

from __future__ import annotations

from typing import Any

import numpy as np

from livermets.config.preprocess import PreprocessSettings
from livermets.errors import InputError, Problem, input_error
from livermets.imaging.geometry import Volume
from livermets.imaging.normalise import liver_zscore, window
from livermets.imaging.resample import network_grid, resample_image, resample_labels
from livermets.segmentation.classes import LESION, LIVER, Classes
from livermets.segmentation.preprocessed import Preprocessed
from livermets.segmentation.training_scan import TrainingScan


def preprocess_scan(
    image: Volume, liver: Volume, lesions: Volume | None, settings: PreprocessSettings, classes: Classes, where: object
) -> Preprocessed:
    """Clips, resizes in plane and normalises a scan, masks along with it.

    For a network of lesions the scale is the z-score over the whole liver volume; for one that finds the liver, whose
    scans come without a known one, it is a fixed HU window."""
    resized = resized_hu(image, settings)
    small_liver = resample_labels(liver.with_array((liver.array > 0).astype(np.uint8)), resized.grid)
    if classes.need_liver:
        # clip_hu was applied before resizing; interpolation stays within it.
        scaled, how = liver_zscore(resized.array, small_liver.array, settings.clip_hu, where)
    else:
        scaled, how = window(resized.array, settings.liver_window_hu)
    description = {"classes": list(classes.found), **how.as_dict(), "preprocess": settings.model_dump(mode="json")}
    small_lesions = resample_labels(lesions, resized.grid) if lesions else None
    return Preprocessed(resized.with_array(scaled), small_liver, small_lesions, description)


def resized_hu(image: Volume, settings: PreprocessSettings) -> Volume:
    """The CT in HU, clipped, on the network grid."""
    clipped = image.with_array(np.clip(image.array, *settings.clip_hu))
    return resample_image(clipped, network_grid(image.grid, settings.network_grid), settings.clip_hu[0])


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
