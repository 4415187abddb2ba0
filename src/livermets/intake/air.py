"""Where air begins in a CT: one place for the limits of every check that asks."""

from __future__ import annotations

NO_AIR_HU = -500
"""A CT has air around or inside the body; a minimum above this means that the values were changed."""
LESION_AIR_HU = -200.0
"""A lesion whose mean is below lies in air or lung."""
LIVER_AIR_HU = -300.0
"""Voxels of a liver mask below are air or lung."""


def air_below(limit_hu: float, lowest_hu: float) -> float:
    """The HU below which there is air: ``limit_hu``, or just above the lowest value of a CT that was cut off higher."""
    return max(limit_hu, lowest_hu + 1.0)
