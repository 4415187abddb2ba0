"""DICOM series as volumes: headers by pydicom, pixels by GDCM (which decodes JPEG 2000, JPEG-LS and RLE).

Slice order comes from the geometry, never from file names. No identifier of a header leaves this module: errors name
files (UID-like digits shortened) and series by number, description and slice count."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.dataset import Dataset

from livermets.config.cohorts import SeriesChoice
from livermets.errors import input_error
from livermets.imaging.geometry import Volume
from livermets.io.dicom_folder import only_ct, pictures_in
from livermets.io.dicom_frames import is_enhanced, unrolled
from livermets.io.dicom_series import IDENTIFIERS, Series, check_geometry, choose_series, group_series
from livermets.io.images import volume_from_sitk
from livermets.io.integrity import check_size
from livermets.io.listing import files_below, is_dicom_file
from livermets.io.patterns import without_uids

pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
sitk.ProcessObject.SetGlobalWarningDisplay(False)  # GDCM's warnings quote headers

_TAGS = [
    "SOPClassUID", "Modality", "SeriesInstanceUID", "SOPInstanceUID", "SeriesDescription", "SeriesNumber",
    "AcquisitionNumber", "TemporalPositionIdentifier", "TriggerTime", "AcquisitionDateTime", "AcquisitionTime",
    "ContentTime", "ImageType", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "Rows",
    "Columns", "NumberOfFrames", "SamplesPerPixel", "RescaleSlope", "RescaleIntercept", "BitsAllocated",
    "PixelRepresentation", "SliceThickness", "KVP", "ConvolutionKernel", "Manufacturer", "ManufacturerModelName",
    "ContrastBolusAgent", "LossyImageCompression", *IDENTIFIERS,
]  # fmt: skip
_KIND_TAGS = ["SOPClassUID", "Modality"]
_SEGMENTATION_CLASSES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
_STRUCTURE_CLASS = "1.2.840.10008.5.1.4.1.1.481.3"


@dataclass(frozen=True)
class CtSeries:
    """A CT and the acquisition facts that identify nobody."""

    volume: Volume
    facts: dict[str, Any] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    """How many slices were used, and how many files (frames of an enhanced one) of the folder are something else."""


def dicom_kind(path: Path) -> Literal["series", "SEG", "RTSTRUCT", "file"]:
    """What a path holds: a folder (taken for slices), one DICOM object, or another file."""
    if path.is_dir():
        return "series"
    if not is_dicom_file(path):
        return "file"
    header = read_header(path, _KIND_TAGS)
    if header is None:
        raise input_error(path, "this DICOM file cannot be read", "Export it again")
    return object_kind(header) or "series"


def object_kind(header: Dataset) -> Literal["SEG", "RTSTRUCT"] | None:
    """Whether a header is that of a segmentation or of a structure set."""
    sop_class, modality = str(header.get("SOPClassUID", "")), str(header.get("Modality", ""))
    if sop_class in _SEGMENTATION_CLASSES or modality == "SEG":
        return "SEG"
    return "RTSTRUCT" if sop_class == _STRUCTURE_CLASS or modality == "RTSTRUCT" else None


def mask_object(path: Path) -> tuple[Literal["series", "SEG", "RTSTRUCT", "file"], Path]:
    """What kind of mask a path is, and its file: a folder may hold the one DICOM-SEG or RTSTRUCT beside the CT.

    Raises `InputError` when a folder holds several."""
    if not path.is_dir():
        return dicom_kind(path), path
    objects = []
    for file in files_below(path):
        header = read_header(file, _KIND_TAGS) if file.is_file() and is_dicom_file(file) else None
        kind = object_kind(header) if header is not None else None
        if kind is not None:
            objects.append((kind, file))
    if len(objects) > 1:
        listed = ", ".join(f"{kind} {file.parent.name}/{shown_name(file)}" for kind, file in objects)
        raise input_error(path, f"{len(objects)} segmentations in this folder", f"Give the path of one: {listed}")
    return objects[0] if objects else ("series", path)


def read_header(path: Path, tags: Sequence[str] = _TAGS) -> Dataset | None:
    """A DICOM header without pixels; None when the file is not DICOM or is damaged."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(tags), force=True)
            for _ in header:  # values are decoded when they are looked at: look here, where errors are expected
                pass
            return header
    except Exception:  # damaged headers raise errors of any kind
        return None


def structure_names(path: Path) -> list[str]:
    """The names of a DICOM-SEG's segments or of an RTSTRUCT's ROIs, in their order; none for another file."""
    try:
        kind, file = mask_object(path)
        if kind not in ("SEG", "RTSTRUCT"):
            return []
        tags = ["SegmentSequence", "StructureSetROISequence", "SpecificCharacterSet"]
        header = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=tags, force=True)
        segments = [str(segment.SegmentLabel) for segment in header.get("SegmentSequence") or []]
        return segments + [str(roi.ROIName) for roi in header.get("StructureSetROISequence") or []]
    except Exception:  # reading the mask itself says what is wrong with it
        return []


def images_drawn_on(path: Path) -> frozenset[str]:
    """The images (SOP instance UIDs) that a DICOM-SEG or RTSTRUCT says it was drawn on; none for another mask."""
    try:
        kind, file = mask_object(path)
        if kind not in ("SEG", "RTSTRUCT"):
            return frozenset()
        references = ["ReferencedSeriesSequence", "ReferencedFrameOfReferenceSequence"]
        header = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=references, force=True)
        return frozenset(str(item.value) for item in header.iterall() if item.keyword == "ReferencedSOPInstanceUID")
    except Exception:  # reading the mask itself says what is wrong with it
        return frozenset()


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


def shown_name(path: Path) -> str:
    """A file name as errors show it: UIDs, which some systems use as names, are cut to their last digits."""
    return without_uids(path.name)


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
