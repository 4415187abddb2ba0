"""A small valid study on disk, for tests that break one thing in it: three patients, two lesions each, a second each
to check. Also writers of DICOM series, DICOM-SEG and RTSTRUCT of the same patients."""

from __future__ import annotations

import copy
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
import yaml

SHAPE_ZYX = (16, 48, 48)
SPACING_XYZ = (2.0, 2.0, 4.0)
ORIGIN_XYZ = (-47.0, -45.0, -100.0)
PATIENTS = ("T1", "T2", "V1")
HEADER = "patient_id,timepoint,lesion_id,centre,baseline_diameter_mm,followup_diameter_mm"
ROWS = (
    "T1,baseline,1,A,20.0,15.0",
    "T1,baseline,2,A,16.0,25.0",
    "T2,baseline,1,B,20.0,21.0",
    "T2,baseline,2,B,16.0,19.5",
    "V1,baseline,1,A,20.0,12.0",
    "V1,baseline,2,A,16.0,30.0",
)
CONFIG: dict[str, Any] = {
    "cohorts": {
        "train": {
            "role": "train",
            "table": "table.csv",
            "select": {"patients": ["T1", "T2"]},
            "image": "{patient}/ct.nii.gz",
            "liver": "{patient}/liver.nii.gz",
            "lesions": "{patient}/lesions.nii.gz",
        },
        "test": {
            "role": "validation",
            "table": "table.csv",
            "select": {"patients": ["V1"]},
            "image": "{patient}/ct.nii.gz",
            "liver": "{patient}/liver.nii.gz",
            "lesions": "{patient}/lesions.nii.gz",
        },
    }
}

TRAINING: dict[str, Any] = {"learn": {"role": "train", "phantom": {"patients": 2, "prefix": "L"}}}
"""A training cohort that is only planned: what a study of other cohorts needs beside them."""


def patient_arrays(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """CT (HU, int16), liver (0/1) and lesions (1, 2) of one small patient, ``zyx`` in canonical LPS axes."""
    z, y, x = np.meshgrid(*[np.arange(n) for n in SHAPE_ZYX], indexing="ij")
    x_mm, y_mm, z_mm = 2.0 * x - 47, 2.0 * y - 47, 4.0 * z - 30
    body = (x_mm / 45) ** 2 + (y_mm / 42) ** 2 < 1
    liver = ((x_mm + 6) / 32) ** 2 + ((y_mm + 4) / 30) ** 2 + (z_mm / 28) ** 2 < 1
    first = (x_mm + 18) ** 2 + (y_mm + 4) ** 2 + z_mm**2 < 10.0**2
    second = (x_mm - 8) ** 2 + (y_mm + 4) ** 2 + (z_mm - 4) ** 2 < 8.0**2
    noise = np.random.default_rng(seed).normal(0, 8, SHAPE_ZYX)
    hu = np.where(body, 50.0, -1000.0)
    hu[liver], hu[first | second] = 110.0, 70.0
    lesions = np.where(first, 1, np.where(second, 2, 0)).astype(np.uint8)
    return np.maximum(np.rint(hu + noise), -1024).astype(np.int16), liver.astype(np.uint8), lesions


def image_of(array: np.ndarray, spacing: tuple[float, ...] = SPACING_XYZ) -> sitk.Image:
    """The array on the small patient's grid."""
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing)
    image.SetOrigin(ORIGIN_XYZ)
    return image


def save(path: Path, array: np.ndarray, spacing: tuple[float, ...] = SPACING_XYZ) -> None:
    """Writes an array in any format that SimpleITK knows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image_of(array, spacing), str(path), useCompression=True)


class SmallStudy:
    """The study in a folder; change `config`, `rows` or the files, then `check`."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.config = copy.deepcopy(CONFIG)
        self.header = HEADER
        self.rows = list(ROWS)

    @classmethod
    def written(cls, folder: Path) -> SmallStudy:
        for seed, patient in enumerate(PATIENTS):
            ct, liver, lesions = patient_arrays(seed)
            save(folder / patient / "ct.nii.gz", ct)
            save(folder / patient / "liver.nii.gz", liver)
            save(folder / patient / "lesions.nii.gz", lesions)
        return cls(folder)

    @classmethod
    def copied(cls, source: Path, folder: Path) -> SmallStudy:
        shutil.copytree(source, folder, dirs_exist_ok=True)
        return cls(folder)

    def cohort(self, name: str = "train") -> dict[str, Any]:
        return self.config["cohorts"][name]

    def save_settings(self) -> None:
        (self.folder / "config.yaml").write_text(yaml.safe_dump(self.config, sort_keys=False))
        if self.rows is not None and not (self.folder / "table.csv").exists():
            (self.folder / "table.csv").write_text("\n".join([self.header, *self.rows]) + "\n")

    def run(self, *arguments: str) -> int:
        """The program's exit status, run in the study's folder."""
        import os

        from livermets.cli import main

        self.save_settings()
        before, argv = Path.cwd(), sys.argv
        os.chdir(self.folder)
        sys.argv = ["livermets", *arguments]
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0)
        finally:
            os.chdir(before)
            sys.argv = argv
        return 0

    def check(self) -> int:
        return self.run("check", "--out", "results/check")

    def edit(self, name: str, change: Any) -> None:
        """Replaces the array of one image file by ``change(array)``; its grid stays."""
        path = self.folder / name
        old = sitk.ReadImage(str(path))
        new = sitk.GetImageFromArray(change(sitk.GetArrayFromImage(old)))
        new.CopyInformation(old)
        sitk.WriteImage(new, str(path), useCompression=True)
