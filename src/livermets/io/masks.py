"""Masks of any supported kind as one label map on their CT's grid."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livermets.errors import input_error
from livermets.imaging.geometry import Grid, Volume
from livermets.imaging.layers import Overlap, merged
from livermets.imaging.placing import resampled_to, voxels_beyond
from livermets.io.images import read_volume
from livermets.io.listing import require
from livermets.io.patterns import matches

LARGEST_LABEL = 60_000
_WHOLE = 1e-3
"""How far a label may be from a whole number: 0.99999994 is 1."""


@dataclass(frozen=True)
class LabelMap:
    """Which label every voxel carries: a ``zyx`` array on the CT's grid, 0 outside."""

    labels: NDArray[np.integer]
    names: dict[int, str] = field(default_factory=dict)
    """Names of labels, where the format has them."""
    kind: str = "label map"
    remarks: tuple[str, ...] = ()
    """What was left out of what the file holds, and segments that turned out empty, each in a sentence."""
    overlaps: tuple[str, ...] = ()
    """Which segments claim the same voxels, and who keeps them."""
    swallowed: Mapping[int, str] = field(default_factory=dict)
    """Labels that have no voxel of their own because others hold them all, each with a sentence: lesions that would be
    lost."""


def read_mask(path: Path, grid: Grid, wanted: Sequence[int | str] = (), resample: bool = False) -> LabelMap:
    """A mask file or folder on its CT's grid, with only the labels ``wanted`` (all above 0 when empty).

    Raises `InputError` when it cannot be read, lies on another grid (unless ``resample``), or lacks a label."""
    from livermets.io.dicom import mask_object

    require(path, "this mask")
    kind, file = mask_object(path)
    if kind == "SEG":
        from livermets.io.dicom_seg import read_segments

        return read_segments(file, grid, wanted)
    if kind == "RTSTRUCT":
        from livermets.io.rtstruct import read_structures

        return read_structures(file, grid, wanted)
    if kind == "series":
        from livermets.io.dicom import read_series_folder

        return _from_volume(read_series_folder(path).volume, path, grid, wanted, resample, "DICOM mask slices")
    return _from_volume(read_volume(path), path, grid, wanted, resample, "label map")


def chosen_labels(names: Mapping[int, str], wanted: Sequence[int | str], where: object) -> list[int]:
    """The label numbers that ``wanted`` (numbers, names, patterns with ``*``) stands for; all when it is empty."""
    if names and not 0 < min(names) <= max(names) <= LARGEST_LABEL:
        raise input_error(where, "the mask has label numbers that cannot be", f"Number them from 1 to {LARGEST_LABEL}")
    if not wanted:
        return sorted(names)
    chosen: set[int] = set()
    for entry in wanted:
        found = {number for number, name in names.items() if _matches(entry, number, name)}
        if not found:
            listed = ", ".join(f"{n} {name}".strip() for n, name in sorted(names.items())) or "none"
            raise input_error(where, f'there is no label "{entry}"', f"Labels of this mask: {listed}")
        chosen |= found
    return sorted(chosen)


def numbered(pairs: Iterable[tuple[int, str]], where: object) -> dict[int, str]:
    """Names by label number; `InputError` where two share a number, since one of them would disappear."""
    names: dict[int, str] = {}
    for number, name in pairs:
        if number in names:
            what = f'"{names[number]}" and "{name}" have the same number, {number}'
            raise input_error(where, what, "Export it again with a number of its own for each")
        names[number] = name
    return names


def lesion_numbers(names: Mapping[int, str]) -> dict[int, int]:
    """From segment number to lesion_id: the number at the end of the name ("Tumor_3") where every name has its own,
    else the segment number."""
    ends = {number: re.search(r"(\d+)\s*$", name) for number, name in names.items()}
    numbers = {number: int(match[1]) for number, match in ends.items() if match and int(match[1]) > 0}
    if len(numbers) == len(names) and len(set(numbers.values())) == len(names):
        return numbers
    return {number: number for number in names}


def label_map(
    layers: Iterable[tuple[int, NDArray[np.bool_]]],
    names: Mapping[int, str],
    grid: Grid,
    kind: str,
    remarks: Sequence[str] = (),
    shown: str = '{number} "{name}"',
) -> LabelMap:
    """Segments that may overlap as one label map, and what there is to say about them (see `imaging.layers`). A reader
    may add to its ``remarks`` while it makes the layers."""
    whole = merged(layers, grid.shape_zyx)
    called = {number: shown.format(number=number, name=name) for number, name in names.items()}
    empty = [called[number] for number, size in whole.sizes.items() if not size]
    said = [*remarks, *([f"no voxel lies inside {_listed(empty)}"] if empty else [])]
    overlaps = tuple(_overlap(overlap, whole.sizes, called) for overlap in whole.overlaps)
    swallowed = {
        number: f"{called[number]} has no voxel of its own: all of its {whole.sizes[number]} belong to "
        f"{_listed([called[holder] for holder in holders])}"
        for number, holders in whole.swallowed.items()
    }
    return LabelMap(whole.labels, dict(names), kind, tuple(said), overlaps, swallowed)


def _overlap(overlap: Overlap, sizes: Mapping[int, int], called: Mapping[int, str]) -> str:
    first, second = (f"{called[n]} ({sizes[n]} voxels)" for n in (overlap.first, overlap.second))
    if overlap.inside is None:
        return f"{first} and {second} share {overlap.voxels}; {called[overlap.first]}, the lower number, keeps them"
    inner, outer = (first, second) if overlap.inside == overlap.first else (second, first)
    return f"{inner} lies wholly inside {outer}; it keeps its voxels, which the outer one is counted without"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


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
    volume: Volume, path: Path, grid: Grid, wanted: Sequence[int | str], resample: bool, kind: str
) -> LabelMap:
    labels = integer_labels(volume.array, path)
    differences = volume.grid.differences(grid)
    if differences and not resample:
        fix = "Draw it on this CT, or set resample_masks: true if its geometry is right"
        raise input_error(path, f"the mask is not on the grid of its CT ({'; '.join(differences)})", fix)
    if wanted:
        present = {int(value): "" for value in np.unique(labels) if value}
        chosen = chosen_labels(present, wanted, path)
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


def _matches(entry: int | str, number: int, name: str) -> bool:
    if isinstance(entry, int) or entry.isdigit():
        return int(entry) == number
    return bool(name) and matches(name, entry)
