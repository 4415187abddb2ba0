"""Closed polygons of one plane as the region that they enclose; all lengths in pixels.

Within ONE polygon the even-odd rule decides: a keyhole (DICOM PS3.3 C.8.8.6.3: one contour whose channel leads in and
out) keeps its hole whichever way its inner part is drawn, and both lobes of a figure of eight are inside. Non-zero
winding would fill the hole of a keyhole whose parts turn the same way. A polygon that goes round more than once is
taken once.

SEVERAL polygons are told apart by where they lie: the same outline is one polygon, a polygon wholly inside another is
a hole in it, one inside a hole is solid again, and all others are united. Polygons that the standard combines by
exclusive disjunction (`exclusive`) are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from matplotlib.path import Path
from numpy.typing import NDArray
from scipy.spatial import cKDTree

_SAME_OUTLINE_PX = 0.5
"""Outlines that are nowhere farther apart are one outline drawn twice: a rim of half a pixel cannot be meant."""
_ON_OUTLINE_PX = 0.1
"""What reaches out no farther than this still lies inside: coordinates are rounded when they are written."""
_SAMPLING_PX = 0.1
_REPEATED_POINT_PX = 1e-3


class Polygon:
    """One closed polygon (points ``xy`` in pixels) by the even-odd rule, on a picture of ``shape_yx`` pixels."""

    def __init__(self, points_xy: NDArray[np.float64], shape_yx: tuple[int, int]):
        self.points = _once_round(points_xy)
        self.shape_yx = shape_yx
        self.low, self.high = self.points.min(axis=0), self.points.max(axis=0)

    @cached_property
    def path(self) -> Path:
        return Path(self.points)

    @cached_property
    def outline(self) -> NDArray[np.float64]:
        """Points along the outline, none farther from the next than a tenth of a pixel."""
        ends = np.roll(self.points, -1, axis=0)
        parts = np.maximum(np.ceil(np.linalg.norm(ends - self.points, axis=1) / _SAMPLING_PX).astype(int), 1)
        start = np.repeat(self.points, parts, axis=0)
        share = np.concatenate([np.arange(n) / n for n in parts])
        return start + share[:, np.newaxis] * np.repeat(ends - self.points, parts, axis=0)

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.outline)

    def distances(self, points_xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """From points to the nearest place on the outline."""
        return np.asarray(self._tree.query(points_xy)[0])

    def same_as(self, other: Polygon) -> bool:
        """Whether both are one outline, whatever their first points, directions and numbers of points."""
        boxes = np.abs(np.concatenate([self.low - other.low, self.high - other.high]))
        return bool(
            boxes.max() <= _SAME_OUTLINE_PX
            and self.distances(other.outline).max() <= _SAME_OUTLINE_PX
            and other.distances(self.outline).max() <= _SAME_OUTLINE_PX
        )

    def inside(self, other: Polygon) -> bool:
        """Whether no part of this polygon lies outside the other one."""
        if np.any(self.low < other.low - _ON_OUTLINE_PX) or np.any(self.high > other.high + _ON_OUTLINE_PX):
            return False
        outside = self.outline[~other.path.contains_points(self.outline)]
        return len(outside) == 0 or bool(other.distances(outside).max() <= _ON_OUTLINE_PX)

    @property
    def pixels(self) -> NDArray[np.bool_]:
        """The pixels whose centres lie inside."""
        mask = np.zeros(self.shape_yx, bool)
        box, inside = self._window
        mask[box] = inside
        return mask

    @cached_property
    def _window(self) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
        """The part of the picture that it reaches, and the pixels inside it there."""
        low = np.maximum(np.floor(self.low).astype(int), 0)
        high = np.maximum(np.minimum(np.ceil(self.high).astype(int) + 1, self.shape_yx[::-1]), low)
        x, y = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
        inside = self.path.contains_points(np.column_stack([x.ravel(), y.ravel()])).reshape(x.shape)
        return (slice(low[1], high[1]), slice(low[0], high[0])), inside

    @property
    def holds_none(self) -> bool:
        """Whether no pixel's centre lies inside."""
        return not self._window[1].any()

    @property
    def outside(self) -> bool:
        """Whether it lies beside the picture."""
        return bool(np.any(np.ceil(self.high) < 0) or np.any(np.floor(self.low) >= self.shape_yx[::-1]))

    @property
    def cut(self) -> bool:
        """Whether it reaches beyond the borders of the outermost pixels."""
        return bool(np.any(self.low < -0.5) or np.any(self.high > np.array(self.shape_yx[::-1]) - 0.5))


