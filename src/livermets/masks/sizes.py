"""Classes of lesions by size: the one place where cuts are chosen and the classes are named."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from livermets.config.statistics import SIZE_CUTS_MM, StatisticsSettings

SMALL_BELOW_MM = SIZE_CUTS_MM[0]
"""The cut of a comparison of classes, where `statistics.diameter_cuts_mm` has none."""
EVERY_SIZE = "all"
"""The group of all lesions, those without a diameter too."""


def size_labels(cuts_mm: Sequence[float]) -> tuple[str, ...]:
    """What the classes between increasing cuts of the longest diameter (mm) are called, the smallest first:
    ``< 10 mm``, ``10–20 mm`` (from 10 to below 20), ``≥ 20 mm``. Without a cut there are none."""
    if not cuts_mm:
        return ()
    between = (f"{low:g}–{high:g} mm" for low, high in pairwise(cuts_mm))
    return f"< {cuts_mm[0]:g} mm", *between, f"≥ {cuts_mm[-1]:g} mm"


def sizes(diameter_mm: pd.Series, cuts_mm: Sequence[float]) -> pd.Series:
    """The size of every lesion in words; missing without a diameter, and of all lesions without a cut. A diameter at a
    cut belongs to the class above it."""
    known = diameter_mm.notna() & bool(cuts_mm)
    labels = np.array([*size_labels(cuts_mm), None], dtype=object)
    place = np.searchsorted(np.asarray(cuts_mm, float), diameter_mm.to_numpy(float), side="right")
    return pd.Series(labels[place], diameter_mm.index, dtype=object).where(known)


def size_cut_mm(settings: StatisticsSettings) -> float | None:
    """The longest diameter (mm) from which a lesion is big where classes are compared: the last diameter cut, if there
    is one."""
    return settings.diameter_cuts_mm[-1] if settings.diameter_cuts_mm else None


def size_groups(lesions: pd.DataFrame, cuts_mm: Sequence[float]) -> list[tuple[str, pd.DataFrame]]:
    """All lesions, and those of every size, empty classes too; lesions without a diameter are only in "all"."""
    size = sizes(lesions["longest_diameter_mm"], cuts_mm)
    return [(EVERY_SIZE, lesions), *((label, lesions[size == label]) for label in size_labels(cuts_mm))]
