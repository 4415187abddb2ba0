"""Which slices of a scan are shown, and how much of them. Scans and their masks are ``zyx``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_MARGIN_MM = 18.0
_LEAST_SIDE_MM = 70.0


@dataclass(frozen=True, eq=False)
class Pane:
    """One slice of a scan and what is drawn on it; rows run from front to back, or from head to feet."""

    title: str
    image: NDArray
    spacing_mm: tuple[float, float]
    """From row to row and from column to column."""
    contours: Mapping[str, NDArray] = field(default_factory=dict)
    """Masks by whose they are: a key of the common looks of contours."""
    numbered: NDArray | None = None
    """Ids of manual lesions, each drawn with its contour and its id inside."""

    @property
    def size_mm(self) -> tuple[float, float]:
        """Height and width."""
        height, width = self.image.shape
        return height * self.spacing_mm[0], width * self.spacing_mm[1]


def largest_slice(mask: NDArray[np.bool_], axis: int = 0) -> int:
    """Across an axis, the slice with the largest area of the mask; the first of equal ones."""
    return int(np.argmax(_areas(mask, axis)))


def largest_slices(mask: NDArray, most: int) -> list[int]:
    """The axial slices with the largest areas of the mask, from bottom to top."""
    return sorted(int(row) for row in np.argsort(_areas(mask))[-most:])


def spread_slices(mask: NDArray, most: int) -> list[int]:
    """The axial slice with the largest area in each of ``most`` equal parts of the mask's extent; the middle slice if
    the mask is empty."""
    areas = _areas(mask)
    rows = np.flatnonzero(areas)
    if len(rows) == 0:
        return [len(mask) // 2]
    parts = np.array_split(np.arange(rows[0], rows[-1] + 1), min(most, len(rows)))
    return [int(part[np.argmax(areas[part])]) for part in parts if areas[part].any()]


def slices_through_lesions(lesions: NDArray, boxes: Mapping[int, tuple[slice, ...]], most: int) -> list[int]:
    """The largest axial slice of each of the largest lesions, in order of their volume; ``boxes`` bound each lesion."""
    inside = {lesion: lesions[box] == lesion for lesion, box in boxes.items()}
    largest = sorted(inside, key=lambda lesion: -int(inside[lesion].sum()))[:most]
    return [boxes[lesion][0].start + largest_slice(inside[lesion]) for lesion in largest]


def slices_at(shares: Sequence[float], mask: NDArray | None, depth: int) -> list[int]:
    """Axial slices at these shares of the way through the mask, or through the scan where there is no mask."""
    rows = np.arange(depth) if mask is None else np.flatnonzero(mask.any(axis=(1, 2)))
    if not len(rows):
        rows = np.arange(depth)
    return [int(rows[int(share * (len(rows) - 1))]) for share in shares]


def square_around(mask_yx: NDArray, spacing_yx_mm: tuple[float, float]) -> tuple[slice, slice]:
    """A square of the slice around a lesion, at least as wide as the eye needs to know where it is."""
    where = np.argwhere(mask_yx)
    spacing = np.array(spacing_yx_mm)
    centre = (where.min(axis=0) + where.max(axis=0)) / 2
    side_mm = max(float(((np.ptp(where, axis=0) + 1) * spacing).max()) + 2 * _MARGIN_MM, _LEAST_SIDE_MM)
    half = np.ceil(side_mm / 2 / spacing).astype(int)
    low = np.clip(np.round(centre).astype(int) - half, 0, None)
    high = np.minimum(np.round(centre).astype(int) + half + 1, mask_yx.shape)
    return slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1]))


def _areas(mask: NDArray, axis: int = 0) -> NDArray:
    return mask.sum(axis=tuple(other for other in range(3) if other != axis))
