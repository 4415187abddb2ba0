"""Automatic masks on disk, with their tables and picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from livermets.errors import input_error
from livermets.figures.overlay import SLICE_DOTS_PER_INCH
from livermets.figures.writing import write_png
from livermets.imaging.geometry import Volume
from livermets.io.images import write_volume
from livermets.io.tables import write_csv
from livermets.masks.identity import SCAN_KEY
from livermets.segmentation.figures import masks_on_slices
from livermets.segmentation.folds import unseen_network
from livermets.segmentation.segment import ChosenNetwork, Segmented
from livermets.segmentation.weights import load_network, network_settings, read_description


def choose_network(folders: list[Path], cohort: str, patient: str, scan_digest: str = "") -> ChosenNetwork:
    """The first of these networks that never saw the patient; the first one if all did. ``scan_digest`` is that of the
    preprocessed scan, to tell whether the network saw this very one or another timepoint.

    Patients are known to a network by the ids of its training, plain or as cohort/patient."""
    descriptions = {str(folder): read_description(folder) for folder in folders}
    for folder, description in descriptions.items():
        if description["target"] != "lesions":
            raise input_error(folder, f"this network finds the {description['target']}", "Name a lesion network")
    seen = {
        folder: {*description["training_patients"], *description["validation_patients"]}
        for folder, description in descriptions.items()
    }
    names = {f"{cohort}/{patient}", patient}
    seen = {folder: {patient} if patients & names else set() for folder, patients in seen.items()}
    unseen = unseen_network(patient, seen)
    chosen = Path(unseen or str(folders[0]))
    network, description = load_network(chosen)
    return ChosenNetwork(
        name=chosen.name,
        network=network,
        settings=network_settings(description, chosen),
        description=description,
        seen=unseen is None,
        scan_seen=unseen is None and scan_digest in description["scans"].values(),
    )


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
    drawn = masks_on_slices(image, found.labels, manual.array if manual else None, liver.array if liver else None)
    write_png(out / "overlay.png", drawn, SLICE_DOTS_PER_INCH)
    write_volume(out / "lesions.nii.gz", image.with_array(found.labels))
