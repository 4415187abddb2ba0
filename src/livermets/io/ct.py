"""A CT in Hounsfield units from whatever it is kept in: one way for the intake and for images named by hand."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livermets.config.cohort_entries import SeriesChoice
from livermets.errors import input_error
from livermets.imaging.geometry import Grid, Volume
from livermets.io.images import read_volume
from livermets.io.masks import read_mask
from livermets.io.presence import is_dicom_file, require

AIR_HU = -1024
PADDING_HU = -1100
"""Noise of air reaches a little below -1024 HU; scanners write -2000 or -3024 where they measured nothing."""
_INT16 = np.iinfo(np.int16)
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ct:
    """A CT as it was found: HU, int16 where the values allow it, else float32; padding raised to -1024."""

    volume: Volume
    kind: str
    """What it was read from: DICOM, NIfTI, NRRD, MHA."""
    padding_voxels: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    """Acquisition facts that identify nobody."""
    files: dict[str, int] = field(default_factory=dict)
    """Of a DICOM folder: how many slices were used, and how many files are something else."""


def open_ct(path: Path, series: SeriesChoice | None = None, drawn_on: Callable[[], frozenset[str]] = frozenset) -> Ct:
    """A CT in HU from a DICOM folder (see `read_series_folder`) or an image file."""
    # Not at the top: an image file is read without loading what reads DICOM.
    from livermets.io.dicom.headers import dicom_kind
    from livermets.io.dicom.volumes import read_series_folder

    require(path, "this CT")
    kind = dicom_kind(path)
    if kind in ("SEG", "RTSTRUCT"):
        raise input_error(path, f"this is a DICOM {kind}, not a CT", "Give the folder of the CT's slices")
    if kind == "file":
        volume = read_volume(path)
        array, padding = hounsfield(volume.array, path)
        return Ct(volume.with_array(array), _file_kind(path), padding)
    found = read_series_folder(path, series, drawn_on, ct_only=True)
    array, padding = hounsfield(found.volume.array, path)
    return Ct(found.volume.with_array(array), "DICOM", padding, found.facts, found.files)


def read_image(path: Path) -> Volume:
    """An image named by hand: any 3D image file as it is, a DICOM folder as the intake reads it."""
    require(path, "this image", "Check the path")
    if not _is_dicom(path):
        return read_volume(path)
    from livermets.io.dicom.folder import left_out

    found = open_ct(path)
    if remark := left_out(found.files):
        _LOG.warning("warning: %s: %s", path, remark)
    return found.volume


def read_labels(path: Path, grid: Grid) -> Volume:
    """A mask named by hand for an image on ``grid``: any label map as it is, DICOM (a segmentation, a structure set, a
    folder of slices) placed on that grid."""
    require(path, "this mask", "Check the path")
    return Volume(read_mask(path, grid).labels, grid) if _is_dicom(path) else read_volume(path)


def hounsfield(array: NDArray, path: Path) -> tuple[NDArray, int]:
    """Values as int16 where they fit, else float32, and how many were padding (now air)."""
    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            n = int(np.count_nonzero(~np.isfinite(array)))
            raise input_error(path, f"{n} voxels are not numbers (NaN or infinite)", "Export it again")
        whole = bool(np.all(array == np.rint(array)))
    else:
        whole = True
    below = array < PADDING_HU
    fits = array.size == 0 or (whole and array.max() <= _INT16.max)  # what is too low for int16 is padding
    target = np.int16 if fits else np.float32
    hounsfield = array.astype(target, copy=True)
    hounsfield[below] = AIR_HU
    return hounsfield, int(np.count_nonzero(below))


def _is_dicom(path: Path) -> bool:
    return path.is_dir() or is_dicom_file(path)


def _file_kind(path: Path) -> str:
    name = path.name.lower()
    kinds = {".nii": "NIfTI", ".nii.gz": "NIfTI", ".nrrd": "NRRD", ".nhdr": "NRRD", ".mha": "MHA", ".mhd": "MHA"}
    return next((kind for suffix, kind in kinds.items() if name.endswith(suffix)), "image file")
