"""Headers of DICOM files: read without pixels, told apart by kind, and named without UIDs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pydicom
from pydicom.dataset import Dataset

from livermets.errors import input_error
from livermets.io.dicom.leniency import read_leniently
from livermets.io.folders import files_below
from livermets.io.patterns import without_uids
from livermets.io.presence import is_dicom_file

IDENTIFIERS = ("PatientName", "PatientID", "PatientBirthDate", "AccessionNumber", "StudyID")
"""What technicians also type into series descriptions: read to be kept out of messages."""

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
        with read_leniently():
            header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(tags), force=True)
            for _ in header:  # values are decoded when they are looked at: look here, where errors are expected
                pass
            return header
    except Exception:  # damaged headers raise errors of any kind
        return None


@read_leniently()
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


@read_leniently()
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


def shown_name(path: Path) -> str:
    """A file name as errors show it: UIDs, which some systems use as names, are cut to their last digits."""
    return without_uids(path.name)
