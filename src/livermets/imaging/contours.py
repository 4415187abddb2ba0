"""Planar contours filled on a grid, with an account of what became of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from livermets.imaging.geometry import Grid
from livermets.imaging.polygons import Piece, Polygon, exclusive, outlines, pieces, united

_ONE_PLANE_VOXELS = 0.1
"""Points of one contour, and contours of one plane, are no farther apart: positions are written with rounding."""
_COMPETING_SHARE = 0.5
"""Parts of two planes that share more than this of the smaller one show the same body at two heights."""

Fate = Literal["used", "short", "repeated", "cancelled", "farther", "empty"]
"""What became of a contour: used; fewer than 3 points; the outline of another one again (counted once, or, where
contours are combined by exclusive disjunction, cancelling it); another plane shows the same body nearer to the slice;
holds no voxel centre."""


class ContourError(ValueError):
    """Contours that do not belong to the grid; the message says how."""


@dataclass(frozen=True, eq=False)
class Contour:
    """A closed contour: points in millimetres (``xyz``), and whether the standard combines it with others of its plane
    by exclusive disjunction (CLOSEDPLANAR_XOR)."""

    points_xyz_mm: NDArray[np.float64]
    xor: bool = False


@dataclass(frozen=True, eq=False)
class Filled:
    """Voxels inside contours, and what became of the contours: ``sum(fates.values())`` is the number given."""

    mask: NDArray[np.bool_]
    fates: Counter[Fate] = field(default_factory=Counter)
    cut: int = 0
    """Contours that reach beyond the picture, where they are cut."""
    gaps: tuple[int, ...] = ()
    """Slices without contour between two slices on which the same body is drawn."""


@dataclass(frozen=True, eq=False)
class _Placed:
    """A contour on its slice."""

    index: int
    polygon: Polygon
    off: float
    """How far its plane lies above the centre of the slice, in slices."""
    xor: bool


def filled(contours: Sequence[Contour], grid: Grid) -> Filled:
    """The voxels whose centre lies inside the contours of their slice.

    A plane counts for the nearest slice, up to half a slice away, and must be parallel to it. Contours of a plane are
    combined as `livermets.imaging.polygons` says. Of several planes in one slice the parts are united, unless they
    show the same body (contours drawn on thinner slices): then the plane nearest to the centre of the slice counts."""
    fates: dict[int, Fate] = {i: "short" for i, contour in enumerate(contours) if len(contour.points_xyz_mm) < 3}
    slices: dict[int, list[_Placed]] = defaultdict(list)
    for index, contour in enumerate(contours):
        if index not in fates:
            z, placed = _placed(index, contour, grid)
            slices[z].append(placed)
    check_no_slice_skipped(sorted(slices))
    mask = np.zeros(grid.shape_zyx, bool)
    for z, members in slices.items():
        mask[z] = _slice_filled(members, fates)
    cut = sum(placed.polygon.cut for members in slices.values() for placed in members)
    return Filled(mask, Counter(fates.values()), cut, _gaps(mask, sorted(slices)))


def check_no_slice_skipped(slices: Sequence[int], what: str = "the contours are") -> None:
    """Raises `ContourError` for what is on every second slice and fewer: it was drawn on a series of thicker ones."""
    steps = np.diff(slices)
    if len(steps) >= 2 and steps.min() > 1:
        raise ContourError(f"{what} on every {_ordinal(int(np.median(steps)))} slice of this CT only")


def _ordinal(number: int) -> str:
    return f"{number}{'nd' if number == 2 else 'rd' if number == 3 else 'th'}"


def _placed(index: int, contour: Contour, grid: Grid) -> tuple[int, _Placed]:
    """A contour's slice, and the contour on it; `ContourError` where it does not belong to the grid."""
    points = grid.index_zyx(contour.points_xyz_mm)
    if not np.isfinite(points).all():
        raise ContourError("a contour has points that are not numbers")
    if np.ptp(points[:, 0]) > _ONE_PLANE_VOXELS:
        raise ContourError("the contours are not drawn in the slices of this CT")
    height = points[:, 0].mean(keepdims=True)
    polygon = Polygon(points[:, :0:-1], grid.shape_zyx[1:])
    if polygon.outside or not grid.holds_heights(height).all():
        raise ContourError("the contours reach outside this CT")
    (z,), (off,) = grid.nearest_slices(height)
    return int(z), _Placed(index, polygon, float(off), contour.xor)


def _slice_filled(members: list[_Placed], fates: dict[int, Fate]) -> NDArray[np.bool_]:
    """The pixels of one slice; enters the fate of every contour."""
    kept: list[Piece] = []
    for plane in _planes(members):
        near = [piece for piece in _plane_pieces(plane) if not any(_compete(piece, other) for other in kept)]
        drawn_by = frozenset(i for piece in near for i in piece.drawn_by)
        again = _repeated(plane)
        for place, member in enumerate(plane):
            fates[member.index] = _fate(member, place in drawn_by, place in again)
        kept += near
    return united([piece.pixels for piece in kept])


def _planes(members: list[_Placed]) -> list[list[_Placed]]:
    """The contours of a slice by plane, the plane nearest to the slice's centre first."""
    planes: list[list[_Placed]] = []
    for member in sorted(members, key=lambda member: (abs(member.off), member.off, member.index)):
        near = (plane for plane in planes if abs(plane[0].off - member.off) <= _ONE_PLANE_VOXELS)
        plane = next(near, None)
        if plane is None:
            planes.append([member])
        else:
            plane.append(member)
    return planes


def _plane_pieces(plane: list[_Placed]) -> list[Piece]:
    """The solid parts of a plane; contours that combine by exclusive disjunction toggle what the others make, and all
    are one part then."""
    toggling = [member.polygon for member in plane if member.xor]
    solid = pieces([member.polygon for member in plane if not member.xor])
    if not toggling:
        return solid
    pixels = exclusive(toggling) ^ united([piece.pixels for piece in solid]) if solid else exclusive(toggling)
    return [Piece(pixels, frozenset(range(len(plane))))]


def _repeated(plane: list[_Placed]) -> frozenset[int]:
    """Which contours of a plane have the outline of an earlier one of their kind."""
    found: set[int] = set()
    for xor in (False, True):
        places = [place for place, member in enumerate(plane) if member.xor == xor]
        groups = outlines([plane[place].polygon for place in places])
        found |= {places[i] for group in groups for i in group[1:]}
    return frozenset(found)


def _compete(piece: Piece, nearer: Piece) -> bool:
    shared = np.count_nonzero(piece.pixels & nearer.pixels)
    return shared > _COMPETING_SHARE * min(np.count_nonzero(piece.pixels), np.count_nonzero(nearer.pixels))


def _fate(member: _Placed, kept: bool, again: bool) -> Fate:
    if not kept:
        return "farther"
    if again:
        return "cancelled" if member.xor else "repeated"
    return "empty" if member.polygon.holds_none else "used"


def _gaps(mask: NDArray[np.bool_], slices: Sequence[int]) -> tuple[int, ...]:
    """The slices without contour between two neighbouring ones whose pixels overlap."""
    return tuple(
        z
        for below, above in pairwise(slices)
        if above - below > 1 and np.any(mask[below] & mask[above])
        for z in range(below + 1, above)
    )
