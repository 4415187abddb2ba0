"""The compiled engine's Python side: how levels are made, which windows go to which thread, where rows are written."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed

import numpy as np
from numpy.typing import NDArray

from livermets.config.radiomics import RadiomicsSettings
from livermets.radiomics.engine import kernel
from livermets.radiomics.engine.discretise import floor_quotient, lesion_levels, multiples_are_exact
from livermets.radiomics.engine.scratch import new_scratch
from livermets.radiomics.names import feature_names

_WINDOWS_PER_CALL = 2048


def window_features(
    image_zyx: NDArray[np.float64],
    inside_zyx: NDArray[np.bool_],
    origins_zyx: NDArray[np.int64],
    spacing_zyx_mm: tuple[float, float, float],
    settings: RadiomicsSettings,
    threads: int = 1,
    progress: Callable[[int], None] = lambda done: None,
) -> NDArray[np.float64]:
    """One row of 93 features per window (`names.COLUMNS`; NaN in classes not asked for).

    ``inside_zyx`` marks the lesion: its voxels set the grey levels when they are made per lesion. ``progress`` is told
    how many windows have just been finished. Rows do not depend on ``threads``."""
    table = np.full((len(origins_zyx), kernel.N_FEATURES), np.nan)
    if len(origins_zyx) == 0:
        return table
    image = np.ascontiguousarray(image_zyx, dtype=np.float64)
    origins = np.ascontiguousarray(origins_zyx, dtype=np.int64)
    rule, given = _levels(image, inside_zyx, settings)
    names = feature_names(settings)
    classes = [name in settings.classes for name in kernel.Wanted._fields[:6]]
    wanted = kernel.Wanted._make([*classes, "glcm_MCC" in names])
    voxel_mm3 = float(np.prod(spacing_zyx_mm[::-1]))

    def work(start: int) -> int:
        part = slice(start, start + _WINDOWS_PER_CALL)
        kernel.window_rows(
            image, given, origins[part], settings.size, rule, wanted, voxel_mm3, new_scratch(), table[part]
        )
        return len(origins[part])

    starts = range(0, len(origins), _WINDOWS_PER_CALL)
    if threads == 1:
        for start in starts:
            progress(work(start))
        return table
    with ThreadPoolExecutor(threads) as pool:
        for finished in as_completed([pool.submit(work, start) for start in starts]):
            progress(finished.result())
    return table


def _levels(
    image: NDArray[np.float64], inside: NDArray[np.bool_], settings: RadiomicsSettings
) -> tuple[kernel.Levels, NDArray[np.int64]]:
    """The rule by which windows get their levels, and the voxels' level numbers if they can be made beforehand."""
    width, count = settings.bin_width, settings.bin_count or 0
    none = np.zeros((1, 1, 1), dtype=np.int64)
    if settings.binning == "mask":
        levels = lesion_levels(image, inside, settings)
        present = np.unique(levels[inside])
        # PyRadiomics' voxel mode keeps the mask's other levels in a flat window's matrix, as eigenvalues 0.
        flat_mcc = 1.0 if present.size == 1 else 0.0
        return kernel.Levels(kernel.GIVEN_ABSOLUTE, width, count, flat_mcc, int(present[-1])), levels
    if settings.bin_count is not None:
        return kernel.Levels(kernel.OWN_COUNT, width, count, 1.0, 0), none
    if multiples_are_exact(image[inside], width):
        return kernel.Levels(kernel.GIVEN_RELATIVE, width, count, 1.0, 0), floor_quotient(image, width)
    return kernel.Levels(kernel.OWN_WIDTH, width, count, 1.0, 0), none


def warm() -> None:
    """Compiles everything, or loads it if that was done before."""
    image = np.arange(9, dtype=np.float64).reshape(1, 3, 3)
    origins = np.zeros((1, 3), dtype=np.int64)
    window_features(image, image >= 0, origins, (1.0, 1.0, 1.0), RadiomicsSettings(size=3))
