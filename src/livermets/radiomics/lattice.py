"""Which windows exist: one lattice anchored at the image's pixel (0, 0), kept where the window lies fully inside.

Two masks of one lesion therefore give windows at the same places, which can be compared one by one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def contained_windows(labels_zyx: NDArray, label: int, size: int, step: int) -> NDArray[np.int64]:
    """First pixels ``(n, 3)`` (z, y, x) of all windows whose ``size`` x ``size`` pixels all carry ``label``.

    Sorted by z, y, x. Counted on a summed-area table, so the cost does not depend on the window's size."""
    box = _bounding_box(labels_zyx, label)
    if box is None:
        return np.empty((0, 3), dtype=np.int64)
    first, last = box
    inside = labels_zyx[first[0] : last[0], first[1] : last[1], first[2] : last[2]] == label
    if inside.shape[1] < size or inside.shape[2] < size:
        return np.empty((0, 3), dtype=np.int64)
    area = np.zeros((inside.shape[0], inside.shape[1] + 1, inside.shape[2] + 1), dtype=np.int32)
    np.cumsum(np.cumsum(inside, axis=1, dtype=np.int32), axis=2, out=area[:, 1:, 1:])
    filled = area[:, size:, size:] - area[:, :-size, size:] - area[:, size:, :-size] + area[:, :-size, :-size]
    skip_y, skip_x = -first[1] % step, -first[2] % step
    found = np.argwhere(filled[:, skip_y::step, skip_x::step] == size * size)
    return found * (1, step, step) + (first[0], first[1] + skip_y, first[2] + skip_x)


def labels_in(labels_zyx: NDArray) -> list[int]:
    """The label values present, background left out, ascending."""
    return [int(value) for value in np.unique(labels_zyx) if value != 0]


def windows_by_label(labels_zyx: NDArray, labels: Sequence[int], size: int, step: int) -> dict[int, NDArray[np.int64]]:
    """`contained_windows` of each label, in the order given; a lesion too small for any window has an empty array."""
    return {label: contained_windows(labels_zyx, label, size, step) for label in labels}


def _bounding_box(labels_zyx: NDArray, label: int) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    marked = labels_zyx == label
    spans = []
    for axis in range(3):
        present = np.flatnonzero(marked.any(axis=tuple(other for other in range(3) if other != axis)))
        if present.size == 0:
            return None
        spans.append((present[0], present[-1] + 1))
    low, high = np.array(spans, dtype=np.int64).T
    return low, high
