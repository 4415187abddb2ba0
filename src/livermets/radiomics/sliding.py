"""The sliding-window feature table of an image and a label map."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.radiomics import RadiomicsSettings
from livermets.radiomics.checks import check_arrays, checked_labels
from livermets.radiomics.engine.discretise import check_level_count
from livermets.radiomics.filters import images_of, prefixes
from livermets.radiomics.lattice import windows_by_label
from livermets.radiomics.names import COLUMNS, feature_names


def roi_features(
    image_zyx: NDArray,
    labels_zyx: NDArray,
    spacing_zyx_mm: Sequence[float],
    settings: RadiomicsSettings,
    *,
    labels: Sequence[int] | None = None,
    threads: int = 1,
    progress: Callable[[int], None] = lambda done: None,
) -> pd.DataFrame:
    """The radiomics of every window (ROI) that lies fully inside a lesion, one row per window.

    A window is ``size`` x ``size`` pixels of one axial slice; windows start at multiples of ``step`` from the image's
    pixel (0, 0), in every slice. Columns: ``lesion_id`` (the label), ``z, y, x`` (indices of the window's first
    pixel), then float64 features named as PyRadiomics 3.0.1 names them (``original_glcm_Contrast``), in its order.
    Values are those of PyRadiomics on the cropped window to 1e-9 (relative), image voxels taken as float64.

    ``image_zyx`` (any real type) and ``labels_zyx`` (integers, 0 = background) have one 3D shape; ``spacing_zyx_mm``
    only scales TotalEnergy and the Laplacian of Gaussian. ``labels``: which lesions, default all. A lesion too small
    for any window gives no row. ``progress`` is called with the number of windows just finished.

    Raises `InputError` for arrays that are not 3D or not of one shape, voxels that are not finite, a label that is not
    there, a bin width that gives more than `discretise.MOST_LEVELS` grey levels, a filter too wide for the image.

    Sources: van Griethuysen et al., Cancer Research 77, e104 (2017); IBSI, Zwanenburg et al., Radiology 295, 328
    (2020); windows as in Giannini et al. 2020."""
    check_arrays(image_zyx, labels_zyx, spacing_zyx_mm)
    lesions = checked_labels(labels_zyx, labels)
    windows = windows_by_label(labels_zyx, lesions, settings.size, settings.step)
    ids = _id_table(windows)
    spacing = (float(spacing_zyx_mm[0]), float(spacing_zyx_mm[1]), float(spacing_zyx_mm[2]))
    parts = [ids]
    if ids.empty:
        empty = np.empty((0, len(feature_names(settings))))
        parts += [_named(empty, prefix, settings) for prefix in prefixes(settings)]
    else:
        for prefix, image in images_of(image_zyx, spacing, settings):
            rows = [
                _lesion_rows(image, labels_zyx, label, origins, spacing, settings, threads, progress, prefix)
                for label, origins in windows.items()
                if len(origins)
            ]
            parts.append(_named(rows[0] if len(rows) == 1 else np.concatenate(rows), prefix, settings))
    return pd.concat(parts, axis=1, copy=False)


def count_windows(labels_zyx: NDArray, settings: RadiomicsSettings, labels: Sequence[int] | None = None) -> int:
    """How many rows `roi_features` computes, over all image types (for progress)."""
    lesions = checked_labels(labels_zyx, labels)
    windows = windows_by_label(labels_zyx, lesions, settings.size, settings.step)
    return len(prefixes(settings)) * sum(map(len, windows.values()))


def _lesion_rows(
    image: NDArray,
    labels_zyx: NDArray,
    label: int,
    origins: NDArray[np.int64],
    spacing: tuple[float, float, float],
    settings: RadiomicsSettings,
    threads: int,
    progress: Callable[[int], None],
    prefix: str,
) -> NDArray[np.float64]:
    """The features of one lesion's windows, computed on its bounding box."""
    inside = labels_zyx == label
    marked = np.argwhere(inside)
    low, high = marked.min(axis=0), marked.max(axis=0) + 1
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    crop, inside = image[box].astype(np.float64), inside[box]
    check_level_count(crop[inside], settings, f"{prefix}, lesion {label}")
    if settings.engine == "fast":
        from livermets.radiomics.engine import fast

        table = fast.window_features(crop, inside, origins - low, spacing, settings, threads, progress)
    else:
        from livermets.radiomics import reference

        table = reference.window_features(crop, inside, origins - low, spacing, settings, progress)
    chosen = [COLUMNS.index(name) for name in feature_names(settings)]
    return table if len(chosen) == len(COLUMNS) else table[:, chosen]


def _id_table(windows: dict[int, NDArray[np.int64]]) -> pd.DataFrame:
    origins = np.concatenate([*windows.values(), np.empty((0, 3), dtype=np.int64)])
    lesion = np.repeat(np.fromiter(windows, dtype=np.int64), [len(found) for found in windows.values()])
    return pd.DataFrame({"lesion_id": lesion, "z": origins[:, 0], "y": origins[:, 1], "x": origins[:, 2]})


def _named(table: NDArray, prefix: str, settings: RadiomicsSettings) -> pd.DataFrame:
    return pd.DataFrame(table, columns=[f"{prefix}_{name}" for name in feature_names(settings)], copy=False)
