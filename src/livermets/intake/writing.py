"""What the intake of one scan leaves in the results folder."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from livermets.cohort import Cohort, Scan
from livermets.intake.disclosure import without_paths
from livermets.intake.qc import qc_picture
from livermets.intake.scan_data import ScanData
from livermets.io.images import write_volume
from livermets.io.tables import write_csv


def write_scan(out: Path, scan: Scan, cohort: Cohort, data: ScanData, lesions: pd.DataFrame) -> None:
    """Writes image, masks, lesions.csv, scan.json and qc.png; all of them or none."""
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=out.parent, prefix=".writing-"))
    try:
        write_volume(aside / "image.nii.gz", data.ct)
        if data.liver is not None:
            write_volume(aside / "liver.nii.gz", data.ct.with_array(data.liver.astype(np.uint8)))
        if data.lesions is not None:
            write_volume(aside / "lesions.nii.gz", data.ct.with_array(data.lesions))
        write_csv(aside / "lesions.csv", lesions)
        (aside / "scan.json").write_text(json.dumps(scan_facts(scan, cohort, data), indent=2) + "\n", encoding="utf-8")
        qc_picture(aside / "qc.png", data, f"{scan.patient_id} {scan.timepoint}")
        out.mkdir(exist_ok=True)
        for file in sorted(aside.iterdir()):
            file.replace(out / file.name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def scan_facts(scan: Scan, cohort: Cohort, data: ScanData) -> dict[str, Any]:
    """Grid, source and acquisition of a scan: nothing that identifies a person, not even the path it came from."""
    grid = data.ct.grid
    return {
        "cohort": scan.cohort,
        "role": cohort.role,
        "patient_id": scan.patient_id,
        "timepoint": scan.timepoint,
        "centre": scan.centre,
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
        "has_lesions": data.lesions is not None,
        "excluded_lesions": {
            str(lesion): why for lesion, why in cohort.excluded_lesions(scan.patient_id, scan.timepoint).items()
        },
        "warnings": [without_paths(problem, cohort, scan).what for problem in data.warnings],
    }
