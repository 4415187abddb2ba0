"""The ways in which a mask fails that are not nested: displaced, slice by slice displaced, taken at coarse voxels.

Of each a handful of candidates is made whose Dice is known or quickly counted, and the one nearest to the wanted Dice
is taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from livermets.config.perturbation import Kind
from livermets.perturbation.engine.flips import Mask
from livermets.perturbation.neighbourhood import Box, Neighbourhood

Found = tuple[float, Mask]
"""A dial in mm and its mask."""
_JITTERS_MM = np.geomspace(0.3, 30, 12)
_COARSEST = 1.5
"""Coarse voxels are at most so many times the lesion's extent."""
_COARSE = 8
"""Coarse masks of as many sides among which those of a wanted Dice are sought."""
_BEYOND = 0.1
"""No coarse mask reaches further beyond the lesion, in sides of its voxels: along an axis a voxel's mean, which falls
off linearly, is a half up to 3/2 - sqrt(2) of a side beyond."""
_CLOSE, _TIMES = 0.03, 6
"""Where none is as close to a wanted Dice, as many more are made, of other phases and sides, at most so many times."""


def shift(near: Neighbourhood, random: np.random.Generator, targets: Sequence[float]) -> list[Found]:
    """Moved by whole voxels in a random direction; the dial is the distance."""
    overlap, centre = _autocorrelation(near)
    direction = random.normal(size=3)
    direction /= np.linalg.norm(direction)
    lengths = (
        np.arange(0.5, np.linalg.norm(near.spacing_zyx_mm * near.reference.shape), 0.5) * near.spacing_zyx_mm.min()
    )
    offsets = np.unique(np.rint(lengths[:, None] * direction / near.spacing_zyx_mm).astype(int), axis=0)
    offsets = offsets[_room(near, offsets) & offsets.any(axis=1)]
    if not len(offsets):
        return []
    within = (np.abs(offsets) <= centre).all(axis=1)
    dice = np.where(within, overlap[tuple(np.clip(offsets + centre, 0, 2 * centre).T)], 0) / near.volume
    chosen = [offsets[int(np.argmin(np.abs(dice - target)))] for target in targets]
    return [(float(np.linalg.norm(one * near.spacing_zyx_mm)), _moved(near.reference, one)) for one in chosen]


def jitter(near: Neighbourhood, random: np.random.Generator, targets: Sequence[float]) -> list[Found]:
    """Every slice moved within its plane by a normal distance of its own; the dial is the standard deviation."""
    tight = _tight(near)
    stack = near.reference[tight]
    unit = random.normal(size=(len(stack), 2))
    shape = near.reference.shape[1:]
    least, most = np.array([(-part.start, n - part.stop) for part, n in zip(tight[1:], shape, strict=True)]).T
    dials = _JITTERS_MM * random.uniform(1, _JITTERS_MM[1] / _JITTERS_MM[0])
    rounded = (np.rint(dial * unit / near.spacing_zyx_mm[1:]).astype(int) for dial in dials)
    found = [np.clip(moves, least, most) for moves in rounded]
    dice = np.array([_overlap_of_slices(stack, moves) for moves in found]) / near.volume
    chosen = [int(np.argmin(np.abs(dice - target))) for target in targets]
    return [(float(dials[one]), _jittered(near, tight, found[one])) for one in chosen]


def resolution(near: Neighbourhood, random: np.random.Generator, targets: Sequence[float]) -> list[Found]:
    """Averaged over coarse voxels of random phase, interpolated back and cut at a half; the dial is their side."""
    found: list[tuple[float, Box, Mask]] = []
    dice: NDArray[np.float64] = np.empty(0)
    for _ in range(_TIMES):
        found += _coarse_masks(near, random)
        dice = np.array([_dice_within(near, box, mask) for _, box, mask in found])
        if np.abs(dice[:, None] - np.array(targets)).min(axis=0).max() <= _CLOSE:
            break
    return [_placed(near, *found[int(np.argmin(np.abs(dice - target)))]) for target in targets]


MOVED: dict[Kind, Callable[[Neighbourhood, np.random.Generator, Sequence[float]], list[Found]]] = {
    "shift": shift,
    "jitter": jitter,
    "resolution": resolution,
}


@lru_cache(maxsize=4)
def _autocorrelation(near: Neighbourhood) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """How many voxels the lesion and itself displaced share, by displacement, and the index of no displacement."""
    stack = near.reference[_tight(near)].astype(np.float64)
    found = np.rint(signal.fftconvolve(stack, stack[::-1, ::-1, ::-1]))
    return found, np.array(stack.shape) - 1


