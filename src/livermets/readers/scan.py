"""How alike the masks of one scan are, source by source: every lesion, all lesions together, and the liver."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from livermets.masks.identity import FIRST_UNMATCHED_ID
from livermets.masks.metrics import mask_metrics
from livermets.readers.tables import MEASURES, PAIRWISE_COLUMNS

LESION, SCAN, LIVER = "lesion", "scan", "liver"
STRUCTURES = (LESION, SCAN, LIVER)
"""One lesion of the reference; all lesions of a scan together; the liver."""
LACKING = ("a", "b", "both")
"""Which source of a pair has nothing of a structure, as `lacking` says it; empty: neither."""


def pairwise(
    lesions: Mapping[str, NDArray],
    livers: Mapping[str, NDArray],
    spacing_zyx_mm: tuple[float, float, float],
) -> pd.DataFrame:
    """One row per structure and unordered pair of sources (in the order given), the masks by source as ``zyx`` label
    maps on one grid.

    A label up to 1000 is the same lesion in every map (that of the reference; 0 is none), larger ones are findings
    without a lesion of the reference: they count with the whole scan (``n_unmatched_*`` says how many). Dice; volume
    ratio (that of b over that of a); mean symmetric surface distance and Hausdorff distance, mm. Where one source lacks
    a structure its Dice is 0 and the rest is not defined; where both do, nothing is. ``lacking`` says which."""
    return pd.DataFrame(
        [*_lesions(lesions, spacing_zyx_mm), *_livers(livers, spacing_zyx_mm)], columns=list(PAIRWISE_COLUMNS)
    )


def _lesions(maps: Mapping[str, NDArray], spacing_zyx_mm: tuple[float, float, float]) -> Iterator[dict[str, object]]:
    boxes = {source: _boxes(labels) for source, labels in maps.items()}
    ids = {lesion for found in boxes.values() for lesion in found if lesion < FIRST_UNMATCHED_ID}
    for lesion in sorted(ids):
        where = _around(found[lesion] for found in boxes.values() if lesion in found)
        masks = {source: labels[where] == lesion for source, labels in maps.items()}
        for row in _pairs(masks, spacing_zyx_mm):
            yield {"structure": LESION, "lesion_id": lesion, **row}
    unmatched = {source: sum(number >= FIRST_UNMATCHED_ID for number in found) for source, found in boxes.items()}
    for row in _pairs({source: labels > 0 for source, labels in maps.items()}, spacing_zyx_mm):
        counts = {f"n_unmatched_{side}": unmatched[str(row[f"source_{side}"])] for side in "ab"}
        yield {"structure": SCAN, **row, **counts}


def _livers(maps: Mapping[str, NDArray], spacing_zyx_mm: tuple[float, float, float]) -> Iterator[dict[str, object]]:
    for row in _pairs({source: labels > 0 for source, labels in maps.items()}, spacing_zyx_mm):
        yield {"structure": LIVER, **row}


def _pairs(masks: Mapping[str, NDArray], spacing_zyx_mm: tuple[float, float, float]) -> Iterator[dict[str, object]]:
    for (name_a, a), (name_b, b) in combinations(masks.items(), 2):
        volumes = [float(mask.sum() * np.prod(spacing_zyx_mm)) / 1000 for mask in (a, b)]
        found = mask_metrics(a, b, spacing_zyx_mm)
        lacking = [side for side, volume in zip("ab", volumes, strict=True) if not volume]
        yield {
            "source_a": name_a,
            "source_b": name_b,
            "volume_a_ml": volumes[0],
            "volume_b_ml": volumes[1],
            **{measure: found[measure] for measure in MEASURES},
            # With a mask missing the ratio would be 0 or undefined, by which of the two is named first.
            "volume_ratio": np.nan if lacking else found["volume_ratio"],
            "lacking": "both" if len(lacking) == 2 else "".join(lacking),
        }


def _boxes(labels: NDArray) -> dict[int, tuple[slice, ...]]:
    """The box of every label of a map."""
    return {number: box for number, box in enumerate(ndimage.find_objects(labels), start=1) if box is not None}


def _around(boxes: Iterable[tuple[slice, ...]]) -> tuple[slice, ...]:
    """The box around some boxes."""
    sides = zip(*boxes, strict=True)
    return tuple(slice(min(one.start for one in side), max(one.stop for one in side)) for side in sides)
