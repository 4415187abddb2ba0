"""What the network is shown: the whole image, or the box around the liver."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from livermets.config.segmentation import OutputSettings
from livermets.errors import input_error
from livermets.segmentation.training_scan import TrainingScan

# Context for the pixels at the liver's edge.
MARGIN_PIXELS = 8

Box = tuple[slice, slice]
WHOLE = (slice(None), slice(None), slice(None))


def liver_box(liver: NDArray, multiple: int, at_least: tuple[int, int] = (0, 0)) -> Box:
    """The in-plane box around a liver (``zyx``) with a margin, its sides a multiple of ``multiple`` and not below
    ``at_least``, moved (and if need be shortened) to lie within the image. An empty liver gives the whole slice."""
    inside: NDArray[np.bool_] = np.any(np.asarray(liver, dtype=bool), axis=0, keepdims=True)[0]
    if not inside.any():
        return slice(0, inside.shape[0]), slice(0, inside.shape[1])
    sides = []
    for axis in (0, 1):
        where = np.flatnonzero(np.any(inside, axis=1 - axis))
        first, last = int(where[0]) - MARGIN_PIXELS, int(where[-1]) + 1 + MARGIN_PIXELS
        length = max(last - first, at_least[axis])
        length = min(-(-length // multiple) * multiple, inside.shape[axis])
        first = min(max((first + last - length) // 2, 0), inside.shape[axis] - length)
        sides.append(slice(first, first + length))
    return sides[0], sides[1]


def volume_box(liver: NDArray) -> tuple[slice, slice, slice]:
    """The box around a liver (``zyx``) with a margin, within the image. An empty liver gives the whole image."""
    inside = np.asarray(liver, dtype=bool)
    sides = []
    for axis, length in enumerate(inside.shape):
        where = np.flatnonzero(inside.any(axis=tuple(other for other in range(3) if other != axis)))
        first, last = (int(where[0]), int(where[-1])) if len(where) else (0, length)
        sides.append(slice(max(first - MARGIN_PIXELS, 0), min(last + 1 + MARGIN_PIXELS, length)))
    return sides[0], sides[1], sides[2]


def liver_of(liver: NDArray | None, output: OutputSettings) -> NDArray[np.bool_] | None:
    """Where something may be found: within the liver, or anywhere (None).

    Raises `InputError` if the liver is needed and not given."""
    if not output.restrict_to_liver:
        return None
    if liver is None:
        raise input_error("segmentation.output.restrict_to_liver", "no liver mask was given", "Give one")
    return np.asarray(liver, dtype=bool)


def crop_scans(scans: list[TrainingScan], multiple: int) -> list[TrainingScan]:
    """Every scan cut to a box around its own liver; the boxes have one size where the images
    are large enough, so that slices make batches."""
    boxes = [liver_box(scan.liver, multiple) for scan in scans]
    largest = (max(box[0].stop - box[0].start for box in boxes), max(box[1].stop - box[1].start for box in boxes))
    cropped = []
    for scan in scans:
        y, x = liver_box(scan.liver, multiple, largest)
        image = np.ascontiguousarray(scan.image[:, y, x])
        target, liver = (np.ascontiguousarray(mask[:, y, x]) for mask in (scan.target, scan.liver))
        cropped.append(replace(scan, image=image, target=target, liver=liver))
    return cropped


def padding_to(shape: tuple[int, int], multiple: int) -> tuple[int, int, int, int]:
    """What to add to a (y, x) shape so that it is a multiple, in the order of torch's pad: left, right, top, bottom."""
    (top, bottom), (left, right) = (
        (missing // 2, missing - missing // 2) for missing in (-length % multiple for length in shape)
    )
    return left, right, top, bottom
