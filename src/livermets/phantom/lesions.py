"""Metastases: placed in the liver without touching each other, with irregular borders and an inner texture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, distance_transform_edt, label

from livermets.masks.diameter import longest_axial_diameter_mm
from livermets.phantom.anatomy import Anatomy
from livermets.phantom.fields import Array, correlated_field, skewed
from livermets.phantom.space import DrawingGrid
from livermets.phantom.truth import LesionPlan

Mask = NDArray[np.bool_]
SMALLEST_MM, LARGEST_MM = 8.0, 60.0
_LARGEST_SHARE_OF_LIVER = 0.22
_TRIES = 80


@dataclass(frozen=True)
class PlacedLesion:
    """A lesion in its box of the drawing grid: depth below its border in mm (negative outside)."""

    plan: LesionPlan
    box: tuple[slice, slice, slice]
    depth_mm: Array
    radius_mm: float


def place_lesions(
    rng: np.random.Generator, plans: tuple[LesionPlan, ...], liver: Mask, grid: DrawingGrid
) -> tuple[list[PlacedLesion], NDArray[np.uint8]]:
    """Finds a place for every lesion, the largest first; returns them with their label map on the stored slices.

    Labels follow the order of the plans. A lesion for which there is no room shrinks until there is; a small body
    that is full at last goes without it."""
    stored = np.zeros((grid.shape_zyx[0] // grid.sub_slices, *grid.shape_zyx[1:]), dtype=np.uint8)
    rim, core = _places(liver, grid)
    placed: dict[int, PlacedLesion] = {}
    for k in sorted(range(len(plans)), key=lambda k: -plans[k].diameter_mm):
        wanted = rim if plans[k].at_rim else core
        found = _place(rng, plans[k], wanted, liver, stored, grid) if len(wanted) else None
        found = found or _place(rng, plans[k], np.concatenate([rim, core]), liver, stored, grid)
        if found is not None:
            placed[k], (slices, mask) = found
            stored[slices][mask] = k + 1
    kept = sorted(placed)
    renumbered = np.zeros(len(plans) + 1, dtype=np.uint8)
    renumbered[[k + 1 for k in kept]] = np.arange(1, len(kept) + 1)
    return [placed[k] for k in kept], renumbered[stored]


def paint_lesions(
    rng: np.random.Generator, anatomy: Anatomy, placed: list[PlacedLesion], grid: DrawingGrid, liver_hu: float
) -> None:
    """Replaces the parenchyma by each lesion's attenuation, fading over its margin."""
    for lesion in placed:
        share = _smooth_step(lesion.depth_mm / np.float32(lesion.plan.margin_mm))
        share = share * anatomy.liver[lesion.box]
        hu = anatomy.hu[lesion.box]
        hu += share * (_lesion_hu(rng, lesion, grid, liver_hu) - hu)


def _places(liver: Mask, grid: DrawingGrid) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Voxels where a centre may lie: near the liver's surface, and deeper."""
    coarse = (slice(None, None, 2), slice(None, None, 2), slice(None, None, 2))
    depth = distance_transform_edt(liver[coarse], sampling=[2 * step for step in grid.spacing_zyx_mm])
    return 2 * np.argwhere((depth > 1.5) & (depth < 7)), 2 * np.argwhere(depth >= 7)


def _place(
    rng: np.random.Generator,
    plan: LesionPlan,
    places: NDArray[np.intp],
    liver: Mask,
    stored: NDArray[np.uint8],
    grid: DrawingGrid,
) -> tuple[PlacedLesion, tuple[tuple[slice, slice, slice], Mask]] | None:
    diameter_mm = plan.diameter_mm
    liver_mm3 = float(liver.sum()) * float(np.prod(grid.spacing_zyx_mm))
    while np.pi / 6 * diameter_mm**3 > _LARGEST_SHARE_OF_LIVER * liver_mm3:
        diameter_mm *= 0.95
    for attempt in range(_TRIES):
        centre = places[rng.integers(len(places))]
        lesion = _shape(rng, plan, centre, diameter_mm, grid)
        mask = (lesion.depth_mm > 0) & liver[lesion.box]
        whole = max(int((lesion.depth_mm > 0).sum()), 1)
        slices, on_slices = _on_stored_slices(mask, lesion.box, grid)
        measured = longest_axial_diameter_mm(on_slices, _stored_spacing(grid)) if on_slices.any() else 0.0
        fits = SMALLEST_MM <= measured <= LARGEST_MM and mask.sum() > 0.7 * whole
        if fits and not (stored[slices][binary_dilation(on_slices, iterations=2)] > 0).any():
            return lesion, (slices, on_slices)
        if attempt % 4 == 3:
            diameter_mm = max(0.9 * diameter_mm, SMALLEST_MM + 2.5)
    return None


