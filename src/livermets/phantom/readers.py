"""What further readers draw of a synthetic patient: the true lesions moved, larger or smaller, or not at all.

Each reader has random numbers of its own, so that one more changes nothing of what is there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from livermets.config.phantom import PhantomReader
from livermets.randomness import generator


def drawn_by(
    reader: PhantomReader,
    labels: NDArray[np.uint8],
    spacing_zyx_mm: tuple[float, float, float],
    seed: int,
    *who: str | int,
) -> NDArray[np.uint8]:
    """The label map that a reader draws of the true one (``zyx``), lesions with their true numbers. ``who``: name of
    the reader and number of the patient, which the random numbers are drawn for."""
    rng = generator(seed, "phantom", "reader", *who)
    drawn = np.zeros_like(labels)
    for lesion in range(1, int(labels.max(initial=0)) + 1):
        chance, angle = rng.random(), rng.uniform(0, 2 * np.pi)
        if chance < reader.missed:
            continue
        shift_mm = reader.shift_mm * np.array([0.0, np.sin(angle), np.cos(angle)])
        box, mask = _redrawn(labels == lesion, spacing_zyx_mm, shift_mm, reader.scale)
        drawn[box][mask & (drawn[box] == 0)] = lesion
    return drawn


def _redrawn(
    lesion: NDArray[np.bool_], spacing_zyx_mm: tuple[float, float, float], shift_mm: NDArray[np.float64], scale: float
) -> tuple[tuple[slice, ...], NDArray[np.bool_]]:
    """A lesion moved and scaled about its centre of mass, and the box that it lies in: where the distance from its
    border, taken at the place that each voxel comes from, is inside."""
    (inner,) = ndimage.find_objects(lesion.view(np.uint8))
    steps = np.asarray(spacing_zyx_mm)
    reach_mm = np.abs(shift_mm) + max(scale - 1.0, 0.0) * steps * [part.stop - part.start for part in inner]
    margin = np.ceil(reach_mm / steps).astype(int) + 2
    box = tuple(
        slice(max(part.start - m, 0), min(part.stop + m, size))
        for part, m, size in zip(inner, margin, lesion.shape, strict=True)
    )
    mask = lesion[box]
    depth_mm = _signed_depth_mm(mask, spacing_zyx_mm)
    centre = np.reshape(ndimage.center_of_mass(mask), (3, 1, 1, 1))
    moved = np.reshape(shift_mm / steps, (3, 1, 1, 1))
    source = centre + (np.indices(mask.shape) - centre - moved) / scale
    return box, ndimage.map_coordinates(depth_mm, source, order=1, mode="nearest") > 0


def _signed_depth_mm(mask: NDArray[np.bool_], spacing_zyx_mm: tuple[float, float, float]) -> NDArray[np.float64]:
    """Distance to the nearest voxel of the other side: above 0 inside, below outside."""
    inside, outside = (ndimage.distance_transform_edt(side, sampling=spacing_zyx_mm) for side in (mask, ~mask))
    return np.asarray(inside - outside)
