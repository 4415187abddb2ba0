"""Small and big lesions: the one place where the cut is chosen and the two groups are named."""

from __future__ import annotations

import numpy as np
import pandas as pd

from livermets.config.statistics import StatisticsSettings

SMALL_BELOW_MM = 20.0
"""The cut of Giannini 2020 and Defeudis 2022, where no other is configured."""


def size_labels(cut_mm: float) -> tuple[str, str]:
    """What small and big lesions are called, in this order."""
    return f"< {cut_mm:g} mm", f"≥ {cut_mm:g} mm"


def sizes(diameter_mm: pd.Series, cut_mm: float) -> pd.Series:
    """The size of every lesion in words; missing without a diameter."""
    small, big = size_labels(cut_mm)
    words = np.where(diameter_mm < cut_mm, small, big)
    return pd.Series(words, diameter_mm.index, dtype=object).where(diameter_mm.notna())


def size_cut_mm(settings: StatisticsSettings) -> float | None:
    """The longest diameter (mm) from which a lesion is big: the last diameter cut, if there is one."""
    return settings.diameter_cuts_mm[-1] if settings.diameter_cuts_mm else None


def size_groups(lesions: pd.DataFrame, cut_mm: float = SMALL_BELOW_MM) -> list[tuple[str, pd.DataFrame]]:
    """All lesions, the small and the big ones; lesions without a diameter are only in "all"."""
    size = sizes(lesions["longest_diameter_mm"], cut_mm)
    return [("all", lesions), *((label, lesions[size == label]) for label in size_labels(cut_mm))]
