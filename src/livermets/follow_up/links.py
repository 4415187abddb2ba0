"""Which lesion of a later scan is which of an earlier one, by where they lie once the livers are laid over each other.

One to one: of all ways to pair them, the one with the least sum of costs (Kuhn-Munkres). The cost of a pair is the
distance of the centroids, mm, times the share of the smaller lesion that the two do not have in common, at most the
gate; leaving a pair apart costs (a trace more than) the gate. So lesions that lie in one another are linked whatever
their size has become, and size itself decides nothing. Registration, then linear assignment, as Santoro-Fernandes 2021
(Phys Med Biol 66, 15) do for metastases of the whole body; the gate, the cost and what counts as merged or split are
our choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects
from scipy.optimize import linear_sum_assignment

from livermets.config.follow_up import FollowUpSettings
from livermets.follow_up.registration import Affine
from livermets.imaging.geometry import Grid, Volume

_APART = 1.001
"""So that a pair at the gate itself is linked, in whatever order the lesions stand."""


@dataclass(frozen=True, eq=False)
class Place:
    """Where a lesion lies: the centres of its voxels (xyz, mm), and what a voxel holds."""

    points_xyz_mm: NDArray[np.float64]
    voxel_ml: float

    @property
    def centroid_xyz_mm(self) -> NDArray[np.float64]:
        return np.asarray(self.points_xyz_mm.mean(axis=0))

    @property
    def volume_ml(self) -> float:
        return len(self.points_xyz_mm) * self.voxel_ml

    def carried(self, affine: Affine) -> Place:
        """The same in a later scan."""
        return Place(affine(self.points_xyz_mm), self.voxel_ml * affine.growth)


def places(labels: Volume) -> dict[int, Place]:
    """The place of every lesion of a label map, by its id."""
    found = {}
    for lesion_id, box in enumerate(find_objects(labels.array), start=1):
        if box is not None:
            index = np.argwhere(labels.array[box] == lesion_id) + [side.start for side in box]
            found[lesion_id] = Place(labels.grid.points_xyz_mm(index), labels.grid.voxel_ml)
    return found


@dataclass(frozen=True)
class Link:
    """An earlier lesion and a later one."""

    distance_mm: float
    """Between the centroids, after registration."""
    overlap: float
    """Share of the smaller one that lies in the other, after registration."""


@dataclass(frozen=True, eq=False)
class Links:
    """What the position of lesions says of two timepoints."""

    linked: Mapping[int, tuple[int, Link]]
    """By track: the later lesion that continues it."""
    merged: Mapping[int, int]
    """By track that nothing continues: the later lesion, linked to another track, that it has become part of."""
    split: Mapping[int, int]
    """By later lesion that continues nothing: the track, linked to another lesion, that it is a part of."""


def link_lesions(earlier: Mapping[int, Place], labels: Volume, settings: FollowUpSettings) -> Links:
    """Links the places of earlier lesions by track, carried over already, with the lesions of a later label map."""
    later = places(labels)
    tracks, lesions = list(earlier), list(later)
    distance, overlap = measured(earlier, later, labels)
    near = (distance <= settings.gate_mm) | (overlap >= settings.overlap_share)
    cost = np.where(near, np.minimum(distance * (1 - overlap), settings.gate_mm), settings.gate_mm * _APART)
    rows, columns = linear_sum_assignment(cost)
    pairs = [(i, j) for i, j in zip(rows, columns, strict=True) if near[i, j]]
    linked = {tracks[i]: (lesions[j], Link(float(distance[i, j]), float(overlap[i, j]))) for i, j in pairs}
    common = overlap >= settings.overlap_share
    merged = {tracks[i]: lesions[j] for i, j in _parts(overlap, common, {i for i, _ in pairs}, {j for _, j in pairs})}
    split = _parts(overlap.T, common.T, {j for _, j in pairs}, {i for i, _ in pairs})
    return Links(linked, merged, {lesions[j]: tracks[i] for j, i in split})


def measured(
    earlier: Mapping[int, Place], later: Mapping[int, Place], labels: Volume
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distance of centroids (mm) and share of the smaller lesion in the other, of every earlier (rows) and later lesion
    (columns)."""
    shape = (len(earlier), len(later))
    distance, overlap = np.zeros(shape), np.zeros(shape)
    for i, place in enumerate(earlier.values()):
        inside = labels_at(place.points_xyz_mm, labels)
        for j, (lesion_id, other) in enumerate(later.items()):
            distance[i, j] = np.linalg.norm(place.centroid_xyz_mm - other.centroid_xyz_mm)
            common_ml = float(np.count_nonzero(inside == lesion_id)) * place.voxel_ml
            overlap[i, j] = min(common_ml / min(place.volume_ml, other.volume_ml), 1.0)
    return distance, overlap


def _parts(
    overlap: NDArray[np.float64], common: NDArray[np.bool_], taken_rows: set[int], taken_columns: set[int]
) -> list[tuple[int, int]]:
    """Of every row that is not taken, the taken column that it has most in common with, where it has enough."""
    columns = sorted(taken_columns)
    found = []
    for row in sorted(set(range(len(overlap))) - taken_rows):
        best = max(columns, key=lambda column: overlap[row, column], default=None)
        if best is not None and common[row, best]:
            found.append((row, best))
    return found


def labels_at(points_xyz_mm: NDArray[np.float64], labels: Volume) -> NDArray:
    """The label of the voxel that each point lies in; 0 outside."""
    index = np.rint(labels.grid.index_zyx(points_xyz_mm)).astype(int)
    shown = np.all((index >= 0) & (index < labels.array.shape), axis=1)
    inside = np.where(shown[:, None], index, 0)
    return np.where(shown, labels.array[tuple(inside.T)], 0)


def is_shown(point_xyz_mm: NDArray[np.float64], grid: Grid) -> bool:
    """Whether a scan reaches to a point."""
    index = grid.index_zyx(point_xyz_mm[None])[0]
    return bool(np.all((index >= -0.5) & (index <= np.array(grid.shape_zyx) - 0.5)))
