"""Labels that are not one lesion: several far-apart pieces, a lesion with specks, the liver itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from livermets.cohort.scan import Scan
from livermets.config.cohorts import CohortSettings
from livermets.errors import ProblemList
from livermets.imaging.geometry import CONNECTIVITY_26
from livermets.intake.scan_data import ScanData
from livermets.masks.diameter import longest_axial_diameter_mm

APART_MM = 5.0
"""Pieces of one label that are further apart than this are probably lesions of their own."""
SPECK_ML = 0.1
"""A piece smaller than this (a ball of 6 mm), and than a tenth of the largest, is a speck."""
_SPECK_SHARE = 0.1
_FAR_MM = 10.0
_CHANGED_MM = 1.0
LIVER_SHARE_LARGE = 0.5
LIVER_SHARE_ALL = 0.8
"""A label that fills this share of the liver is the liver, not a lesion in it."""
_LABEL_FILES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
"""Where a lesion_id is a label of the file; DICOM-SEG and RTSTRUCT have names, too."""
ORGAN_ML = 500.0
"""Metastases of this size are rare; a liver has 800-3000 ml."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """A label's 26-connected pieces: their number per voxel (0 outside), volume in ml and gap to the largest in mm."""

    numbers: NDArray[np.integer]
    volumes_ml: NDArray[np.float64]
    gaps_mm: NDArray[np.float64]

    @property
    def specks(self) -> NDArray[np.bool_]:
        return (self.volumes_ml < SPECK_ML) & (self.volumes_ml < _SPECK_SHARE * self.volumes_ml.max())

    def mask(self, which: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The voxels of some of the pieces."""
        return np.concatenate([[False], which])[self.numbers]


def pieces_of(mask: NDArray[np.bool_], spacing_zyx_mm: tuple[float, float, float]) -> Pieces:
    """The pieces of a mask; gaps are between the centres of the nearest voxels."""
    numbers, count = ndimage.label(mask, CONNECTIVITY_26)
    sizes = np.bincount(numbers.ravel(), minlength=count + 1)[1:]
    gaps = np.zeros(count)
    if count > 1:
        edge = np.argwhere(mask & ~ndimage.binary_erosion(mask))
        owner = numbers[tuple(edge.T)] - 1
        places = edge * np.asarray(spacing_zyx_mm)
        largest = owner == int(np.argmax(sizes))
        away, _ = cKDTree(places[largest]).query(places)
        gaps[:] = np.inf
        np.minimum.at(gaps, owner, away)
    return Pieces(numbers, sizes.astype(np.float64) * float(np.prod(spacing_zyx_mm)) / 1000.0, gaps)


def check_shapes(scan: Scan, settings: CohortSettings, data: ScanData, problems: ProblemList) -> None:
    """Every label is one lesion: in one piece, without specks, and not the liver."""
    if data.lesions is None:
        return
    where = f"{scan.label}, {scan.lesion_pattern}"
    organs = check_organs(where, scan, settings, data, data.lesions, problems)
    for lesion, box in data.lesion_boxes.items():
        if lesion not in organs:
            _check_pieces(where, lesion, data.lesions[box] == lesion, data, settings, scan, problems)


def _check_pieces(
    where: str,
    lesion: int,
    mask: NDArray[np.bool_],
    data: ScanData,
    settings: CohortSettings,
    scan: Scan,
    problems: ProblemList,
) -> None:
    spacing = data.ct.grid.spacing_zyx_mm
    pieces = pieces_of(mask, spacing)
    if len(pieces.volumes_ml) == 1:
        return
    specks = pieces.specks
    whole_mm = longest_axial_diameter_mm(mask, spacing)
    if specks.any():
        rest_mm = longest_axial_diameter_mm(pieces.mask(~specks), spacing)
        gap_mm = pieces.gaps_mm[specks].max()
        if whole_mm - rest_mm > _CHANGED_MM or gap_mm > _FAR_MM:
            voxels = np.count_nonzero(pieces.mask(specks))
            what = (
                f"lesion {lesion} has {voxels} stray voxel{'' if voxels == 1 else 's'} up to {gap_mm:.0f} mm from the "
                f"rest; its longest diameter is {whole_mm:.1f} mm with and {rest_mm:.1f} mm without {_them(voxels)}"
            )
            problems.warning(where, what, f"Remove {_them(voxels)} from the mask")
    apart = ~specks & (pieces.gaps_mm > APART_MM)
    if apart.any():
        largest = pieces.volumes_ml == pieces.volumes_ml.max()
        largest_mm = longest_axial_diameter_mm(pieces.mask(largest), spacing)
        what = (
            f"lesion {lesion} is {np.count_nonzero(apart) + 1} pieces up to {pieces.gaps_mm[apart].max():.0f} mm "
            f"apart: measured as one lesion of {whole_mm:.1f} mm, while the largest piece has {largest_mm:.1f} mm"
        )
        problems.warning(where, what, _one_each(settings, scan))


def _one_each(settings: CohortSettings, scan: Scan) -> str:
    if "{lesion}" in (scan.lesion_pattern or ""):
        return "If each is a lesion, give each its own file"
    if settings.lesion_ids == "labels":
        return "If each is a lesion, set lesion_ids: components, or give each its own label"
    return "Look at the QC picture"


def check_organs(
    where: str, scan: Scan, settings: CohortSettings, data: ScanData, labels: NDArray, problems: ProblemList
) -> set[int]:
    """Lesions that are the liver: an error each, or a warning where it may be a very large lesion; returns the
    former."""
    organs = set()
    liver_voxels = 1 if data.liver is None else max(1, int(np.count_nonzero(data.liver)))
    for lesion, box in data.lesion_boxes.items():
        mask = labels[box] == lesion
        volume_ml = float(np.count_nonzero(mask)) * data.ct.grid.voxel_ml
        share = np.count_nonzero(mask & data.liver[box]) / liver_voxels if data.liver is not None else 0.0
        around = _share_around_others(labels, lesion, data) if volume_ml >= ORGAN_ML else 0.0
        fix = _lesions_only(lesion, scan, settings, data)
        if share >= LIVER_SHARE_ALL:
            what = f"lesion {lesion} fills {100 * share:.0f} % of the liver mask ({volume_ml:.0f} ml)"
            problems.error(where, f"{what}: this is the liver, not a lesion", fix)
            organs.add(lesion)
        elif around >= LIVER_SHARE_LARGE:
            what = f"lesion {lesion} has {volume_ml:.0f} ml and surrounds other lesions ({100 * around:.0f} % of"
            problems.error(where, f"{what} what touches them): this is the liver, not a lesion", fix)
            organs.add(lesion)
        elif share >= LIVER_SHARE_LARGE:
            problems.warning(where, f"lesion {lesion} fills {100 * share:.0f} % of the liver mask", fix)
        elif volume_ml >= ORGAN_ML and data.liver is None:
            problems.warning(where, f"lesion {lesion} has {volume_ml:.0f} ml, as much as a liver", fix)
    return organs


def _share_around_others(labels: NDArray, organ: int, data: ScanData) -> float:
    """Of the voxels next to any other label, the share that has this one."""
    touching = inside = 0
    for lesion, box in data.lesion_boxes.items():
        if lesion == organ:
            continue
        wide = tuple(slice(max(0, part.start - 1), part.stop + 1) for part in box)
        mask = labels[wide] == lesion
        shell = ndimage.binary_dilation(mask) & ~mask
        touching += int(np.count_nonzero(shell))
        inside += int(np.count_nonzero(labels[wide][shell] == organ))
    return inside / touching if touching else 0.0


def _lesions_only(organ: int, scan: Scan, settings: CohortSettings, data: ScanData) -> str:
    pattern = (scan.lesion_pattern or "").lower()
    key = f"masks.{scan.drawn_by}.labels" if scan.drawn_by else "lesion_labels"
    numbered = settings.lesion_ids == "labels" and "{lesion}" not in pattern and pattern.endswith(_LABEL_FILES)
    others = [lesion for lesion in data.lesion_boxes if lesion != organ]
    if numbered and 0 < len(others) <= 10:
        return f"Say which labels are lesions: {key}: {others}"
    return f"Is this the liver's file? Give the lesions, or say which labels of it are lesions ({key})"


def _them(number: int) -> str:
    return "it" if number == 1 else "them"
