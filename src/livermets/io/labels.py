"""Labels and their names, whatever kind of file a mask is kept in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from livermets.errors import input_error
from livermets.imaging.geometry import Grid
from livermets.imaging.layers import Overlap, merged
from livermets.io.patterns import matches

LARGEST_LABEL = 60_000


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


def chosen_labels(
    names: Mapping[int, str], wanted: Sequence[int | str], where: object, optional: bool = False
) -> list[int]:
    """The label numbers that ``wanted`` (numbers, names, patterns with ``*``) stands for; all when it is empty.

    Raises `InputError` where an entry stands for none, unless it is ``optional``: a label that was not drawn."""
    if names and not 0 < min(names) <= max(names) <= LARGEST_LABEL:
        raise input_error(where, "the mask has label numbers that cannot be", f"Number them from 1 to {LARGEST_LABEL}")
    if not wanted:
        return sorted(names)
    chosen: set[int] = set()
    for entry in wanted:
        found = {number for number, name in names.items() if _matches(entry, number, name)}
        if not found and not optional:
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


def _matches(entry: int | str, number: int, name: str) -> bool:
    if isinstance(entry, int) or entry.isdigit():
        return int(entry) == number
    return bool(name) and matches(name, entry)


def _overlap(overlap: Overlap, sizes: Mapping[int, int], called: Mapping[int, str]) -> str:
    first, second = (f"{called[n]} ({sizes[n]} voxels)" for n in (overlap.first, overlap.second))
    if overlap.inside is None:
        return f"{first} and {second} share {overlap.voxels}; {called[overlap.first]}, the lower number, keeps them"
    inner, outer = (first, second) if overlap.inside == overlap.first else (second, first)
    return f"{inner} lies wholly inside {outer}; it keeps its voxels, which the outer one is counted without"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