@dataclass(frozen=True, eq=False)
class Piece:
    """A solid part of a plane without its holes: its pixels, and which of the plane's polygons drew it."""

    pixels: NDArray[np.bool_]
    drawn_by: frozenset[int]


def pieces(polygons: Sequence[Polygon]) -> list[Piece]:
    """The solid parts of a plane."""
    groups = outlines(polygons)
    drawn = [united([polygons[i].pixels for i in group]) for group in groups]
    around = _containers([polygons[group[0]] for group in groups])
    depth = _depths(around)
    found = []
    for solid in (k for k in range(len(groups)) if depth[k] % 2 == 0):
        holes = [k for k in range(len(groups)) if solid in around[k] and (depth[k] - depth[solid]) % 2 == 1]
        pixels = drawn[solid] & ~united([drawn[k] for k in holes]) if holes else drawn[solid]
        found.append(Piece(pixels, frozenset(i for k in (solid, *holes) for i in groups[k])))
    return found


def united(masks: Sequence[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """What any of the masks holds."""
    return np.asarray(np.logical_or.reduce(masks))


def exclusive(polygons: Sequence[Polygon]) -> NDArray[np.bool_]:
    """The pixels inside an odd number of polygons."""
    return np.asarray(np.logical_xor.reduce([polygon.pixels for polygon in polygons]))


def outlines(polygons: Sequence[Polygon]) -> list[list[int]]:
    """Which polygons are one outline, each with its first one first."""
    groups: list[list[int]] = []
    for index, polygon in enumerate(polygons):
        group = next((group for group in groups if polygon.same_as(polygons[group[0]])), None)
        if group is None:
            groups.append([index])
        else:
            group.append(index)
    return groups


def _containers(polygons: Sequence[Polygon]) -> list[set[int]]:
    """For every polygon, those that it lies wholly inside of; of two that lie in each other, in the larger."""
    by_size = sorted(range(len(polygons)), key=lambda k: -float(np.prod(polygons[k].high - polygons[k].low)))
    around: list[set[int]] = [set() for _ in polygons]
    for place, inner in enumerate(by_size):
        around[inner] = {outer for outer in by_size[:place] if polygons[inner].inside(polygons[outer])}
    return around


def _depths(around: Sequence[set[int]]) -> list[int]:
    """How many polygons lie around each one, one inside the other: 0 and even are solid, odd are holes."""
    depth: dict[int, int] = {}
    for index in sorted(range(len(around)), key=lambda k: len(around[k])):
        depth[index] = 1 + max((depth.get(outer, 0) for outer in around[index]), default=-1)
    return [depth[index] for index in range(len(around))]


def _once_round(points_xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points without repetitions: the same point twice in a row, the first one again at the end, the whole round
    again."""
    step = np.linalg.norm(points_xy - np.roll(points_xy, 1, axis=0), axis=1)
    points = points_xy[step > _REPEATED_POINT_PX] if np.any(step > _REPEATED_POINT_PX) else points_xy[:1]
    for rounds in range(len(points) // 3, 1, -1):
        length, rest = divmod(len(points), rounds)
        if rest == 0 and np.abs(points - np.roll(points, length, axis=0)).max() <= _REPEATED_POINT_PX:
            return points[:length]
    return points
