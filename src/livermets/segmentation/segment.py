"""The lesion masks of one scan: predicted, cut, put back on the native grid, matched and measured."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livermets.config.segmentation import OutputSettings, SegmentationSettings
from livermets.imaging.geometry import Volume
from livermets.imaging.resample import resample_image
from livermets.segmentation.architectures.build import pick_device
from livermets.segmentation.chosen_network import ChosenNetwork
from livermets.segmentation.classes import LESION, LIVER
from livermets.segmentation.matched import MatchedMasks, matched_masks, structure_metrics
from livermets.segmentation.postprocess import class_mask, drop_small_components, probability_threshold
from livermets.segmentation.preprocess import check_same_preprocessing
from livermets.segmentation.preprocessed import Preprocessed
from livermets.segmentation.views.build import view_of


@dataclass(frozen=True, eq=False)
class Segmented(MatchedMasks):
    """A network's masks of one scan, matched and measured, and the probability that they were cut from."""

    probability: NDArray[np.float32]


def segment_scan(
    trained: ChosenNetwork,
    scan: Preprocessed,
    image: Volume,
    masks: dict[str, Volume | None],
    settings: SegmentationSettings,
    where: object,
) -> Segmented:
    """Segments the lesions of a scan. ``masks``: ``liver`` (the one used), and, where known, the manual ``lesions`` and
    the manual ``liver reference``, all on the native grid."""
    check_same_preprocessing(scan.normalisation, trained.description.told_apart, trained.description.preprocess, where)
    started = time.perf_counter()
    device, known = pick_device(), trained.description
    view = view_of(known.sampling, known.network, known.told_apart)
    view.check_image(scan.image.array.shape, where)
    probability = view.probabilities(trained.network, scan.image.array, scan.liver.array, settings.output, device)
    seconds_network = time.perf_counter() - started
    which = known.told_apart.index(LESION)
    within = scan.liver.array if settings.output.restrict_to_liver else None
    threshold = probability_threshold(probability[which:].sum(axis=0), within, settings.output)
    native = on_native_grid(probability, scan, image)
    lesions = within_liver(native, masks["liver"], settings.output)
    mask = native_mask(lesions, which, threshold, image, settings.output)
    seconds = time.perf_counter() - started
    spacing = image.grid.spacing_zyx_mm
    matched = matched_masks(mask, masks.get("lesions"), image, settings.matching.detection_dice)
    metrics: dict[str, Any] = {
        "network": trained.name,
        "seen_in_training": int(trained.seen),
        "threshold": float("nan") if settings.output.rule == "argmax" and len(native) > 1 else threshold,
        **matched.metrics,
    }
    reference, liver = masks.get("liver reference"), masks["liver"]
    found_liver = mask if liver is None else liver.array
    if LIVER in known.told_apart.found:
        found_liver = class_mask(native, known.told_apart.index(LIVER), threshold, settings.output)
    metrics |= structure_metrics("liver", reference, found_liver, spacing)
    slices = int(scan.liver.array.any(axis=(1, 2)).sum())
    metrics |= {"liver_slices": slices, "seconds_network": seconds_network, "seconds": seconds, "device": device.type}
    metrics |= {"scan_in_training": int(trained.scan_seen), "fold": known.fold}
    return Segmented(matched.labels, matched.matching, metrics, lesions[which])


def on_native_grid(probability: NDArray[np.float32], scan: Preprocessed, image: Volume) -> NDArray[np.float32]:
    """The probabilities of all classes beside the background, interpolated onto the CT's grid: cutting them there keeps
    borders smoother than interpolating a mask."""
    return np.stack([resample_image(scan.image.with_array(one), image.grid, 0.0).array for one in probability])


def within_liver(native: NDArray[np.float32], liver: Volume | None, output: OutputSettings) -> NDArray[np.float32]:
    """Probabilities that are 0 outside the liver in use, where the settings restrict lesions to it."""
    return native * (liver.array > 0) if output.restrict_to_liver and liver is not None else native


def native_mask(
    native: NDArray[np.float32],
    which: int,
    threshold: float,
    image: Volume,
    output: OutputSettings,
) -> NDArray[np.bool_]:
    """The mask of a class on the CT's grid. ``native`` has the probabilities of all classes beside the background; a
    threshold counts where these do not compete."""
    mask = class_mask(native, which, threshold, output)
    return drop_small_components(mask, image.grid.voxel_ml, output.minimum_volume_ml)
