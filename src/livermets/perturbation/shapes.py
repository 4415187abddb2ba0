"""The nested ways in which a mask fails: for every voxel the dial at which it changes (`engine.flips`).

Dials are in mm, those of ``slices`` in slices. Nothing reaches beyond the neighbourhood, which lies within the CT."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from livermets.config.perturbation import Kind
from livermets.perturbation.engine.flips import Dials
from livermets.perturbation.neighbourhood import Neighbourhood

NEVER = np.float32(np.inf)
_WAVES = 64
_RAGGED = 0.5
"""How much the reach of a leak varies around it, in standard deviations of the logarithm."""
_CORRIDOR_MM = (1.0, 5.0)
"""How much longer than straight the ways within the bridge between two lesions may be: its width."""


def erosion(near: Neighbourhood, random: np.random.Generator, length_mm: float) -> Dials:
    """Depth below the border."""
    return np.where(near.reference, near.to_border_mm, NEVER)


def dilation(near: Neighbourhood, random: np.random.Generator, length_mm: float) -> Dials:
    """Height above the border, up to the margin."""
    return _up_to_margin(near, np.where(near.reference, NEVER, near.to_border_mm))


def border(near: Neighbourhood, random: np.random.Generator, length_mm: float) -> Dials:
    """The border moved along its normals by a smooth random field; the dial is the field's standard deviation."""
    return displaced(near, surface_field(near, random, length_mm))


def displaced(near: Neighbourhood, outwards: NDArray[np.float64]) -> Dials:
    """The border moved by the dial times ``outwards``, a number for every voxel of the surface (negative: inwards)."""
    at = outwards[near.nearest_on_surface]
    moves = np.where(near.reference, -at, at)
    with np.errstate(divide="ignore", invalid="ignore"):
        dial = np.where(moves > 0, near.to_border_mm / moves, NEVER).astype(np.float32)
    beyond = ~near.reference & (near.to_border_mm > near.margin_mm)
    return np.where((dial > near.margin_mm) | beyond, NEVER, dial)


def cap(near: Neighbourhood, random: np.random.Generator, length_mm: float) -> Dials:
    """What lies beyond a plane of random direction."""
    along = sum(one * axis for one, axis in zip(_direction(random), near.position_mm, strict=True))
    within = near.reference
    return np.where(within, along - along[within].min(), NEVER).astype(np.float32)


def slices(near: Neighbourhood, random: np.random.Generator, length_mm: float) -> Dials:
    """Slices from the upper or the lower end on, counted from 1, the last of them in part: from its outline inwards, on
    one side first. Whole slices alone would leave a lesion of a few of them hardly a Dice to choose from."""
    shown = np.flatnonzero(near.reference.any(axis=(1, 2)))
    downwards = random.random() < 0.5
    angle = random.uniform(0, 2 * np.pi)
    along = np.sin(angle) * near.position_mm[1][0] + np.cos(angle) * near.position_mm[2][0]
    dials = np.full(near.reference.shape, NEVER, dtype=np.float32)
    for place, z in enumerate(shown if downwards else shown[::-1]):
        level = near.reference[z]
        depth = ndimage.distance_transform_edt(np.pad(level, 1), near.spacing_zyx_mm[1:])[1:-1, 1:-1]
        order = np.lexsort((along[level], depth[level]))
        part = np.empty(len(order), dtype=np.float32)
        part[order] = np.arange(1, len(order) + 1) / len(order)
        dials[z][level] = place + part
    return dials


def lobe(near: Neighbourhood, random: np.random.Generator, length_mm: float) -> Dials:
    """A ball around a place of the border."""
    return np.where(near.reference, _from_border_place(near, random), NEVER).astype(np.float32)


def leakage(near: Neighbourhood, random: np.random.Generator, length_mm: float) -> Dials:
    """Grown from a place of the border into the liver, further in some directions than in others."""
    uneven = np.exp(_RAGGED * surface_field(near, random, length_mm))[near.nearest_on_surface]
    free = near.liver & ~near.reference
    return _up_to_margin(near, np.where(free, _from_border_place(near, random) * uneven, NEVER).astype(np.float32))


def merging(near: Neighbourhood, random: np.random.Generator, length_mm: float) -> Dials | None:
    """Grown across to the nearest other lesion, over a bridge of random width, and through it; None without one."""
    pieces, number = ndimage.label(near.others)
    if not number:
        return None
    outside = np.where(near.others, near.to_border_mm, np.inf)
    other = pieces == pieces[np.unravel_index(int(np.argmin(outside)), outside.shape)]
    to_other = ndimage.distance_transform_edt(~other, near.spacing_zyx_mm)
    way = near.to_border_mm + to_other
    bridge = way <= outside[other].min() + random.uniform(*_CORRIDOR_MM)
    return _up_to_margin(near, np.where((other | bridge) & ~near.reference, near.to_border_mm, NEVER))


NESTED: dict[Kind, Callable[[Neighbourhood, np.random.Generator, float], Dials | None]] = {
    "erosion": erosion,
    "dilation": dilation,
    "border": border,
    "cap": cap,
    "slices": slices,
    "lobe": lobe,
    "leakage": leakage,
    "merging": merging,
}


def surface_field(near: Neighbourhood, random: np.random.Generator, length_mm: float) -> NDArray[np.float64]:
    """A Gaussian random field at the surface's voxels: mean 0, variance 1, correlation exp(-d² / 2 length²) at a
    distance of d mm, as a sum of random waves (Rahimi and Recht 2007)."""
    place = near.surface_zyx * near.spacing_zyx_mm
    wave = random.normal(size=(3, _WAVES)) / length_mm
    phase = random.uniform(0, 2 * np.pi, _WAVES)
    return np.asarray(np.sqrt(2 / _WAVES) * np.cos(place @ wave + phase).sum(axis=1))


def _from_border_place(near: Neighbourhood, random: np.random.Generator) -> NDArray[np.float64]:
    """Distance in mm from a voxel of the surface."""
    place = near.surface_zyx[random.integers(len(near.surface_zyx))] * near.spacing_zyx_mm
    return np.asarray(np.sqrt(sum((axis - one) ** 2 for axis, one in zip(near.position_mm, place, strict=True))))


def _direction(random: np.random.Generator) -> NDArray[np.float64]:
    vector = random.normal(size=3)
    return np.asarray(vector / np.linalg.norm(vector))


def _up_to_margin(near: Neighbourhood, dials: Dials) -> Dials:
    return np.where(near.to_border_mm > near.margin_mm, NEVER, dials)
