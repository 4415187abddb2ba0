"""What the features of a lesion are over altered masks of it: the mean over the windows that each mask holds."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.perturbation import PerturbationSettings
from livermets.config.radiomics import RadiomicsSettings
from livermets.config.selection import StableFeaturesSettings
from livermets.errors import input_error
from livermets.features import feature_columns
from livermets.masks.metrics import overlap_metrics
from livermets.perturbation.draws import Alteration, Purpose, alterations, shapes_of
from livermets.perturbation.neighbourhood import Neighbourhood, Scan, neighbourhood
from livermets.radiomics.filters import prefixes
from livermets.radiomics.lattice import contained_windows, labels_in
from livermets.radiomics.names import feature_names
from livermets.radiomics.sliding import roi_features

FIRST = ("lesion_id", "kind", "draw", "dice", "n_roi")


@dataclass(frozen=True, eq=False)
class _Lesion:
    label: int
    near: Neighbourhood
    masks: list[Alteration]


def altered_features(
    scan: Scan,
    radiomics: RadiomicsSettings,
    settings: StableFeaturesSettings,
    seed: int,
    purpose: Purpose,
    threads: int = 1,
) -> pd.DataFrame:
    """One row per lesion and altered mask: ``lesion_id, kind, draw, dice, n_roi``, then the mean of every feature over
    the windows that the mask holds (empty without one). Rows do not depend on ``threads``.

    With ``binning: roi`` a window's features do not depend on the mask, so that those of all masks together are
    computed once; with ``binning: mask`` every mask has its windows computed anew. Raises `InputError` for the latter
    and filtered images together."""
    if radiomics.binning == "mask" and radiomics.image_types != ("original",):
        what = "binning mask and filtered images together cannot be computed for altered masks"
        fix = "Use binning roi, or image type original, or leave selection.stable_features.icc empty"
        raise input_error("radiomics", what, fix)
    chosen = as_perturbation(settings)
    labels = labels_in(scan.labels)
    columns = _columns(radiomics)
    with ThreadPoolExecutor(threads) as pool:
        lesions = list(pool.map(lambda label: _altered(scan, label, radiomics, chosen, seed, purpose), labels))
    if radiomics.binning == "roi":
        windows = _Windows.of(scan, lesions, radiomics, threads)
        found = [_rows(lesion, windows.means_of(lesion)) for lesion in lesions]
    else:
        found = [_rows(lesion, _means_anew(scan, lesion, radiomics, threads)) for lesion in lesions]
    return pd.DataFrame([row for rows in found for row in rows], columns=columns)


def _columns(radiomics: RadiomicsSettings) -> list[str]:
    """Of the table, those of features as `roi_features` names them."""
    named = feature_names(radiomics)
    return [*FIRST, *(f"{prefix}_{name}" for prefix in prefixes(radiomics) for name in named)]


def as_perturbation(settings: StableFeaturesSettings) -> PerturbationSettings:
    """The settings of the engine: every mask of a lesion has a shape of its own."""
    return PerturbationSettings(draws=settings.draws, kinds=settings.kinds, dice=settings.dice, masks_per_shape=1)


def _altered(
    scan: Scan,
    label: int,
    radiomics: RadiomicsSettings,
    settings: PerturbationSettings,
    seed: int,
    purpose: Purpose,
) -> _Lesion:
    near = neighbourhood(scan.labels, label, scan.liver, scan.spacing_zyx_mm, settings.margin_mm, radiomics.step)
    tasks = [(kind, shape) for kind in settings.kinds for shape in range(shapes_of(settings))]
    found = [one for task in tasks for one in alterations(near, settings, seed, (*purpose, label), *task)]
    return _Lesion(label, near, found)


@dataclass(frozen=True, eq=False)
class _Windows:
    """The features of windows, and where on the lattice each begins."""

    values: NDArray[np.float64]
    row_at: NDArray[np.int64]
    """Row of ``values`` by z, lattice row and lattice column; -1: not computed."""
    size: int
    step: int

    @classmethod
    def of(cls, scan: Scan, lesions: list[_Lesion], radiomics: RadiomicsSettings, threads: int) -> _Windows:
        """Those that any of the masks holds."""
        held = np.zeros(scan.labels.shape, dtype=np.uint8)
        for lesion in lesions:
            for one in lesion.masks:
                held[lesion.near.box][one.mask] = 1
        table = roi_features(scan.image, held, scan.spacing_zyx_mm, radiomics, threads=threads)
        step = radiomics.step
        row_at = np.full((len(held), *(length // step + 1 for length in held.shape[1:])), -1, dtype=np.int64)
        row_at[table["z"], table["y"] // step, table["x"] // step] = np.arange(len(table))
        return cls(table[feature_columns(table)].to_numpy(np.float64), row_at, radiomics.size, step)

    def means_of(self, lesion: _Lesion) -> Iterator[tuple[int, NDArray[np.float64]]]:
        """For every mask, how many windows it holds and their mean features."""
        corner = np.array([part.start for part in lesion.near.box])
        for one in lesion.masks:
            z, y, x = (contained_windows(one.mask, True, self.size, self.step) + corner).T
            yield _mean(self.values[self.row_at[z, y // self.step, x // self.step]])


def _means_anew(
    scan: Scan, lesion: _Lesion, radiomics: RadiomicsSettings, threads: int
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    image = np.ascontiguousarray(scan.image[lesion.near.box])
    for one in lesion.masks:
        table = roi_features(image, one.mask.view(np.uint8), scan.spacing_zyx_mm, radiomics, threads=threads)
        yield _mean(table[feature_columns(table)].to_numpy(np.float64))


def _rows(lesion: _Lesion, means: Iterator[tuple[int, NDArray[np.float64]]]) -> list[tuple[object, ...]]:
    dice = (overlap_metrics(lesion.near.reference, one.mask)["dice"] for one in lesion.masks)
    return [
        (lesion.label, one.kind, one.draw, near, number, *mean)
        for one, near, (number, mean) in zip(lesion.masks, dice, means, strict=True)
    ]


def _mean(windows: NDArray[np.float64]) -> tuple[int, NDArray[np.float64]]:
    return len(windows), windows.mean(axis=0) if len(windows) else np.full(windows.shape[1], np.nan)
