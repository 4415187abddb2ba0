"""What the intake of one scan leaves in the results folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from livermets.cohort.disclosure import without_paths
from livermets.cohort.scan import Scan
from livermets.intake.lesions import MEASURED
from livermets.intake.qc import qc_picture
from livermets.intake.scan_data import ScanData
from livermets.io.atomic import folder_aside
from livermets.io.images import write_volume
from livermets.io.tables import write_csv


def write_scan(out: Path, scan: Scan, data: ScanData, lesions: pd.DataFrame, with_outcome: bool = True) -> None:
    """Writes image, masks, scan.json and qc.png, and lesions.csv where the outcome is known; all of them or none."""
    with folder_aside(out) as aside:
        write_volume(aside / "image.nii.gz", data.ct)
        if data.liver is not None:
            write_volume(aside / "liver.nii.gz", data.ct.with_array(data.liver.astype(np.uint8)))
        if data.lesions is not None:
            write_volume(aside / "lesions.nii.gz", data.ct.with_array(data.lesions))
        if with_outcome:
            write_csv(aside / "lesions.csv", lesions)
        facts = json.dumps(scan_facts(scan, data, lesions), indent=2)
        (aside / "scan.json").write_text(f"{facts}\n", encoding="utf-8")
        qc_picture(aside / "qc.png", data, f"{scan.patient_id} {scan.timepoint}")
    if not with_outcome:
        (out / "lesions.csv").unlink(missing_ok=True)  # of an earlier version, or made by hand


def scan_facts(scan: Scan, data: ScanData, lesions: pd.DataFrame) -> dict[str, Any]:
    """Grid, source, acquisition and lesions of a scan as its images show them: nothing that identifies a person, not
    even the path it came from, and nothing that a table says."""
    grid, sizes = data.ct.grid, lesions[list(MEASURED)]
    return {
        "cohort": scan.cohort,
        "patient_id": scan.patient_id,
        "timepoint": scan.timepoint,
        "source": data.kind,
        "size_xyz": list(grid.size_xyz),
        "spacing_xyz_mm": list(grid.spacing_xyz_mm),
        "origin_xyz_mm": list(grid.origin_xyz_mm),
        "direction": list(grid.direction),
        "stored_orientation": data.ct.stored_orientation,
        "image_sha256": data.digest,
        "padding_voxels_raised_to_air": data.padding_voxels,
        "acquisition": data.facts,
        "files": data.files,
        "has_liver": data.liver is not None,
        "lesions": None if data.lesions is None else sizes.to_dict("records"),
        "warnings": [without_paths(problem, None, scan).what for problem in data.warnings],
    }
