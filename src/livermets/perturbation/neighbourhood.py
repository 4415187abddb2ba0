"""A lesion of the reference and what surrounds it: all that altered masks of it are made of and judged by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from livermets.perturbation.engine.contained import sum_contained

if TYPE_CHECKING:
    from livermets.radiomics.files import ScanOfWindows

Box = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False)
class Scan:
    """A CT in the intensities that features are taken from, the reference's lesions and the liver that masks leak into
    (None: unknown), all ``zyx`` on one grid."""

    image: NDArray
    labels: NDArray
    liver: NDArray | None
    spacing_zyx_mm: tuple[float, float, float]

    @classmethod
    def of(cls, read: ScanOfWindows) -> Scan:
        """A scan as it was read for its features."""
        liver = None if read.liver is None else read.liver.array
        return cls(read.image.array, read.labels.array, liver, read.image.grid.spacing_zyx_mm)


@dataclass(frozen=True, eq=False)
class Lattice:
    """Windows of ``size`` x ``size`` pixels that begin at pixel (j * step, i * step) of every slice, and what each adds
    to a lesion's score, (z, j, i): NaN where nothing is known of a window."""

    score: NDArray[np.float64]
    size: int
    step: int

    def sum_within(self, mask: NDArray[np.bool_]) -> tuple[int, float]:
        """How many windows a mask of the lattice's shape holds, and the sum of their scores."""
        return sum_contained(mask, self.score, self.size, self.step)

    def within(self, box: Box) -> Lattice:
        """The windows of a box that begins on the lattice."""
        z, y, x = box
        rows, columns = (slice(part.start // self.step, (part.stop - self.size) // self.step + 1) for part in (y, x))
        return Lattice(np.ascontiguousarray(self.score[z, rows, columns]), self.size, self.step)


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """One lesion in the part of the CT (``box``, ``zyx``) that its altered masks may reach.

    ``others``: the other lesions there; ``liver``: where a mask may leak to (everywhere without a liver mask)."""

    box: Box
    reference: NDArray[np.bool_]
    others: NDArray[np.bool_]
    liver: NDArray[np.bool_]
    spacing_zyx_mm: NDArray[np.float64]
    margin_mm: float

    @cached_property
    def volume(self) -> int:
        """Voxels of the lesion."""
        return int(self.reference.sum())

    @cached_property
    def surface_zyx(self) -> NDArray[np.int64]:
        """The lesion's voxels with a face-neighbour outside it, (n, 3)."""
        return np.argwhere(self.reference & ~ndimage.binary_erosion(self.reference))

    @cached_property
    def _nearest(self) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        away = np.ones(self.reference.shape, dtype=bool)
        away[tuple(self.surface_zyx.T)] = False
        distance, place = ndimage.distance_transform_edt(away, self.spacing_zyx_mm, return_indices=True)
        number = np.zeros(away.shape, dtype=np.int32)
        number[tuple(self.surface_zyx.T)] = np.arange(len(self.surface_zyx))
        return distance.astype(np.float32), number[tuple(place)]

    @property
    def to_surface_mm(self) -> NDArray[np.float32]:
        """Distance of every voxel from the nearest one of the surface."""
        return self._nearest[0]

    @property
    def nearest_on_surface(self) -> NDArray[np.int32]:
        """Which voxel of `surface_zyx` that is."""
        return self._nearest[1]

    @cached_property
    def to_border_mm(self) -> NDArray[np.float32]:
        """How far the border must move for a voxel to change sides: inside, the distance to the nearest voxel outside;
        outside, to the nearest one inside."""
        depth = ndimage.distance_transform_edt(np.pad(self.reference, 1), self.spacing_zyx_mm)[1:-1, 1:-1, 1:-1]
        return np.where(self.reference, depth, self.to_surface_mm).astype(np.float32)

    def prepare(self) -> None:
        """Makes what is made once per lesion, before several threads want it."""
        for name in ("volume", "surface_zyx", "_nearest", "to_border_mm"):
            getattr(self, name)

    @cached_property
    def position_mm(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Coordinates along each axis, as an open grid."""
        z, y, x = (np.arange(n) * mm for n, mm in zip(self.reference.shape, self.spacing_zyx_mm, strict=True))
        return z[:, None, None], y[None, :, None], x[None, None, :]


def neighbourhood(
    labels_zyx: NDArray,
    lesion_id: int,
    liver_zyx: NDArray | None,
    spacing_zyx_mm: tuple[float, float, float],
    margin_mm: float,
    step: int = 1,
) -> Neighbourhood:
    """What surrounds a lesion of a label map by ``margin_mm``, as far as the CT reaches; rows and columns begin at a
    multiple of ``step``, so that the CT's lattice of windows is the neighbourhood's too."""
    spacing = np.asarray(spacing_zyx_mm, dtype=np.float64)
    inside = np.asarray(labels_zyx) == lesion_id
    tight = ndimage.find_objects(inside.astype(np.uint8))[0]
    reach = np.ceil(margin_mm / spacing).astype(int)
    z, y, x = (
        slice(max(part.start - more, 0) // every * every, min(part.stop + more, length))
        for part, more, length, every in zip(tight, reach, inside.shape, (1, step, step), strict=True)
    )
    reference = np.ascontiguousarray(inside[z, y, x])
    others = (np.asarray(labels_zyx)[z, y, x] > 0) & ~reference
    liver = np.ones_like(reference) if liver_zyx is None else np.asarray(liver_zyx)[z, y, x] > 0
    return Neighbourhood((z, y, x), reference, others, liver, spacing, margin_mm)
