"""Does a mask lie on the borders that its image shows, or would it fit better a slice or a few pixels off?

Just inside the border of a liver or a lesion lies one tissue, just outside another. The fit of a mask is the share of
voxels just inside its border that have the tissue's grey value, minus the share of those just outside that have it
too: 0 where the image has no border there, about 0.5 for a liver drawn by hand on a portal-phase CT.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

TISSUE_HU = 18.0
"""Voxels (means of 3 × 3 pixels) of one tissue lie within about this of its median: noise and texture."""
SHELL_MM = 3.0
"""How far "just inside" and "just outside" reach, in the slice."""
REACH_MM = 9.0
"""How far in the slice a better place is looked for; 2 slices at least, and 5 mm, across it."""
_REACH_Z_MM = 5.0
_SLICES = 24
_POINTS = 8000
"""Of each shell, shared among the labels."""
_FEWEST_POINTS = 50
_LABELS = 40
"""Of many labels, the largest are looked at."""

Shift = tuple[int, int, int]
Box = tuple[slice, ...]
NOWHERE: Shift = (0, 0, 0)


@dataclass(frozen=True)
class Placement:
    """How well the masks of a scan fit its image where they are, moved, and mirrored."""

    fit: float
    shift_zyx: Shift
    """The move, in voxels, after which they fit best (canonical axes: to the head, to the back, to the left)."""
    best_fit: float
    sides_gain: tuple[float, float]
    """What the move adds to the fit of the border's two sides, the one ahead and the one behind: a mask that lies
    beside its place gains on both, one drawn too wide on one side only there."""
    mirrored_axes: tuple[int, ...]
    """The axes to turn round (0 feet-head, 1 front-back, 2 right-left) for the best of all mirrored places."""
    mirrored_fit: float


@dataclass(frozen=True, eq=False)
class _Border:
    """Voxels just inside and just outside of one label, as rows of ``zyx`` indices."""

    inside: NDArray[np.intp]
    outside: NDArray[np.intp]
    weight: float


def placement(
    hu: NDArray, labels: NDArray, boxes: Iterable[tuple[int, Box]], spacing_zyx_mm: tuple[float, ...]
) -> Placement | None:
    """The places where the labels together fit the image best; None if too little of them has room to be moved."""
    reach = _reach(hu.shape, spacing_zyx_mm)
    hu, boxes = np.ascontiguousarray(hu), sorted(boxes, key=_extent)[-_LABELS:]
    most = max(400, _POINTS // max(1, len(boxes)))
    found = (_border(labels, number, box, spacing_zyx_mm, reach, most) for number, box in boxes)
    borders = [border for border in found if border is not None]
    if not borders:
        return None
    here = _fit(hu, borders, NOWHERE)
    shift, best = _climbed(hu, borders, reach)
    axes, mirrored = _mirrored(hu, borders)
    return Placement(here, shift, best, _sides_gain(hu, borders, shift), axes, mirrored)


def _extent(numbered: tuple[int, Box]) -> int:
    return math.prod(part.stop - part.start for part in numbered[1])


def _reach(shape: tuple[int, ...], spacing_zyx_mm: tuple[float, ...]) -> Shift:
    z_mm, y_mm, x_mm = spacing_zyx_mm
    wide = (max(2, round(_REACH_Z_MM / z_mm)), max(1, round(REACH_MM / y_mm)), max(1, round(REACH_MM / x_mm)))
    z, y, x = (min(steps, size // 6) for steps, size in zip(wide, shape, strict=True))
    return z, y, x


def _border(
    labels: NDArray, number: int, box: Box, spacing_zyx_mm: tuple[float, ...], reach: Shift, most: int
) -> _Border | None:
    y_steps, x_steps = (max(1, round(SHELL_MM / step)) for step in spacing_zyx_mm[1:])
    size = (1, 2 * y_steps + 1, 2 * x_steps + 1)
    rows = slice(max(0, box[1].start - y_steps), box[1].stop + y_steps)
    columns = slice(max(0, box[2].start - x_steps), box[2].stop + x_steps)
    slices = np.arange(max(box[0].start, reach[0]), min(box[0].stop, len(labels) - reach[0]))
    slices = slices[np.unique(np.linspace(0, max(0, len(slices) - 1), _SLICES).astype(int))] if len(slices) else slices
    around = labels[slices, rows, columns]
    mask = (around == number).astype(np.uint8)
    inner = mask > ndimage.minimum_filter(mask, size, mode="constant")
    outer = (ndimage.maximum_filter(mask, size) > 0) & (around == 0)
    start = (rows.start, columns.start)
    inside, outside = (_points(shell, slices, start, labels.shape, reach, most) for shell in (inner, outer))
    if min(len(inside), len(outside)) < _FEWEST_POINTS:
        return None
    return _Border(inside, outside, float(np.count_nonzero(mask)) ** (2 / 3))


def _points(
    shell: NDArray[np.bool_],
    slices: NDArray[np.intp],
    start: tuple[int, int],
    shape: tuple[int, ...],
    reach: Shift,
    most: int,
) -> NDArray[np.intp]:
    """The voxels of a shell that stay in the image however they are moved, thinned out evenly."""
    z, y, x = np.nonzero(shell)
    points = np.column_stack([slices[z], y + start[0], x + start[1]])
    margin = np.add(reach, (0, 1, 1))
    free = np.all((points >= margin) & (points < np.asarray(shape) - margin), axis=1)
    points = points[free]
    return points[:: -(-max(1, len(points)) // most)]


def _fit(hu: NDArray, borders: list[_Border], shift: Shift, axes: tuple[int, ...] = ()) -> float:
    fits, weights = [], []
    for border in borders:
        inside, outside = (_values(hu, points, shift, axes) for points in (border.inside, border.outside))
        tissue_hu = float(np.median(inside))
        fits.append(np.mean(_alike(inside, tissue_hu)) - np.mean(_alike(outside, tissue_hu)))
        weights.append(border.weight)
    return float(np.average(fits, weights=weights))


def _values(hu: NDArray, points: NDArray[np.intp], shift: Shift, axes: tuple[int, ...]) -> NDArray[np.float32]:
    """Means of 3 × 3 pixels around the points, moved or mirrored."""
    places = points + np.asarray(shift)
    for axis in axes:
        places[:, axis] = hu.shape[axis] - 1 - places[:, axis]
    z, y, x = places.T
    centre = np.ravel_multi_index((z, y, x), hu.shape)
    flat, width = hu.reshape(-1), hu.shape[2]
    total = np.zeros(len(centre), np.float32)
    for dy, dx in product((-1, 0, 1), repeat=2):
        total += flat[centre + (dy * width + dx)]
    return total / np.float32(9)


def _alike(values: NDArray[np.float32], tissue_hu: float) -> NDArray[np.float32]:
    return np.exp(-0.5 * np.square((values - tissue_hu) / TISSUE_HU))


def _climbed(hu: NDArray, borders: list[_Border], reach: Shift) -> tuple[Shift, float]:
    """The best move: one axis at a time, the one that gains most, until nothing gets better."""
    known: dict[Shift, float] = {}

    def fit(shift: Shift) -> float:
        if shift not in known:
            known[shift] = _fit(hu, borders, shift)
        return known[shift]

    best = NOWHERE
    while True:
        cross = [_with(best, axis, step) for axis, steps in enumerate(reach) for step in range(-steps, steps + 1)]
        better = max(cross, key=lambda shift: (fit(shift), shift == best))
        if better == best:
            return best, fit(best)
        best = better


def _sides_gain(hu: NDArray, borders: list[_Border], shift: Shift) -> tuple[float, float]:
    if shift == NOWHERE:
        return 0.0, 0.0
    gains = []
    for sign in (1, -1):
        halves = [half for border in borders if (half := _half(border, np.multiply(sign, shift))) is not None]
        gains.append(_fit(hu, halves, shift) - _fit(hu, halves, NOWHERE) if halves else 0.0)
    return gains[0], gains[1]


def _half(border: _Border, towards: NDArray[np.intp]) -> _Border | None:
    """The border's voxels on one side of the label's middle."""
    middle = border.inside.mean(axis=0)
    inside, outside = (points[(points - middle) @ towards > 0] for points in (border.inside, border.outside))
    if min(len(inside), len(outside)) < _FEWEST_POINTS // 2:
        return None
    return _Border(inside, outside, border.weight)


def _with(shift: Shift, axis: int, step: int) -> Shift:
    z, y, x = (step if number == axis else old for number, old in enumerate(shift))
    return z, y, x


def _mirrored(hu: NDArray, borders: list[_Border]) -> tuple[tuple[int, ...], float]:
    turns = [tuple(np.flatnonzero(which).tolist()) for which in product((0, 1), repeat=3) if any(which)]
    return max(((axes, _fit(hu, borders, NOWHERE, axes)) for axes in turns), key=lambda found: found[1])
