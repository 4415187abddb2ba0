"""DICOM-SEG: every frame placed on the CT by its own position, whatever frames a writer left out."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livermets.errors import InputError, input_error
from livermets.imaging.geometry import Grid
from livermets.io.dicom import shown_name
from livermets.io.masks import LabelMap, chosen_labels, merged

_OFF_LATTICE_ZYX_VOXELS = (0.2, 0.05, 0.05)
"""A CT's slices may be spaced a little unevenly; its pixels are not."""
_FRACTION = 0.5


def read_segments(file: Path, grid: Grid, wanted: Sequence[int | str] = ()) -> LabelMap:
    """A binary, fractional (from a half up) or label-map segmentation on the CT's grid, by segment number.

    Raises `InputError` when a segment is missing or a frame is not on the CT's pixels."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read(file, grid, wanted)
    except InputError:
        raise
    except Exception as error:  # damaged objects raise errors of any kind, and their texts may quote the header
        raise input_error(file, "this DICOM-SEG cannot be read", "Export it again") from error


def _read(file: Path, grid: Grid, wanted: Sequence[int | str]) -> LabelMap:
    import highdicom

    seg = highdicom.seg.segread(file)
    names = {int(n): str(seg.get_segment_description(n).segment_label) for n in seg.segment_numbers}
    where = file.parent / shown_name(file)
    chosen = chosen_labels(names, wanted, where)
    labels, overlap = merged(_layers(seg, _frames(seg), chosen, grid, where), grid)
    return LabelMap(labels, {number: names[number] for number in chosen}, overlap, "DICOM-SEG")


def _frames(seg: Any) -> NDArray:
    pixels = seg.pixel_array
    return pixels[np.newaxis] if pixels.ndim == 2 else pixels


class _Placement:
    """Where the pixels of one frame are in the CT: ``zyx`` index of its first pixel and steps per row and column."""

    def __init__(self, seg: Any, index: int, grid: Grid):
        frame = seg.PerFrameFunctionalGroupsSequence[index]
        shared = seg.SharedFunctionalGroupsSequence[0]

        def group(name: str) -> Any:
            return getattr(frame if name in frame else shared, name)[0]

        position = np.array([float(v) for v in group("PlanePositionSequence").ImagePositionPatient])
        cosines = [float(v) for v in group("PlaneOrientationSequence").ImageOrientationPatient]
        row_mm, column_mm = (float(v) for v in group("PixelMeasuresSequence").PixelSpacing)
        self.first = _index(position - np.array(grid.origin_xyz_mm), grid)
        self.per_row = _index(np.array(cosines[3:]) * row_mm, grid)
        self.per_column = _index(np.array(cosines[:3]) * column_mm, grid)
        corners = [
            self.first,
            self.first + self.per_row * (seg.Rows - 1),
            self.first + self.per_column * (seg.Columns - 1),
        ]
        self.off_lattice = np.max([np.abs(corner - np.rint(corner)) for corner in corners], axis=0)

    def voxels(self, mask: NDArray[np.bool_]) -> NDArray[np.intp]:
        rows, columns = np.nonzero(mask)
        return np.rint(self.first + np.outer(rows, self.per_row) + np.outer(columns, self.per_column)).astype(np.intp)


def _index(vector_xyz_mm: NDArray, grid: Grid) -> NDArray[np.float64]:
    """A vector in millimetres as ``zyx`` voxel steps."""
    direction = np.array(grid.direction).reshape(3, 3)
    return (np.linalg.solve(direction, vector_xyz_mm) / np.array(grid.spacing_xyz_mm))[::-1]


def _layers(
    seg: Any, frames: NDArray, chosen: list[int], grid: Grid, where: Path
) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    kind = str(seg.SegmentationType)
    threshold = _FRACTION * float(seg.get("MaximumFractionalValue", 1)) if kind == "FRACTIONAL" else 0.5
    for number in chosen:
        layer = np.zeros(grid.shape_zyx, bool)
        for index, frame in enumerate(frames):
            if kind == "LABELMAP":
                mask = frame == number
            elif _segment_of(seg, index) == number:
                mask = frame >= threshold
            else:
                continue
            if mask.any():  # frames of nothing may lie anywhere
                layer[tuple(_voxels(_Placement(seg, index, grid), mask, grid, where).T)] = True
        yield number, layer


def _voxels(place: _Placement, mask: NDArray[np.bool_], grid: Grid, where: Path) -> NDArray[np.intp]:
    """The CT's voxels under a frame; `InputError` where there are none."""
    if np.any(place.off_lattice > _OFF_LATTICE_ZYX_VOXELS):
        what = f"the segmentation is not on the pixels of its CT (off by up to {place.off_lattice.max():.2f} voxels)"
        raise input_error(where, what, "Give the segmentation of this CT")
    voxels = place.voxels(mask)
    if np.any(voxels < 0) or np.any(voxels >= np.array(grid.shape_zyx)):
        raise input_error(where, "the segmentation reaches outside its CT", "Give the segmentation of this CT")
    return voxels


def _segment_of(seg: Any, index: int) -> int:
    frame = seg.PerFrameFunctionalGroupsSequence[index]
    holder = frame if "SegmentIdentificationSequence" in frame else seg.SharedFunctionalGroupsSequence[0]
    return int(holder.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
