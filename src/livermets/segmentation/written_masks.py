"""The masks of a scan by one source on disk, with their tables and picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.figures.overlay import SLICE_DOTS_PER_INCH
from livermets.figures.writing import write_png
from livermets.imaging.geometry import Volume
from livermets.io.images import write_volume
from livermets.io.tables import write_csv
from livermets.masks.identity import SCAN_KEY
from livermets.segmentation.figures import masks_on_slices
from livermets.segmentation.matched import MatchedMasks


def write_masks(
    out: Path,
    found: MatchedMasks,
    image: Volume,
    masks: dict[str, Volume | None],
    scan: tuple[str, str, str],
    probability: NDArray[np.float32] | None = None,
) -> None:
    """Writes the label map with the CT's geometry, the tables and the overlay of one scan."""
    who = dict(zip(SCAN_KEY, scan, strict=True))
    write_csv(out / "matching.csv", found.matching.assign(**who)[[*who, *found.matching]])
    write_csv(out / "scan_metrics.csv", pd.DataFrame([{**who, **found.metrics}]))
    if probability is not None:
        write_volume(out / "probability.nii.gz", image.with_array(probability.astype(np.float32)))
    manual, liver = masks.get("lesions"), masks.get("liver")
    drawn = masks_on_slices(image, found.labels, manual.array if manual else None, liver.array if liver else None)
    write_png(out / "overlay.png", drawn, SLICE_DOTS_PER_INCH)
    write_volume(out / "lesions.nii.gz", image.with_array(found.labels))
