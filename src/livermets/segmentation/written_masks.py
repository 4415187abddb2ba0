"""The masks of a scan by one source on disk, with their tables and picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from numpy.typing import NDArray

from livermets.figures.overlay import SLICE_DOTS_PER_INCH
from livermets.figures.writing import write_png
from livermets.imaging.geometry import Volume
from livermets.io.atomic import folder_aside
from livermets.io.images import write_volume
from livermets.io.tables import write_csv
from livermets.masks.identity import SCAN_KEY
from livermets.segmentation.figures import masks_on_slices
from livermets.segmentation.matched import MatchedMasks


def write_masks(
    out: Path,
    found: MatchedMasks,
    image: Volume,
    masks: Mapping[str, Volume | None],
    scan: tuple[str, str, str],
    beside: Mapping[str, NDArray | None],
    title: str = "",
    words: Mapping[str, str] | None = None,
) -> None:
    """Writes the label map with the CT's geometry, the tables and the overlay of one scan; all of them or none.

    ``masks``: ``lesions`` of the reference and ``liver`` to be drawn as well; ``beside``: further volumes by the name
    of their file, which is removed where there is none; ``title`` and ``words`` of the overlay."""
    who = dict(zip(SCAN_KEY, scan, strict=True))
    manual, liver = (None if mask is None else mask.array for mask in (masks.get("lesions"), masks.get("liver")))
    with folder_aside(out) as aside:
        write_csv(aside / "matching.csv", found.matching.assign(**who)[[*who, *found.matching]])
        write_csv(aside / "scan_metrics.csv", pd.DataFrame([{**who, **found.metrics}]))
        write_volume(aside / "lesions.nii.gz", image.with_array(found.labels))
        for name, array in beside.items():
            if array is not None:
                write_volume(aside / f"{name}.nii.gz", image.with_array(array))
        drawn = masks_on_slices(image, found.labels, manual, liver, title, words)
        write_png(aside / "overlay.png", drawn, SLICE_DOTS_PER_INCH)
    for name, array in beside.items():
        if array is None:
            (out / f"{name}.nii.gz").unlink(missing_ok=True)