@lru_cache(maxsize=4)
def _tight(near: Neighbourhood) -> Box:
    z, y, x = ndimage.find_objects(near.reference.astype(np.uint8))[0]
    return z, y, x


def _room(near: Neighbourhood, offsets: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which displacements keep the whole lesion within the neighbourhood, and so within the CT."""
    low = np.array([part.start for part in _tight(near)])
    high = np.array([length - part.stop for part, length in zip(_tight(near), near.reference.shape, strict=True)])
    return np.asarray(((offsets >= -low) & (offsets <= high)).all(axis=1))


def _moved(mask: Mask, offset: NDArray[np.int64]) -> Mask:
    """A mask displaced by whole voxels; what leaves the array is gone."""
    moved = np.zeros_like(mask)
    if (np.abs(offset) >= mask.shape).any():
        return moved
    to = tuple(slice(max(o, 0), n + min(o, 0)) for o, n in zip(offset, mask.shape, strict=True))
    of = tuple(slice(max(-o, 0), n + min(-o, 0)) for o, n in zip(offset, mask.shape, strict=True))
    moved[to] = mask[of]
    return moved


def _overlap_of_slices(stack: Mask, moves: NDArray[np.int64]) -> int:
    return sum(int((level & _moved(level, move)).sum()) for level, move in zip(stack, moves, strict=True))


def _jittered(near: Neighbourhood, tight: tuple[slice, slice, slice], moves: NDArray[np.int64]) -> Mask:
    mask = near.reference.copy()
    for z, move in zip(range(tight[0].start, tight[0].stop), moves, strict=True):
        mask[z] = _moved(near.reference[z], move)
    return mask


def _dice_within(near: Neighbourhood, box: Box, mask: Mask) -> float:
    """Dice of a mask that lies in a box, with the lesion, which does too."""
    return 2 * int((mask & near.reference[box]).sum()) / (near.volume + int(mask.sum()))


def _placed(near: Neighbourhood, dial: float, box: Box, mask: Mask) -> Found:
    whole = np.zeros_like(near.reference)
    whole[box] = mask
    return dial, whole


def _coarse_masks(near: Neighbourhood, random: np.random.Generator) -> list[tuple[float, Box, Mask]]:
    """Masks at coarse voxels, from the finest that can change anything to `_COARSEST` extents of the lesion."""
    finest = near.spacing_zyx_mm.min()
    extent = max((part.stop - part.start) * mm for part, mm in zip(_tight(near), near.spacing_zyx_mm, strict=True))
    ends = np.log([2 * finest, max(_COARSEST * extent, 3 * finest)])
    part = (np.arange(_COARSE) + random.random(_COARSE)) / _COARSE
    sides = np.exp(ends[0] + part * (ends[1] - ends[0]))
    return [(float(side), *_at_coarse_voxels(near, float(side), random)) for side in sides]


def _at_coarse_voxels(near: Neighbourhood, side_mm: float, random: np.random.Generator) -> tuple[Box, Mask]:
    """Cubes of one side, none finer than the CT's own voxels along any axis."""
    sides = np.maximum(side_mm / near.spacing_zyx_mm, 1.0)
    reach = np.ceil(_BEYOND * sides).astype(int)
    parts = zip(_tight(near), reach, near.reference.shape, strict=True)
    z, y, x = (slice(max(part.start - r, 0), min(part.stop + r, length)) for part, r, length in parts)
    lesion = near.reference[z, y, x]
    fine: NDArray[Any] = lesion.astype(np.float64)
    for axis, side in enumerate(sides):
        # Averaging and interpolating are separable: one matrix for an axis does both.
        there_and_back = _coarse_axis(lesion.shape[axis], side, random.random())
        fine = np.moveaxis(np.tensordot(there_and_back, fine, axes=(1, axis)), 0, axis)
    return (z, y, x), np.asarray(fine >= 0.5 - 1e-9)


def _coarse_axis(length: int, side: float, phase: float) -> NDArray[np.float64]:
    """The (length, length) matrix that averages an axis over cells of ``side`` voxels, the first of which begins
    ``phase`` of a cell before the axis, and interpolates linearly between the cells' centres. Beyond the axis is 0."""
    if side <= 1:
        return np.eye(length)
    cells = int(np.ceil(length / side)) + 1
    edge = (np.arange(cells + 1) - phase) * side
    voxel = np.arange(length)
    share = np.clip(np.minimum(edge[1:, None], voxel + 1) - np.maximum(edge[:-1, None], voxel), 0, 1) / side
    centre = (edge[:-1] + edge[1:]) / 2 - 0.5
    weight = np.clip(1 - np.abs(voxel[:, None] - centre) / side, 0, 1)
    return np.asarray(weight @ share)
