"""DICOM-SEG: every frame placed on the CT by its own position, whatever frames a writer left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from livermets.errors import InputError, input_error
from livermets.imaging.contours import ContourError, check_no_slice_skipped
from livermets.imaging.geometry import Grid
from livermets.io.dicom.headers import shown_name
from livermets.io.dicom.leniency import read_leniently
from livermets.io.labels import LabelMap, chosen_labels, label_map, numbered

_OFF_LATTICE_ZYX_VOXELS = (0.2, 0.05, 0.05)
"""How far a frame may lie off the CT: along z off the nearest slice, in the plane off the pixels."""
_STEP_OFF = 0.05
_FRACTION = 0.5
_BACKGROUND_CODE = ("125040", "DCM")

Fate = Literal["used", "empty", "unchosen", "unnamed"]
"""What became of a frame: used; holds no pixel of any segment; holds only segments that were not asked for; holds only
segments that the object does not name."""


def read_segments(file: Path, grid: Grid, wanted: Sequence[int | str] = (), optional: bool = False) -> LabelMap:
    """A binary, fractional (from a half up) or label-map segmentation on the CT's grid, by segment number, with a
    remark on frames that hold what the object does not name.

    Raises `InputError` when a segment is missing (unless they are ``optional``) or a frame is not on the CT's
    pixels."""
    try:
        with read_leniently():
            return _read(file, grid, wanted, optional)
    except InputError:
        raise
    except Exception as error:  # damaged objects raise errors of any kind, and their texts may quote the header
        raise input_error(file, "this DICOM-SEG cannot be read", "Export it again") from error


def _read(file: Path, grid: Grid, wanted: Sequence[int | str], optional: bool) -> LabelMap:
    import highdicom

    seg = highdicom.seg.segread(file)
    where = file.parent / shown_name(file)
    names, background, remarks = _segments(seg, where)
    chosen = {number: names[number] for number in chosen_labels(names, wanted, where, optional)}
    frames = _frames(seg)
    content = frame_content(seg, frames, background)
    unnamed = set().union(*content) - set(names)
    if unnamed:
        count = frame_fates(content, chosen, names)["unnamed"]
        listed = ", ".join(map(str, sorted(unnamed)))
        alone = f"{count} frame(s) hold nothing else"
        remarks.append(f"pixels of segment {listed}, which the object does not name, are left out ({alone})")
    return label_map(_layers(seg, frames, content, chosen, grid, where), chosen, grid, "DICOM-SEG", remarks)


def _segments(seg: Any, where: Path) -> tuple[dict[int, str], frozenset[int], list[str]]:
    """Names of the segments by number, the numbers of the background, and what there is to say about these.

    In a label map the pixel padding value is the background (0 where there is none), declared as a segment or not, and
    so is a segment with the code for it (DICOM PS3.16, 125040 DCM)."""
    names = numbered(((int(s.SegmentNumber), str(s.get("SegmentLabel", ""))) for s in seg.SegmentSequence), where)
    if str(seg.SegmentationType) != "LABELMAP":
        return names, frozenset(), []
    coded = {int(s.SegmentNumber) for s in seg.SegmentSequence if _is_background(s)}
    background = frozenset({int(seg.get("PixelPaddingValue") or 0), *coded})
    said = [
        f'segment {n} "{names[n]}" is the background of this label map and is left out'
        for n in sorted(background & set(names) - coded)
        if "background" not in names[n].casefold()
    ]
    return {n: name for n, name in names.items() if n not in background}, background, said


def _is_background(segment: Any) -> bool:
    codes = [
        *(segment.get("SegmentedPropertyCategoryCodeSequence") or []),
        *(segment.get("SegmentedPropertyTypeCodeSequence") or []),
    ]
    return any((code.get("CodeValue"), code.get("CodingSchemeDesignator")) == _BACKGROUND_CODE for code in codes)


def frame_content(seg: Any, frames: NDArray, background: frozenset[int]) -> list[frozenset[int]]:
    """The segments that every frame holds pixels of."""
    if len(frames) != len(seg.PerFrameFunctionalGroupsSequence):
        raise ValueError("frames are missing")
    if str(seg.SegmentationType) == "LABELMAP":
        return [frozenset(np.unique(frame).tolist()) - background for frame in frames]
    threshold = _threshold(seg)
    return [
        frozenset({_segment_of(seg, index)} if np.any(frame >= threshold) else ()) for index, frame in enumerate(frames)
    ]


def frame_fates(content: Sequence[frozenset[int]], chosen: Container[int], names: Container[int]) -> Counter[Fate]:
    """What became of the frames: the numbers add up to all of them."""

    def fate(held: frozenset[int]) -> Fate:
        if not held:
            return "empty"
        if any(number in chosen for number in held):
            return "used"
        return "unchosen" if any(number in names for number in held) else "unnamed"

    return Counter(fate(held) for held in content)


def _threshold(seg: Any) -> float:
    """The stored value from which a pixel counts."""
    fractional = str(seg.SegmentationType) == "FRACTIONAL"
    return _FRACTION * float(seg.get("MaximumFractionalValue", 1)) if fractional else 0.5


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
        self.first = grid.index_zyx(position[np.newaxis])[0]
        self.per_row = _step(np.array(cosines[3:]) * row_mm, grid)
        self.per_column = _step(np.array(cosines[:3]) * column_mm, grid)
        corners = np.array(
            [
                self.first,
                self.first + self.per_row * (seg.Rows - 1),
                self.first + self.per_column * (seg.Columns - 1),
            ]
        )
        off = np.abs(corners - np.rint(corners))
        off[:, 0] = np.abs(grid.nearest_slices(corners[:, 0])[1])
        self.off_lattice = off.max(axis=0)

    @property
    def on_pixels(self) -> bool:
        """Whether a step from pixel to pixel is one from voxel to voxel, along one axis."""
        steps = np.abs([self.per_row, self.per_column])
        return bool(np.all(np.abs(steps.max(axis=1) - 1) < _STEP_OFF) and np.all(np.sort(steps)[:, :2] < _STEP_OFF))

    def voxels(self, mask: NDArray[np.bool_], grid: Grid) -> NDArray[np.intp]:
        rows, columns = np.nonzero(mask)
        found = self.first + np.outer(rows, self.per_row) + np.outer(columns, self.per_column)
        heights = np.where(grid.holds_heights(found[:, 0]), grid.nearest_slices(found[:, 0])[0], -1)
        return np.column_stack([heights, np.rint(found[:, 1:])]).astype(np.intp)


def _step(vector_xyz_mm: NDArray, grid: Grid) -> NDArray[np.float64]:
    """A vector in millimetres as ``zyx`` voxel steps."""
    return np.subtract(*grid.index_zyx(np.array([vector_xyz_mm, np.zeros(3)])))


def _layers(
    seg: Any, frames: NDArray, content: Sequence[frozenset[int]], chosen: Iterable[int], grid: Grid, where: Path
) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    label_values, threshold = str(seg.SegmentationType) == "LABELMAP", _threshold(seg)
    for number in chosen:
        layer = np.zeros(grid.shape_zyx, bool)
        for index in (index for index, held in enumerate(content) if number in held):
            mask = frames[index] == number if label_values else frames[index] >= threshold
            layer[tuple(_voxels(_Placement(seg, index, grid), mask, grid, where).T)] = True
        _check_slices(layer, where)
        yield number, layer


def _voxels(place: _Placement, mask: NDArray[np.bool_], grid: Grid, where: Path) -> NDArray[np.intp]:
    """The CT's voxels under a frame; `InputError` where there are none."""
    if np.any(place.off_lattice > _OFF_LATTICE_ZYX_VOXELS):
        what = f"the segmentation is not on the pixels of its CT (off by up to {place.off_lattice.max():.2f} voxels)"
        raise input_error(where, what, "Give the segmentation of this CT")
    if not place.on_pixels:
        what = "the pixels of the segmentation are not as large as those of its CT, or are turned against them"
        raise input_error(where, what, "Give the segmentation of this CT")
    voxels = place.voxels(mask, grid)
    if np.any(voxels < 0) or np.any(voxels >= np.array(grid.shape_zyx)):
        raise input_error(where, "the segmentation reaches outside its CT", "Give the segmentation of this CT")
    return voxels


def _check_slices(layer: NDArray[np.bool_], where: Path) -> None:
    """Refuses a segment on every n-th slice only: it was drawn on a series of thicker slices."""
    slices = np.flatnonzero(layer.any(axis=(1, 2)))
    if len(set(np.diff(slices))) != 1:
        return
    try:
        check_no_slice_skipped(slices.tolist(), "the segmentation is")
    except ContourError as error:
        raise input_error(where, str(error), "Give the segmentation of this CT") from error


def _segment_of(seg: Any, index: int) -> int:
    frame = seg.PerFrameFunctionalGroupsSequence[index]
    holder = frame if "SegmentIdentificationSequence" in frame else seg.SharedFunctionalGroupsSequence[0]
    return int(holder.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
