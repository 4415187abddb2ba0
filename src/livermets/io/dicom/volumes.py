"""DICOM series as volumes: headers by pydicom, pixels by GDCM (which decodes JPEG 2000, JPEG-LS and RLE).

Slice order comes from the geometry, never from file names. No identifier of a header leaves this module: errors name
files (UID-like digits shortened) and series by number, description and slice count."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.dataset import Dataset

from livermets.config.cohort_entries import SeriesChoice
from livermets.errors import input_error
from livermets.imaging.geometry import Volume
from livermets.io.dicom.folder import only_ct, pictures_in
from livermets.io.dicom.frames import is_enhanced, unrolled
from livermets.io.dicom.headers import shown_name
from livermets.io.dicom.leniency import read_leniently
from livermets.io.dicom.series import Series, check_geometry, choose_series, group_series
from livermets.io.images import volume_from_sitk
from livermets.io.integrity import check_size


@dataclass(frozen=True)
class CtSeries:
    """A CT and the acquisition facts that identify nobody."""

    volume: Volume
    facts: dict[str, Any] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    """How many slices were used, and how many files (frames of an enhanced one) of the folder are something else."""


@read_leniently()
def read_series_folder(
    path: Path,
    choice: SeriesChoice | None = None,
    drawn_on: Callable[[], frozenset[str]] = frozenset,
    ct_only: bool = False,
) -> CtSeries:
    """The one series of a folder (subfolders included), the one that ``choice`` names, or, where that leaves several,
    the one that the masks were ``drawn_on`` (asked only then); with ``ct_only`` no series of another modality.

    Raises `InputError` for an empty folder, an ambiguous choice, missing slices, a tilted gantry and the like."""
    pictures, counts = pictures_in(path)
    try:
        if ct_only:
            pictures = only_ct(pictures, path, counts)
        with tempfile.TemporaryDirectory(prefix="livermets-") as aside:
            found = group_series(_slices(pictures, Path(aside)), path, counts)
            series = choose_series(found, choice or SeriesChoice(), path, drawn_on)
            check_geometry(series, path)
            counts["slices"] = len(series.files)
            counts["other_series"] += sum(len(one.files) for one in found) - len(series.files)
            return CtSeries(_volume(series, path), _facts(series), {kind: n for kind, n in counts.items() if n})
    except (AttributeError, TypeError, ValueError, OverflowError) as error:  # a value of the wrong kind in a header
        raise input_error(path, "the headers of this DICOM series are damaged", "Export the series again") from error


def _slices(headers: list[tuple[Path, Dataset]], aside: Path) -> list[tuple[Path, Dataset]]:
    """The headers with every enhanced multi-frame file replaced by its frames, written to ``aside``."""
    slices: list[tuple[Path, Dataset]] = []
    for file, header in headers:
        if int(header.get("NumberOfFrames") or 1) > 1 and is_enhanced(file):
            slices += unrolled(file, header, aside / str(len(slices)))
        else:
            slices.append((file, header))
    return slices


def _volume(series: Series, path: Path) -> Volume:
    names = [str(file) for file in series.files]
    for file, header in zip(series.files, series.headers, strict=True):
        check_size(file, int(header.Rows) * int(header.Columns))
    try:
        if series.one_rescaling:
            reader = sitk.ImageSeriesReader()
            reader.SetFileNames(names)
            image = reader.Execute()
        else:  # the series reader takes the type of the first slice, which the others may not fit
            image = sitk.JoinSeries([sitk.Cast(sitk.ReadImage(name)[:, :, 0], sitk.sitkFloat32) for name in names])
    except RuntimeError as error:
        raise input_error(path, "the pixels of this DICOM series cannot be read", _pixel_fix(series, path)) from error
    image.SetOrigin(tuple(series.positions[0]))
    image.SetSpacing(series.spacing_xyz_mm)
    image.SetDirection(tuple(np.stack([series.row, series.column, series.normal], axis=1).ravel()))
    volume = volume_from_sitk(image, path)
    return replace(volume, grid=volume.grid.with_slices_at(series.positions))


def _pixel_fix(series: Series, path: Path) -> str:
    for file in series.files:
        try:
            sitk.ReadImage(str(file))
        except RuntimeError:
            return f"Export it again; the first damaged slice is {shown_name(file)}"
    return "Export it again"


def _facts(series: Series) -> dict[str, Any]:
    header = series.headers[0]
    kernel = header.get("ConvolutionKernel", "")
    return {
        "slices": len(series.files),
        "slice_thickness_mm": _number(header.get("SliceThickness")),
        "tube_voltage_kv": _number(header.get("KVP")),
        "kernel": "\\".join(map(str, kernel))
        if isinstance(kernel, (list, pydicom.multival.MultiValue))
        else str(kernel),
        "manufacturer": str(header.get("Manufacturer", "")),
        "model": str(header.get("ManufacturerModelName", "")),
        "contrast_given": bool(str(header.get("ContrastBolusAgent", "") or "")),
        "lossy_compression": str(header.get("LossyImageCompression", "")) == "01",
        "phase_hint": series.phase,
    }


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
