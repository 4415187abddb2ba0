"""The same slice under several file names: one is enough. Another slice under the same identity is not lost."""

from __future__ import annotations

import filecmp
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from pydicom.dataset import Dataset

from livermets.errors import input_error
from livermets.io.dicom.headers import shown_name


def without_copies(members: list[tuple[Path, Dataset]], where: Path) -> list[tuple[Path, Dataset]]:
    """One file per slice. A copy has the identity (SOP instance UID), the position and the pixels of another file; an
    identity alone says nothing, because anonymisers give the same one to several slices.

    Raises `InputError` for files of one identity and position with different pixels."""
    kept: dict[tuple, tuple[Path, Dataset]] = {}
    for file, header in members:
        identity = str(header.get("SOPInstanceUID", "")) or str(file)
        position = tuple(round(float(value), 3) + 0.0 for value in header.ImagePositionPatient)
        known, _ = kept.setdefault((identity, position), (file, header))
        if known != file and not _same_pixels(known, file):
            names = f"{_place(known, where)} and {_place(file, where)}"
            what = f"{names} have the same identity (SOP instance UID) and position, but not the same pixels"
            raise input_error(where, what, "Keep the right one of them")
    return list(kept.values())


def _same_pixels(one: Path, other: Path) -> bool:
    """Whether two files hold the same values, however they are compressed."""
    if filecmp.cmp(one, other, shallow=False):
        return True
    try:
        values, others = (sitk.GetArrayFromImage(sitk.ReadImage(str(file))) for file in (one, other))
        return np.array_equal(values, others)
    except RuntimeError:  # one of them is damaged, so it is no copy
        return False


def _place(file: Path, where: Path) -> str:
    inside = file.parent != where and file.is_relative_to(where)
    return f"{file.parent.name}/{shown_name(file)}" if inside else shown_name(file)