def _shape(
    rng: np.random.Generator, plan: LesionPlan, centre: NDArray[np.intp], diameter_mm: float, grid: DrawingGrid
) -> PlacedLesion:
    """A turned ellipsoid with a bumpy surface around ``centre``, its longest axial axis about ``diameter_mm``."""
    reach_mm = 0.5 * diameter_mm * 1.5 + 2.0 * plan.margin_mm
    box = []
    for place, step_mm, size in zip(centre, grid.spacing_zyx_mm, grid.shape_zyx, strict=True):
        reach = int(np.ceil(reach_mm / step_mm))
        box.append(slice(max(int(place) - reach, 0), min(int(place) + reach + 1, size)))
    z, y, x = (
        ((np.arange(axis.start, axis.stop) - place) * step_mm).astype(np.float32)
        for axis, place, step_mm in zip(box, centre, grid.spacing_zyx_mm, strict=True)
    )
    z, y, x = z[:, None, None], y[None, :, None], x[None, None, :]
    radius_mm = 0.5 * diameter_mm
    turn, flat = rng.uniform(0, np.pi), rng.uniform(0.75, 1.05)
    long = x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn))
    short = (y * np.float32(np.cos(turn)) - x * np.float32(np.sin(turn))) / np.float32(plan.elongation)
    distance_mm = np.sqrt(long**2 + short**2 + (z / np.float32(flat)) ** 2)
    shape = (z.shape[0], y.shape[1], x.shape[2])
    bumps = correlated_field(rng, shape, grid.spacing_zyx_mm, 0.30 * radius_mm)
    fine_bumps = correlated_field(rng, shape, grid.spacing_zyx_mm, 0.12 * radius_mm + 0.5)
    surface_mm = radius_mm * (0.93 + np.float32(plan.irregularity) * (0.6 * bumps + 0.3 * fine_bumps))
    # The bumps are radial: at the centre they must not turn the lesion inside out.
    depth_mm = np.where(distance_mm < 0.4 * radius_mm, radius_mm - distance_mm, surface_mm - distance_mm)
    depth_mm = _without_satellites(depth_mm, distance_mm, plan.margin_mm)
    return PlacedLesion(plan, tuple(box), depth_mm.astype(np.float32), radius_mm)  # type: ignore[arg-type]


def _without_satellites(depth_mm: Array, distance_mm: Array, margin_mm: float) -> Array:
    """Sinks what the bumps have torn off: a reader's label is one piece, and no unlabelled lesion may be visible."""
    pieces, _ = label(depth_mm > -0.5 * margin_mm)
    main = pieces == pieces.flat[int(np.argmin(distance_mm))]
    return np.where(main, depth_mm, np.minimum(depth_mm, -2.0 * margin_mm))


def _on_stored_slices(
    mask: Mask, box: tuple[slice, slice, slice], grid: DrawingGrid
) -> tuple[tuple[slice, slice, slice], Mask]:
    """The largest piece of a mask on the stored slices: voxels of which it fills at least half."""
    first, last = box[0].start // grid.sub_slices, -(-box[0].stop // grid.sub_slices)
    whole = np.zeros(((last - first) * grid.sub_slices, *mask.shape[1:]), dtype=np.float32)
    start = box[0].start - first * grid.sub_slices
    whole[start : start + len(mask)] = mask
    filled = whole.reshape(last - first, grid.sub_slices, *mask.shape[1:]).mean(axis=1) >= 0.5
    pieces, number = label(filled)
    if number > 1:
        filled = pieces == 1 + np.argmax(np.bincount(pieces.ravel())[1:])
    return (slice(first, last), box[1], box[2]), filled


def _stored_spacing(grid: DrawingGrid) -> tuple[float, float, float]:
    z, y, x = grid.spacing_zyx_mm
    return z * grid.sub_slices, y, x


def _lesion_hu(rng: np.random.Generator, lesion: PlacedLesion, grid: DrawingGrid, liver_hu: float) -> Array:
    """Attenuation of the lesion's tissue over its box: mean, texture of mean 0, enhancing rim, necrotic core."""
    plan = lesion.plan
    texture = skewed(
        correlated_field(rng, lesion.depth_mm.shape, grid.spacing_zyx_mm, plan.texture.length_mm), plan.texture.skew
    )
    mean_hu = liver_hu - plan.contrast_hu
    # Zero mean over the lesion itself, so that the texture says nothing about its mean attenuation.
    texture = texture - texture[lesion.depth_mm > 0].mean()
    hu = mean_hu + np.float32(plan.texture.sd_hu) * texture
    rim = np.exp(-(((lesion.depth_mm - 1.2) / np.float32(1.3)) ** 2))
    hu = hu + np.float32(plan.rim_hu) * rim
    if plan.necrosis > 0:
        core = _smooth_step((lesion.depth_mm - np.float32((1 - plan.necrosis) * lesion.radius_mm)) / 4.0)
        hu = hu + core * (np.float32(min(25.0, mean_hu - 20.0)) + 0.3 * (hu - mean_hu) - hu)
    return hu.astype(np.float32)


def _smooth_step(depth: Array) -> Array:
    """0 well outside, 1/2 at depth 0, 1 well inside."""
    return (1.0 / (1.0 + np.exp(-4.0 * np.clip(depth, -8, 8)))).astype(np.float32)
