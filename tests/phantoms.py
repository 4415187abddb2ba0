"""Tiny analytic volumes for tests: an ellipsoid liver, spheres of known diameter, odd spacings and stored axes.

Everything is known in closed form and made in milliseconds; `livermets.phantom` is the realistic one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livermets.imaging.geometry import Grid, Volume
from livermets.io.images import write_volume
from livermets.io.tables import write_csv

LIVER_HU, LESION_HU, BACKGROUND_HU = 110, 60, -100
ODD_SPACING_XYZ_MM = (0.7, 0.7, 3.0)
STORED_ORIENTATIONS = ("LPS", "RAS", "LAS", "ASL", "SPL")


@dataclass(frozen=True, eq=False)
class AnalyticScan:
    """A CT with its masks on one grid; ``diameters_mm`` are those of the spheres in the order of their labels."""

    ct: Volume
    liver: Volume
    lesions: Volume
    diameters_mm: tuple[float, ...]


def grid(
    size_xyz: tuple[int, int, int] = (64, 56, 12),
    spacing_xyz_mm: tuple[float, float, float] = ODD_SPACING_XYZ_MM,
    origin_xyz_mm: tuple[float, float, float] = (-71.5, 33.0, -410.0),
) -> Grid:
    """A small canonical grid that is not cubic in any sense."""
    return Grid(size_xyz, spacing_xyz_mm, origin_xyz_mm)


def positions_mm(on: Grid) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Open z, y, x coordinates in mm, counted from the centre of the volume."""
    axes = [
        (np.arange(size) - 0.5 * (size - 1)) * step for size, step in zip(on.shape_zyx, on.spacing_zyx_mm, strict=True)
    ]
    return tuple(np.ix_(*axes))  # type: ignore[return-value]


def ball(on: Grid, centre_zyx_mm: Sequence[float], diameter_mm: float) -> np.ndarray:
    """Voxels whose centres lie in a sphere; ``centre_zyx_mm`` is counted from the centre of the volume."""
    squared = sum((axis - centre) ** 2 for axis, centre in zip(positions_mm(on), centre_zyx_mm, strict=True))
    return squared <= (0.5 * diameter_mm) ** 2


def ellipsoid(on: Grid, radii_zyx_mm: Sequence[float]) -> np.ndarray:
    """Voxels whose centres lie in an ellipsoid around the centre of the volume."""
    squared = sum((axis / radius) ** 2 for axis, radius in zip(positions_mm(on), radii_zyx_mm, strict=True))
    return squared <= 1.0


def analytic_scan(
    on: Grid | None = None,
    lesions: Sequence[tuple[Sequence[float], float]] = (((0.0, 0.0, -9.0), 12.0), ((3.0, 4.0, 9.0), 8.0)),
    *,
    stored_orientation: str = "LPS",
    noise_hu: float = 0.0,
    seed: int = 0,
) -> AnalyticScan:
    """A liver that fills most of the volume, with spheres in it: ``lesions`` are (centre zyx in mm, diameter in mm).

    Later spheres cover earlier ones. With ``noise_hu`` the CT carries white noise."""
    on = on or grid()
    extent = [size * step for size, step in zip(on.shape_zyx, on.spacing_zyx_mm, strict=True)]
    liver = ellipsoid(on, [0.46 * length for length in extent])
    labels = np.zeros(on.shape_zyx, dtype=np.uint8)
    for label, (centre, diameter) in enumerate(lesions, start=1):
        labels[ball(on, centre, diameter)] = label
    hu = np.where(labels > 0, LESION_HU, np.where(liver, LIVER_HU, BACKGROUND_HU)).astype(np.float64)
    hu += noise_hu * np.random.default_rng(seed).standard_normal(hu.shape)
    return AnalyticScan(
        ct=Volume(np.rint(hu).astype(np.int16), on, stored_orientation),
        liver=Volume((liver | (labels > 0)).astype(np.uint8), on, stored_orientation),
        lesions=Volume(labels, on, stored_orientation),
        diameters_mm=tuple(float(diameter) for _, diameter in lesions),
    )


def write_scan(folder: Path, scan: AnalyticScan) -> None:
    """Writes ct.nii.gz, liver.nii.gz and lesions.nii.gz into ``folder``."""
    write_volume(folder / "ct.nii.gz", scan.ct)
    write_volume(folder / "liver.nii.gz", scan.liver)
    write_volume(folder / "lesions.nii.gz", scan.lesions)


def write_cohort(folder: Path, patients: Sequence[str] = ("A1", "A2", "A3")) -> Path:
    """A whole cohort of analytic scans in the layout of `livermets phantom`; returns the outcome table's path.

    The first lesion of every patient is R- (grows by 5 mm), the others are R+ (shrink by 2 mm); axes vary."""
    import pandas as pd

    rows = []
    for number, patient in enumerate(patients):
        orientation = STORED_ORIENTATIONS[number % len(STORED_ORIENTATIONS)]
        scan = analytic_scan(stored_orientation=orientation, noise_hu=8.0, seed=number)
        write_scan(folder / patient / "baseline", scan)
        for lesion_id, diameter in enumerate(scan.diameters_mm, start=1):
            growth = 5.0 if lesion_id == 1 else -2.0
            rows.append((patient, "baseline", lesion_id, "A", diameter, diameter + growth))
    columns = ["patient_id", "timepoint", "lesion_id", "centre", "baseline_diameter_mm", "followup_diameter_mm"]
    write_csv(folder / "outcome.csv", pd.DataFrame(rows, columns=columns))
    return folder / "outcome.csv"
