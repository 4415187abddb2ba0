"""Vessels in the liver: the portal tree from the hilum and three hepatic veins towards the vena cava."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livermets.phantom.fields import Array
from livermets.phantom.space import BodyAxes

_HILUM = np.array([-0.14, 0.02, 0.50])
_CAVA = np.array([-0.14, 0.18, 0.90])
_PORTAL_TARGETS = np.array([[-0.50, 0.30, 0.60], [-0.55, -0.15, 0.35], [-0.40, -0.05, 0.78], [0.10, -0.40, 0.66]])
_VEIN_TARGETS = np.array([[-0.66, -0.05, 0.55], [-0.35, -0.48, 0.62], [0.12, -0.40, 0.72]])


@dataclass(frozen=True)
class _Segment:
    """A piece of a vessel: from one point (uvw) to another, thinning from one radius to the other."""

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    start_radius: float
    end_radius: float


def draw_liver_vessels(
    rng: np.random.Generator, hu: Array, liver: NDArray[np.bool_], axes: BodyAxes, vessel_hu: float
) -> None:
    """Paints both trees into ``hu`` where there is liver, with soft walls."""
    segments: list[_Segment] = []
    for target in _PORTAL_TARGETS:
        _grow(rng, segments, _HILUM, target + 0.06 * rng.standard_normal(3), 0.048, 4)
    for target in _VEIN_TARGETS:
        _grow(rng, segments, _CAVA, target + 0.06 * rng.standard_normal(3), 0.042, 3)
    share = np.zeros(hu.shape, dtype=np.float32)
    for segment in segments:
        _add_segment(share, segment, axes)
    share *= liver
    hu += share * (np.float32(vessel_hu) - hu)


def _grow(
    rng: np.random.Generator,
    segments: list[_Segment],
    start: NDArray[np.float64],
    target: NDArray[np.float64],
    radius: float,
    depth: int,
) -> None:
    """A bent branch towards ``target`` that forks into two thinner ones, ``depth`` times."""
    middle = 0.5 * (start + target) + 0.12 * np.linalg.norm(target - start) * rng.standard_normal(3)
    segments.append(_Segment(start, middle, radius, 0.85 * radius))
    segments.append(_Segment(middle, target, 0.85 * radius, 0.7 * radius))
    if depth <= 1:
        return
    direction = target - middle
    length = float(np.linalg.norm(direction))
    for _ in range(2):
        turned = direction / length + 0.75 * rng.standard_normal(3)
        tip = target + turned / np.linalg.norm(turned) * length * rng.uniform(0.7, 1.1)
        _grow(rng, segments, target, tip, 0.66 * radius, depth - 1)


def _add_segment(share: Array, segment: _Segment, axes: BodyAxes) -> None:
    """Raises the vessel's share of the voxels around one segment (1 inside, falling over its wall)."""
    box = _box_around(segment, axes)
    if box is None:
        return
    along = segment.end - segment.start
    relative = [axis[box] - np.float32(s) for axis, s in zip((axes.u, axes.v, axes.w), segment.start, strict=True)]
    position = sum(r * np.float32(a) for r, a in zip(relative, along, strict=True)) / np.float32(along @ along)
    position = np.clip(position, 0, 1)
    squared = sum((r - position * np.float32(a)) ** 2 for r, a in zip(relative, along, strict=True))
    radius = segment.start_radius + position * np.float32(segment.end_radius - segment.start_radius)
    wall = np.float32(0.35 / axes.half_width_mm)
    inside = np.clip(0.5 + 0.5 * (radius - np.sqrt(squared)) / wall, 0, 1)
    np.maximum(share[box], inside, out=share[box])


def _box_around(segment: _Segment, axes: BodyAxes) -> tuple[slice, slice, slice] | None:
    """Indices of a box that surely holds the segment, found on the grid's central lines; the warp is allowed for."""
    slack = segment.start_radius + 0.10
    low = np.minimum(segment.start, segment.end) - slack
    high = np.maximum(segment.start, segment.end) + slack
    nz, ny, nx = axes.u.shape
    lines = (axes.w[:, ny // 2, nx // 2], axes.v[nz // 2, :, nx // 2], axes.u[nz // 2, ny // 2, :])
    box = []
    for line, least, most in zip(lines, low[::-1], high[::-1], strict=True):
        found = np.flatnonzero((line > least) & (line < most))
        if len(found) == 0:
            return None
        box.append(slice(int(found[0]), int(found[-1]) + 1))
    return tuple(box)  # type: ignore[return-value]
