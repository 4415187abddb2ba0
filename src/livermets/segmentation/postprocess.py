"""From a probability map to a mask, and the clean-up of a liver mask."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from livermets.config.segmentation import OutputSettings, PostprocessSettings
from livermets.imaging.geometry import CONNECTIVITY_26
from livermets.segmentation.classes import most_probable


def probability_threshold(probability: NDArray[np.float32], within: NDArray | None, output: OutputSettings) -> float:
    """The probability above which a voxel is target, by the rule of the settings.

    Otsu's threshold (Otsu 1979) is found over the voxels ``within`` (all of them if none are given); a map in which
    nothing varies has none, and gets 1: nothing is found."""
    if output.rule == "threshold":
        return output.threshold
    if output.rule == "argmax":
        return 0.5
    values = probability if within is None else probability[np.asarray(within, dtype=bool)]
    if values.size == 0 or float(values.max()) == float(values.min()):
        return 1.0
    otsu = sitk.OtsuThresholdImageFilter()
    otsu.SetNumberOfHistogramBins(256)
    otsu.Execute(sitk.GetImageFromArray(values.reshape(1, -1).astype(np.float32)))
    return max(float(otsu.GetThreshold()), output.otsu_floor)


def class_mask(
    probability: NDArray[np.float32], which: int, threshold: float, output: OutputSettings
) -> NDArray[np.bool_]:
    """The mask of a class, what lies inside it included (a lesion is liver too), from the probabilities of all classes
    beside the background (first axis): where one of these is the most probable class (argmax), or where they are more
    probable together than the threshold."""
    if output.rule == "argmax":
        return np.any(most_probable(probability)[which:], axis=0)
    return np.asarray(probability[which:].sum(axis=0) > threshold)


def drop_small_components(mask: NDArray[np.bool_], voxel_ml: float, minimum_volume_ml: float) -> NDArray[np.bool_]:
    """The mask without its components (26-connected) below a volume."""
    if minimum_volume_ml == 0 or not mask.any():
        return mask
    components, _ = ndimage.label(mask, structure=CONNECTIVITY_26)
    large = np.bincount(components.ravel()) * voxel_ml >= minimum_volume_ml
    large[0] = False
    return large[components]


def clean_liver(
    mask: NDArray, spacing_zyx_mm: tuple[float, float, float], settings: PostprocessSettings
) -> NDArray[np.bool_]:
    """A liver mask after erosion, largest component, dilation and filling of holes, each as configured.

    The dilation gives back no more than the mask had before the erosion."""
    before = np.asarray(mask, dtype=bool)
    if not before.any():
        return before
    cleaned = before
    if settings.erosion_mm > 0:
        cleaned = _distance_inside(cleaned, spacing_zyx_mm) > settings.erosion_mm
    if settings.largest_component and cleaned.any():
        components, _ = ndimage.label(cleaned, structure=CONNECTIVITY_26)
        cleaned = components == 1 + int(np.argmax(np.bincount(components.ravel())[1:]))
    if settings.dilation_mm > 0 and cleaned.any():
        grown = ndimage.distance_transform_edt(~cleaned, sampling=spacing_zyx_mm) <= settings.dilation_mm
        cleaned = grown & before if settings.erosion_mm > 0 else grown
    if settings.fill_holes:
        cleaned = np.stack([ndimage.binary_fill_holes(slice_yx) for slice_yx in cleaned])
    return cleaned


def _distance_inside(mask: NDArray[np.bool_], spacing_zyx_mm: tuple[float, float, float]) -> NDArray[np.float64]:
    """Distance in mm of every voxel of the mask to the nearest one outside; beyond the image is not outside."""
    return ndimage.distance_transform_edt(mask, sampling=spacing_zyx_mm)
