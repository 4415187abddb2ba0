"""All lesions of one scan: their windows classified once, their masks altered by the thousand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.perturbation import PerturbationSettings
from livermets.config.radiomics import RadiomicsSettings
from livermets.errors import input_error
from livermets.masks.diameter import longest_axial_diameter_mm
from livermets.masks.lesion_table import CLASS_GIVEN, NO_ROI
from livermets.model.fitted import FittedModel
from livermets.perturbation.altered import VANISHED
from livermets.perturbation.draws import COLUMNS, Purpose, Scored, lesion_table
from livermets.perturbation.neighbourhood import Lattice, Neighbourhood, Scan, neighbourhood
from livermets.perturbation.transported import Donors
from livermets.radiomics.lattice import labels_in
from livermets.radiomics.sliding import roi_features

_CALLED = (
    "predicted", "same_class", "fate", "share_reference", "predicted_reference", "lesion_id", "longest_diameter_mm",
)  # fmt: skip


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
    donors: Callable[[float], Donors] = lambda diameter_mm: {},
) -> pd.DataFrame:
    """One row per lesion and altered mask: what `lesion_table` says of it, and ``lesion_id, longest_diameter_mm`` (of
    the reference), ``predicted`` (1 = R+, 0 = R-, empty without a class), ``same_class`` as the reference mask (1 or 0,
    0 also without a class; empty where the reference mask has none), ``fate`` (a class, too few windows for one, no
    voxel left), ``share_reference``, ``predicted_reference``.

    ``donors`` gives the errors that a lesion of a longest diameter (mm) is given (`transported.nearest_donors`).

    ``radiomics`` are the settings that the model was fitted under. With ``binning: roi`` all windows are computed once
    and a mask is a choice of them; with ``binning: mask`` every altered mask has its windows computed anew, thousands
    of times slower. Raises `InputError` for a model of the latter kind that looks at filtered images."""
    lesions = {
        label: neighbourhood(scan.labels, label, scan.liver, scan.spacing_zyx_mm, settings.margin_mm, radiomics.step)
        for label in labels_in(scan.labels)
    }
    if radiomics.binning == "roi":
        lattice = scored_windows(scan, list(lesions.values()), model, radiomics, threads)
        scored: dict[int, Scored] = {label: lattice.within(near.box).sum_within for label, near in lesions.items()}
    else:
        scored = {label: _scored_anew(scan, near, model, radiomics) for label, near in lesions.items()}
    parts = []
    for label, near in lesions.items():
        diameter = longest_axial_diameter_mm(near.reference, scan.spacing_zyx_mm)
        of_lesion = donors(diameter)
        table = lesion_table(near, scored[label], settings, seed, (*purpose, label), threads, progress, of_lesion)
        called = _called(table, scored[label](near.reference), model, minimum_rois)
        parts.append(called.assign(lesion_id=label, longest_diameter_mm=diameter))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*COLUMNS, *_CALLED])


def scored_windows(
    scan: Scan, lesions: list[Neighbourhood], model: FittedModel, radiomics: RadiomicsSettings, threads: int = 1
) -> Lattice:
    """Every window that any altered mask can hold, with what the model makes of it: 1 for R+ and 0 for R-, or the
    probability of R+ where that is the model's score."""
    reached = np.zeros(scan.labels.shape, dtype=np.uint8)
    for near in lesions:
        reached[near.box] = 1
    table = roi_features(scan.image, reached, scan.spacing_zyx_mm, _only_of(model, radiomics), threads=threads)
    _, height, width = scan.labels.shape
    rows, columns = ((length - radiomics.size) // radiomics.step + 1 for length in (height, width))
    lattice = np.full((len(scan.labels), max(rows, 0), max(columns, 0)), np.nan)
    lattice[table["z"], table["y"] // radiomics.step, table["x"] // radiomics.step] = _scores(model, table)
    return Lattice(lattice, radiomics.size, radiomics.step)


def _scored_anew(scan: Scan, near: Neighbourhood, model: FittedModel, radiomics: RadiomicsSettings) -> Scored:
    """Windows whose features depend on the mask that they lie in."""
    if radiomics.image_types != ("original",):
        what = "binning mask and filtered images together cannot be computed for altered masks"
        raise input_error("radiomics", what, "Use binning roi, or image type original, or set perturbation.draws: 0")
    image, only = np.ascontiguousarray(scan.image[near.box]), _only_of(model, radiomics)

    def scored(mask: NDArray[np.bool_]) -> tuple[int, float]:
        table = roi_features(image, mask.view(np.uint8), scan.spacing_zyx_mm, only)
        return len(table), float(_scores(model, table).sum())

    return scored


def _only_of(model: FittedModel, radiomics: RadiomicsSettings) -> RadiomicsSettings:
    """Settings of the model's own features, of all that were computed to choose from."""
    wanted = tuple(dict.fromkeys("_".join(name.split("_")[-2:]) for name in model.features))
    classes = tuple(dict.fromkeys(name.partition("_")[0] for name in wanted))
    return radiomics.model_copy(update={"features": wanted, "classes": classes})


def _scores(model: FittedModel, rois: pd.DataFrame) -> NDArray[np.float64]:
    """What every ROI adds to its lesion's score."""
    probability = model.roi_probabilities(rois) if len(rois) else np.empty(0)
    return (probability >= 0.5).astype(np.float64) if model.score == "share" else probability


def _called(table: pd.DataFrame, reference: tuple[int, float], model: FittedModel, minimum_rois: int) -> pd.DataFrame:
    """The classes of altered masks beside that of the reference."""
    number, score = reference
    share = score / number if number else np.nan
    own = float(model.classify(np.array([share if number >= minimum_rois else np.nan]))[0])
    enough = table["n_roi"].to_numpy() >= max(minimum_rois, 1)
    predicted = np.where(enough, model.classify(table["share"].to_numpy()), np.nan)
    fate = np.where(enough, CLASS_GIVEN, np.where(table["volume_ratio"].to_numpy() > 0, NO_ROI, VANISHED))
    same = np.full(len(table), np.nan) if np.isnan(own) else (predicted == own).astype(np.float64)
    return table.assign(predicted=predicted, same_class=same, fate=fate, share_reference=share, predicted_reference=own)
