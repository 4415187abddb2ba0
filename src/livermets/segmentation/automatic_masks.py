"""The automatic masks of a scan on disk, with their tables and picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from livermets.imaging.geometry import Volume
from livermets.io.atomic import written_aside
from livermets.io.images import write_volume
from livermets.io.tables import write_csv
from livermets.masks.identity import SCAN_KEY
from livermets.segmentation.pictures import overlay
from livermets.segmentation.segment import Segmented


def write_segmented(
    out: Path,
    found: Segmented,
    image: Volume,
    masks: dict[str, Volume | None],
    scan: tuple[str, str, str],
    keep_probability: bool,
) -> None:
    """Writes the label map with the CT's geometry, the tables and the overlay of one scan."""
    who = dict(zip(SCAN_KEY, scan, strict=True))
    matching = found.matching.copy()
    for position, (column, value) in enumerate(who.items()):
        matching.insert(position, column, value)
    write_csv(out / "matching.csv", matching)
    write_csv(out / "scan_metrics.csv", pd.DataFrame([{**who, **found.metrics}]))
    if keep_probability:
        write_volume(out / "probability.nii.gz", image.with_array(found.probability.astype(np.float32)))
    manual, liver = masks.get("lesions"), masks.get("liver")
    figure = overlay(
        image.array,
        manual.array if manual else None,
        found.labels,
        liver.array if liver else None,
        image.grid.spacing_zyx_mm,
    )
    with written_aside(out / "overlay.png") as aside:
        figure.savefig(aside, dpi=110, format="png")
    write_volume(out / "lesions.nii.gz", image.with_array(found.labels))
