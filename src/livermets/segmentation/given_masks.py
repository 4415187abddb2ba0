"""The masks that another reader or program has given of a scan, beside the reference's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livermets.cohort.scan import Scan
from livermets.cohort.study import Cohort
from livermets.errors import Problem
from livermets.imaging.geometry import Volume
from livermets.intake.further_masks import checked_masks
from livermets.intake.scan_data import ScanData
from livermets.segmentation.matched import MatchedMasks, matched_masks, structure_metrics
from livermets.segmentation.written_masks import write_masks


@dataclass(frozen=True, eq=False)
class GivenMasks(MatchedMasks):
    """The lesion masks of a further source, matched and measured, with its liver mask where it has drawn one."""

    liver: NDArray[np.uint8] | None
    warnings: list[Problem]


def match_given(
    scan: Scan,
    cohort: Cohort,
    image: Volume,
    masks: Mapping[str, Volume | None],
    detection_dice: float,
    seen: bool | None = None,
) -> GivenMasks:
    """Reads, checks and matches the masks of the source that drew ``scan``'s. ``masks``: ``lesions`` of the reference
    and the given ``liver``, where there are any; ``seen``: whether a program that drew them was trained on the patient,
    where that is known. Raises `InputError` with everything that is wrong with them."""
    liver = masks.get("liver")
    on = ScanData(image, "", liver=None if liver is None else liver.array > 0)
    drawn = checked_masks(scan, cohort, on)
    assert drawn.lesions is not None
    found = matched_masks(drawn.lesions, masks.get("lesions"), image, detection_dice)
    metrics = dict(found.metrics) if seen is None else {"seen_in_training": int(seen), **found.metrics}
    if drawn.liver is not None:
        metrics |= structure_metrics("liver", liver, drawn.liver, image.grid.spacing_zyx_mm)
    second = None if drawn.liver is None else drawn.liver.astype(np.uint8)
    return GivenMasks(found.labels, found.matching, metrics, second, drawn.warnings)


def write_given(out: Path, scan: Scan, given: GivenMasks, image: Volume, masks: Mapping[str, Volume | None]) -> None:
    """Writes them like those of a network; the overlay says whose they are, and shows the source's own liver if it has
    one."""
    own = None if given.liver is None else image.with_array(given.liver)
    shown = {**masks, "liver": masks.get("liver") if own is None else own}
    words = {"manual": "reference", "automatic": scan.drawn_by}
    if own is not None:
        words["liver"] = f"liver of {scan.drawn_by}"
    title = f"{scan.patient_id} {scan.timepoint}, {scan.drawn_by}"
    who = (scan.cohort, scan.patient_id, scan.timepoint)
    write_masks(out, given, image, shown, who, {"liver": given.liver}, title, words)
