"""The errors of real sources, carried from the lesions on which they were made to others.

An error is how far the border must move, outwards or inwards, for the reference's mask to hold as many voxels as the
source's, in each of `DIRECTIONS` directions in which the border can lie from the lesion's centre. A place of the border
is known by its direction: lesions are roundish, and what a network does at the upper end of a lesion it does at upper
ends, so nothing is turned. Lengths are in parts of the lesion's equivalent radius, so that a lesion keeps the Dice of
the error (a small lesion gets a small error); donors are of about the same diameter, so that this changes little. What
lies apart from the lesion, holes, and folds of a border that lie behind each other are levelled. Of 60 simulated
lesions, each with the errors of ten others, Dice had a mean of 0.77 and a standard deviation of 0.10, where the errors
themselves had 0.75 and 0.11; given its own error, a lesion had its own mask back with a Dice of 0.96 (median)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from livermets.masks.identity import PATIENT_KEY
from livermets.masks.pairs import SOURCE
from livermets.perturbation.engine.flips import Dials, Mask
from livermets.perturbation.neighbourhood import Neighbourhood
from livermets.perturbation.shapes import displaced

TRANSPORTED = "transported"
"""The kind of these masks; the column ``mask_source`` says whose error it is."""
DIRECTIONS = 200
"""About 14 degrees apart."""
MINIMUM_DONORS = 5
"""Fewer lesions say too little of how a source errs."""
DISPLACEMENT = "displacement"
_LEAST_MM = 1e-3
"""A border that moves at all does so by this at least."""
_GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))

Donors = Mapping[str, NDArray[np.float64]]
"""By source: the errors of several lesions, (donors, `DIRECTIONS`)."""


@lru_cache(maxsize=1)
def directions_zyx() -> NDArray[np.float64]:
    """(`DIRECTIONS`, 3) unit vectors, spread evenly: a spherical Fibonacci lattice (Gonzalez, Mathematical Geosciences
    42, 49, 2010)."""
    number = np.arange(DIRECTIONS)
    height = 1 - (2 * number + 1) / DIRECTIONS
    across = np.sqrt(1 - height**2)
    return np.stack([height, across * np.sin(number * _GOLDEN_ANGLE), across * np.cos(number * _GOLDEN_ANGLE)], axis=1)


def equivalent_radius_mm(near: Neighbourhood) -> float:
    """The radius of the ball of the lesion's volume."""
    volume_mm3 = near.volume * float(np.prod(near.spacing_zyx_mm))
    return float((3 * volume_mm3 / (4 * np.pi)) ** (1 / 3))


@lru_cache(maxsize=4)
def facing(near: Neighbourhood) -> NDArray[np.intp]:
    """The direction in which every voxel of the surface lies from the lesion's centre of mass."""
    centre = np.argwhere(near.reference).mean(axis=0)
    away = (near.surface_zyx - centre) * near.spacing_zyx_mm
    return np.asarray(np.argmax(away @ directions_zyx().T, axis=1))


def border_error(near: Neighbourhood, mask: Mask) -> NDArray[np.float64]:
    """How far a source moves the border in each direction (outwards: positive), in equivalent radii. A direction in
    which the lesion has no voxel of the border has the error of the nearest one that has."""
    place = facing(near)[near.nearest_on_surface]
    gained, lost = (
        np.bincount(place[part], minlength=DIRECTIONS) for part in (mask & ~near.reference, near.reference & ~mask)
    )
    net = gained - lost
    longer, error = _longer_mm(near), np.zeros(DIRECTIONS)
    for side, sign, all_of_it in ((~near.reference, 1, mask), (near.reference, -1, ~mask)):
        where, height = place[side], near.to_border_mm[side]
        order = np.lexsort((height, where))
        ends = np.cumsum(np.bincount(where, minlength=DIRECTIONS))[:-1]
        at_least = _way_mm(near, all_of_it)
        for direction, own in enumerate(np.split(height[order], ends)):
            wanted = int(net[direction]) * sign
            if wanted > 0:
                moved = _threshold_mm(own, wanted) - longer[direction]
                moved = max(moved, at_least[direction]) if wanted == len(own) else moved
                error[direction] = sign * max(moved, _LEAST_MM)
    has = np.bincount(facing(near), minlength=DIRECTIONS) > 0
    nearest = np.argmax(directions_zyx() @ directions_zyx()[has].T, axis=1)
    return np.asarray(error[has][nearest] / equivalent_radius_mm(near))


def _way_mm(near: Neighbourhood, mask: Mask) -> NDArray[np.float64]:
    """The mean way from the border to the nearest voxel that is not of a mask, by direction. Where a mask has all
    voxels that lie nearest to a direction's part of the border, their number does not say how far it reaches."""
    way = ndimage.distance_transform_edt(np.pad(mask, 1, mode="edge"), near.spacing_zyx_mm)[1:-1, 1:-1, 1:-1]
    count = np.bincount(facing(near), minlength=DIRECTIONS)
    total = np.bincount(facing(near), way[tuple(near.surface_zyx.T)], DIRECTIONS)
    return np.asarray(total / np.maximum(count, 1))


def transported(near: Neighbourhood, error: NDArray[np.float64]) -> Dials:
    """The dial at which every voxel changes; at 1 the lesion has the whole error of another."""
    moves_mm = error * equivalent_radius_mm(near)
    return displaced(near, (moves_mm + np.sign(moves_mm) * _longer_mm(near))[facing(near)])


def nearest_donors(errors: pd.DataFrame, patient: tuple[str, str], diameter_mm: float, number: int) -> Donors:
    """The errors of the ``number`` lesions of every source that are nearest to a longest diameter (in its logarithm),
    the nearest first: never a lesion of the ``patient`` (cohort, patient_id). A source with fewer than
    `MINIMUM_DONORS` of them is left out. ``errors``: a table of `lesion_errors` of a study's scans."""
    own = np.logical_and.reduce([errors[name].astype(str) == of for name, of in zip(PATIENT_KEY, patient, strict=True)])
    usable = errors[~own & errors[DISPLACEMENT].notna() & errors["longest_diameter_mm"].gt(0)]
    if not diameter_mm > 0:
        return {}
    apart = np.abs(np.log(usable["longest_diameter_mm"].astype(float) / diameter_mm))
    usable = usable.assign(apart=apart).sort_values("apart", kind="stable")
    found = {str(source): rows[DISPLACEMENT] for source, rows in usable.groupby(SOURCE, sort=True, dropna=False)}
    return {
        source: np.stack(rows.iloc[:number].to_list())
        for source, rows in found.items()
        if len(rows) >= MINIMUM_DONORS and number
    }


def _longer_mm(near: Neighbourhood) -> NDArray[np.float64]:
    """By how much distances between centres of voxels are longer than the way of the border, by direction and in every
    lesion by its own grid: from none (on a curved border) to half a voxel (on a flat one along the grid), so a
    quarter. Between balls on grids of 0.8 to 2 mm no bias is left that way."""
    return np.asarray(0.25 / np.linalg.norm(directions_zyx() / near.spacing_zyx_mm, axis=1))


def _threshold_mm(heights: NDArray, wanted: int) -> float:
    """The height below which there are as nearly as can be ``wanted`` of some sorted heights, between two of them."""
    levels, counts = np.unique(heights, return_counts=True)
    below = np.append(0, counts.cumsum())
    chosen = int(np.argmin(np.abs(below - wanted)))
    edges = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [levels[-1] * 1.01]])
    return float(edges[chosen])
