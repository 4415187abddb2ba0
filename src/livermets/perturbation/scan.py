"""All lesions of one scan: their windows classified once, their masks altered by the thousand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.perturbation import PerturbationSettings
from livermets.config.radiomics import RadiomicsSettings
from livermets.masks.diameter import longest_axial_diameter_mm
from livermets.model.fitted import FittedModel
from livermets.perturbation.draws import Purpose, lesion_table
from livermets.perturbation.engine.contained import sum_contained
from livermets.perturbation.neighbourhood import Lattice, Neighbourhood, neighbourhood
from livermets.radiomics.lattice import labels_in
from livermets.radiomics.sliding import roi_features

CLASSIFIED, NO_ROI, VANISHED = "classified", "no ROI", "vanished"
"""What becomes of an altered mask: a class, too few windows for one, no voxel left."""


@dataclass(frozen=True, eq=False)
class Scan:
    """A CT in the intensities that the model's features are taken from, the reference's lesions and the liver (None:
    unknown), all ``zyx`` on one grid."""

    image: NDArray
    labels: NDArray
    liver: NDArray | None
    spacing_zyx_mm: tuple[float, float, float]


def perturbed_scan(
    scan: Scan,
    model: FittedModel,
    radiomics: RadiomicsSettings,
    settings: PerturbationSettings,
    seed: int,
    purpose: Purpose,
    minimum_rois: int = 1,
    threads: int = 1,
    progress: Callable[[int], None] = lambda done: None,
) -> pd.DataFrame:
    """One row per lesion and altered mask: what `lesion_table` says of it, and ``lesion_id, longest_diameter_mm`` (of
    the reference), ``predicted`` (1 = R+, 0 = R-, empty without a class), ``same_class`` as the reference mask (1 or 0,
    0 also without a class; empty where the reference mask has none), ``fate``, ``share_reference``,
    ``predicted_reference``.

    ``radiomics`` are the settings that the model was fitted under, with ``binning: roi``: a window's features must not
    depend on the mask, since they are computed once."""
    lesions = {
        label: neighbourhood(scan.labels, label, scan.liver, scan.spacing_zyx_mm, settings.margin_mm, radiomics.step)
        for label in labels_in(scan.labels)
    }
    lattice = scored_windows(scan, list(lesions.values()), model, radiomics, threads)
    parts = []
    for label, near in lesions.items():
        own = lattice.within(near.box)
        table = lesion_table(near, own, settings, seed, (*purpose, label), threads, progress)
        reference = sum_contained(near.reference, own.score, own.size, own.step)
        called = _called(table, reference, model, minimum_rois)
        diameter = longest_axial_diameter_mm(near.reference, scan.spacing_zyx_mm)
        parts.append(called.assign(lesion_id=label, longest_diameter_mm=diameter))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def scored_windows(
    scan: Scan, lesions: list[Neighbourhood], model: FittedModel, radiomics: RadiomicsSettings, threads: int = 1
) -> Lattice:
    """Every window that any altered mask can hold, with what the model makes of it: 1 for R+ and 0 for R-, or the
    probability of R+ where that is the model's score."""
    reached = np.zeros(scan.labels.shape, dtype=np.uint8)
    for near in lesions:
        reached[near.box] = 1
    wanted = tuple(dict.fromkeys("_".join(name.split("_")[-2:]) for name in model.features))
    classes = tuple(dict.fromkeys(name.partition("_")[0] for name in wanted))
    only = radiomics.model_copy(update={"features": wanted, "classes": classes})
    table = roi_features(scan.image, reached, scan.spacing_zyx_mm, only, threads=threads)
    probability = model.roi_probabilities(table) if len(table) else np.empty(0)
    score = (probability >= 0.5).astype(np.float64) if model.score == "share" else probability
    _, height, width = scan.labels.shape
    rows, columns = ((length - radiomics.size) // radiomics.step + 1 for length in (height, width))
    lattice = np.full((len(scan.labels), max(rows, 0), max(columns, 0)), np.nan)
    lattice[table["z"], table["y"] // radiomics.step, table["x"] // radiomics.step] = score
    return Lattice(lattice, radiomics.size, radiomics.step)


def _called(table: pd.DataFrame, reference: tuple[int, float], model: FittedModel, minimum_rois: int) -> pd.DataFrame:
    """The classes of altered masks beside that of the reference."""
    number, score = reference
    share = score / number if number else np.nan
    own = float(model.classify(np.array([share if number >= minimum_rois else np.nan]))[0])
    enough = table["n_roi"].to_numpy() >= max(minimum_rois, 1)
    predicted = np.where(enough, model.classify(table["share"].to_numpy()), np.nan)
    fate = np.where(enough, CLASSIFIED, np.where(table["volume_ratio"].to_numpy() > 0, NO_ROI, VANISHED))
    same = np.full(len(table), np.nan) if np.isnan(own) else (predicted == own).astype(np.float64)
    return table.assign(predicted=predicted, same_class=same, fate=fate, share_reference=share, predicted_reference=own)
