"""Masks of any supported kind as one label map on their CT's grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livermets.errors import input_error
from livermets.imaging.geometry import Grid, Volume
from livermets.imaging.placing import resampled_to, voxels_beyond
from livermets.io.images import read_volume
from livermets.io.labels import LARGEST_LABEL, LabelMap, chosen_labels
from livermets.io.presence import require

_WHOLE = 1e-3
"""How far a label may be from a whole number: 0.99999994 is 1."""


def read_mask(
    path: Path, grid: Grid, wanted: Sequence[int | str] = (), resample: bool = False, optional: bool = False
) -> LabelMap:
    """A mask file or folder on its CT's grid, with only the labels ``wanted`` (all above 0 when empty).

    Raises `InputError` when it cannot be read, lies on another grid (unless ``resample``), or lacks a label (unless
    they are ``optional``)."""
    require(path, "this mask")
    # Not at the top: an image file is read without loading what reads DICOM.
    from livermets.io.dicom.headers import mask_object

    kind, file = mask_object(path)
    if kind == "SEG":
        from livermets.io.dicom.seg import read_segments

        return read_segments(file, grid, wanted, optional)
    if kind == "RTSTRUCT":
        from livermets.io.dicom.rtstruct import read_structures

        return read_structures(file, grid, wanted, optional)
    if kind == "series":
        from livermets.io.dicom.volumes import read_series_folder

        volume, form = read_series_folder(path).volume, "DICOM mask slices"
    else:
        volume, form = read_volume(path), "label map"
    return _from_volume(volume, path, grid, wanted, resample, optional, form)


def integer_labels(array: NDArray, where: object) -> NDArray[np.uint16]:
    """A mask's values as labels; a float file is fine when its values are whole numbers, up to what rescaling in single
    precision leaves of them."""
    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            n = int(np.count_nonzero(~np.isfinite(array)))
            raise input_error(where, f"{n} voxels are not numbers (NaN or infinite)", "Export it again")
        whole = np.rint(array)
        if np.any(np.abs(array - whole) > _WHOLE):
            fix = "A mask holds whole label values; export it again (a probability map needs a threshold first)"
            raise input_error(where, "the mask has fractions as values", fix)
        array = whole
    if array.dtype in (np.uint8, np.bool_):
        return array.astype(np.uint16)
    low, high = (float(array.min()), float(array.max())) if array.size else (0.0, 0.0)
    if low < 0 or high > LARGEST_LABEL:
        fix = "A mask holds label values from 0 up; is this an image?"
        raise input_error(where, f"the mask has values from {low:g} to {high:g}", fix)
    return array.astype(np.uint16)


def _from_volume(
    volume: Volume,
    path: Path,
    grid: Grid,
    wanted: Sequence[int | str],
    resample: bool,
    optional: bool,
    kind: str,
) -> LabelMap:
    labels = integer_labels(volume.array, path)
    differences = volume.grid.differences(grid)
    if differences and not resample:
        fix = "Draw it on this CT, or set resample_masks: true if its geometry is right"
        raise input_error(path, f"the mask is not on the grid of its CT ({'; '.join(differences)})", fix)
    if wanted:
        present = {int(value): "" for value in np.unique(labels) if value}
        chosen = chosen_labels(present, wanted, path, optional)
        labels = np.where(np.isin(labels, chosen), labels, 0).astype(np.uint16)
    if not differences:
        return LabelMap(labels, kind=kind)
    drawn = Volume(labels, volume.grid)
    moved = resampled_to(drawn, grid)
    return LabelMap(moved, kind=kind, remarks=tuple(_lost(drawn, moved, grid)))


def _lost(drawn: Volume, moved: NDArray, grid: Grid) -> Iterator[str]:
    """What a mask loses on its way to the grid of its CT."""
    beyond, total = voxels_beyond(drawn, grid)
    if beyond:
        yield f"{beyond} of {total} voxels of the mask lie outside the CT and are left out"
    gone = sorted(set(np.unique(drawn.array).tolist()) - set(np.unique(moved).tolist()) - {0})
    if gone:
        yield f"no voxel centre of the CT lies inside label {', '.join(map(str, gone))}"
