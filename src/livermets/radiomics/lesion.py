"""Whole-lesion features: PyRadiomics in 3D, shape included, for the models that windows are compared with."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from livermets.config.radiomics import RadiomicsSettings
from livermets.errors import input_error
from livermets.imaging.geometry import Volume
from livermets.radiomics.checks import check_arrays, checked_labels
from livermets.radiomics.engine.discretise import check_level_count
from livermets.radiomics.filters import prefixes
from livermets.radiomics.names import feature_names
from livermets.radiomics.reference import binning_options, quieten

_SMALLEST_LESION_VOXELS = 2


def lesion_features(
    volume: Volume, labels_volume: Volume, settings: RadiomicsSettings, lesions: Sequence[int] | None = None
) -> pd.DataFrame:
    """The radiomics of every lesion as a whole, one row per lesion (``lesion_id`` first).

    Computed by PyRadiomics on the full 3D neighbourhood (13 directions, 26 neighbours) of the grid as given, with the
    settings' grey levels, image types and classes; ``original_shape_*`` always. ``lesions``: whose rows, default those
    of the label map. A lesion on which PyRadiomics cannot work (a voxel, or none) keeps its row, with empty values. A
    feature that is not defined for a lesion is empty."""
    differences = volume.grid.differences(labels_volume.grid)
    if differences:
        raise input_error("mask", f"its grid is not the image's: {'; '.join(differences)}", "Resample the mask")
    check_arrays(volume.array, labels_volume.array, volume.grid.spacing_zyx_mm)
    present = checked_labels(labels_volume.array, None)
    extractor = _extractor(settings)
    rows = [
        {"lesion_id": label, **_features(extractor, volume, labels_volume, label, settings)}
        for label in (present if lesions is None else lesions)
    ]
    table = pd.DataFrame(rows, columns=["lesion_id", *_columns(settings)])
    return table.astype({"lesion_id": np.int64})


def _columns(settings: RadiomicsSettings) -> list[str]:
    from radiomics.shape import RadiomicsShape

    shape = [name for name, deprecated in RadiomicsShape.getFeatureNames().items() if not deprecated]
    texture = [f"{prefix}_{name}" for prefix in prefixes(settings) for name in feature_names(settings)]
    return [f"original_shape_{name}" for name in shape] + texture


def _extractor(settings: RadiomicsSettings) -> Any:
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    quieten()
    extractor = RadiomicsFeatureExtractor(**binning_options(settings), additionalInfo=False)
    extractor.disableAllImageTypes()
    names = {"original": "Original", "log": "LoG", "wavelet": "Wavelet"}
    # Shape is computed with the original image only; its other columns are dropped if they were not asked for.
    for image_type in dict.fromkeys(("original", *settings.image_types)):
        sigmas = {"sigma": list(settings.log_sigmas_mm)} if image_type == "log" else {}
        extractor.enableImageTypeByName(names[image_type], customArgs=sigmas)
    extractor.disableAllFeatures()
    for feature_class in ("shape", *settings.classes):
        extractor.enableFeatureClassByName(feature_class)
    return extractor


def _features(
    extractor: Any, volume: Volume, labels_volume: Volume, label: int, settings: RadiomicsSettings
) -> dict[str, float]:
    from livermets.imaging.itk import image_of

    inside = labels_volume.array == label
    if np.count_nonzero(inside) < _SMALLEST_LESION_VOXELS:
        return {}
    check_level_count(volume.array[inside].astype(np.float64), settings, f"lesion {label}")
    image = image_of(volume.array.astype(np.float64), volume.grid)
    mask = image_of(inside.astype(np.uint8), volume.grid)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            values = extractor.execute(image, mask, label=1)
        except ValueError:  # PyRadiomics' own words for "this segment has too few voxels or dimensions"
            return {}
    return {name: float(value) for name, value in values.items()}
