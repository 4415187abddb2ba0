"""Segments that may overlap, as one label map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Box = tuple[slice, ...]


@dataclass(frozen=True)
class Overlap:
    """Voxels that two segments claim, ``first`` being the lower number."""

    first: int
    second: int
    voxels: int
    inside: int | None = None
    """The smaller one, where it lies wholly inside the other: it keeps the voxels, whatever its number. Else the lower
    number keeps them."""


@dataclass(frozen=True, eq=False)
class Merged:
    """A label map of segments, and what became of those that overlap."""

    labels: NDArray[np.uint16]
    sizes: Mapping[int, int]
    """Voxels of every segment before they were merged."""
    overlaps: tuple[Overlap, ...]
    swallowed: Mapping[int, tuple[int, ...]]
    """Segments with voxels but none of their own, and who holds these."""


@dataclass(frozen=True, eq=False)
class _Layer:
    """A segment cut to the box around it: most are small, and all are needed at once."""

    number: int
    box: Box
    mask: NDArray[np.bool_]
    size: int

    def shared_with(self, other: _Layer) -> int:
        pairs = zip(self.box, other.box, strict=True)
        both = tuple(slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in pairs)
        if any(part.start >= part.stop for part in both):
            return 0
        return int(np.count_nonzero(self._at(both) & other._at(both)))

    def _at(self, box: Box) -> NDArray[np.bool_]:
        pairs = zip(box, self.box, strict=True)
        return self.mask[tuple(slice(b.start - own.start, b.stop - own.start) for b, own in pairs)]


def merged(layers: Iterable[tuple[int, NDArray[np.bool_]]], shape_zyx: tuple[int, int, int]) -> Merged:
    """Segments as one label map. A voxel of two segments goes to the one that lies wholly inside the other, so that no
    nested lesion is lost, else to the lower number."""
    cut = [_cut(number, mask) for number, mask in layers]
    sizes = {number: layer.size if layer else 0 for number, layer in cut}
    held = sorted((layer for _, layer in cut if layer), key=lambda layer: layer.number)
    overlaps = tuple(_overlaps(held))
    around = {(o.first + o.second - o.inside, o.inside) for o in overlaps if o.inside is not None}
    labels = np.zeros(shape_zyx, np.uint16)
    for layer in held:
        place = labels[layer.box]
        outer = [number for number, inner in around if inner == layer.number]
        place[layer.mask & ((place == 0) | np.isin(place, outer))] = layer.number
    swallowed = {layer.number: _holders(labels, layer) for layer in held if layer.number not in labels[layer.box]}
    return Merged(labels, sizes, overlaps, swallowed)


def _cut(number: int, mask: NDArray[np.bool_]) -> tuple[int, _Layer | None]:
    boxes = ndimage.find_objects(mask.view(np.uint8))
    if not boxes:
        return number, None
    inside = mask[boxes[0]].copy()
    return number, _Layer(number, boxes[0], inside, int(np.count_nonzero(inside)))


def _overlaps(layers: list[_Layer]) -> Iterable[Overlap]:
    for place, first in enumerate(layers):
        for second in layers[place + 1 :]:
            voxels = first.shared_with(second)
            if voxels:
                small, large = sorted((first, second), key=lambda layer: layer.size)
                nested = voxels == small.size < large.size
                yield Overlap(first.number, second.number, voxels, small.number if nested else None)


def _holders(labels: NDArray[np.uint16], layer: _Layer) -> tuple[int, ...]:
    return tuple(int(number) for number in np.unique(labels[layer.box][layer.mask]))
