"""The lesion masks of one scan: predicted, cut, put back on the native grid, matched and measured."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.segmentation import OutputSettings, SegmentationSettings
from livermets.imaging.geometry import Volume
from livermets.imaging.resample import resample_image
from livermets.masks.matching import match_lesions
from livermets.masks.metrics import mask_metrics
from livermets.segmentation.architectures.build import pick_device
from livermets.segmentation.chosen_network import ChosenNetwork
from livermets.segmentation.classes import LESION
from livermets.segmentation.postprocess import class_mask, drop_small_components, probability_threshold
from livermets.segmentation.preprocess import check_same_preprocessing
from livermets.segmentation.preprocessed import Preprocessed
from livermets.segmentation.views.build import view_of


@dataclass(frozen=True, eq=False)
class Segmented:
    """Automatic masks and metrics of one scan, on the native grid."""

    labels: NDArray[np.uint16]
    probability: NDArray[np.float32]
    matching: pd.DataFrame
    metrics: dict[str, Any]


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
    probability = view.probabilities(trained.network, scan.image.array, scan.liver.array, settings.output, device)
    seconds_network = time.perf_counter() - started
    which = known.told_apart.index(LESION)
    mask, native, threshold = native_mask(probability, which, scan, image, masks["liver"], settings.output)
    seconds = time.perf_counter() - started
    manual, spacing = masks.get("lesions"), image.grid.spacing_zyx_mm
    matched = match_lesions(mask, manual.array if manual else None, spacing, settings.matching.detection_dice)
    kinds = matched.table["kind"].value_counts()
    metrics: dict[str, Any] = {
        "network": trained.name,
        "seen_in_training": int(trained.seen),
        "threshold": threshold,
        "manual_lesions": int(kinds.get("manual", 0)) if manual else None,
        "detected_lesions": int(matched.table["detected"].sum()) if manual else None,
        "false_positives": int(kinds.get("false_positive", 0)) if manual else None,
        "volume_automatic_ml": float(mask.sum()) * image.grid.voxel_ml,
    }
    metrics |= _named("mts", manual, mask, spacing)
    reference, liver = masks.get("liver reference"), masks["liver"]
    metrics |= _named("liver", reference, liver.array if liver and reference else mask, spacing)
    slices = int(scan.liver.array.any(axis=(1, 2)).sum())
    metrics |= {"liver_slices": slices, "seconds_network": seconds_network, "seconds": seconds, "device": device.type}
    metrics["scan_in_training"] = int(trained.scan_seen)
    return Segmented(matched.labels, native, matched.table, metrics)


def native_mask(
    probability: NDArray[np.float32],
    which: int,
    scan: Preprocessed,
    image: Volume,
    liver: Volume | None,
    output: OutputSettings,
) -> tuple[NDArray[np.bool_], NDArray[np.float32], float]:
    """The mask and the probability of a class on the native grid, and the threshold that was used (none where more than
    two classes compete). ``probability`` has those of all classes beside the background.

    The probability is interpolated and then cut, which keeps borders smoother than interpolating a mask."""
    within = scan.liver.array if output.restrict_to_liver else None
    threshold = probability_threshold(probability[which:].sum(axis=0), within, output)
    native = np.stack([resample_image(scan.image.with_array(one), image.grid, 0.0).array for one in probability])
    if output.restrict_to_liver and liver is not None:
        native = native * (liver.array > 0)
    mask = class_mask(native, which, threshold, output)
    mask = drop_small_components(mask, image.grid.voxel_ml, output.minimum_volume_ml)
    compete = output.rule == "argmax" and len(probability) > 1
    return mask, native[which], float("nan") if compete else threshold


def _named(
    name: str, reference: Volume | None, found: NDArray, spacing_zyx_mm: tuple[float, float, float]
) -> dict[str, float | None]:
    """Whole-scan metrics with their structure's name in front; empty where there is no reference."""
    array = reference.array if reference else np.zeros(found.shape, dtype=bool)
    values = mask_metrics(array, found, spacing_zyx_mm)
    return {f"{name}_{metric}": value if reference else None for metric, value in values.items()}
