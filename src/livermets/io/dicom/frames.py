"""Enhanced (multi-frame) CT as the classic slices it stands for, so that everything after it knows one kind of series.

The functional groups of DICOM PS3.3 C.7.6.16 say per frame, or once for all frames, what a classic slice says in its
header; the frames' pixels are copied as they are stored, compressed or not."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import UID, CTImageStorage

from livermets.errors import input_error
from livermets.io.dicom.headers import shown_name
from livermets.io.dicom.leniency import read_leniently

_GROUPS = {
    "PlanePositionSequence": ("ImagePositionPatient",),
    "PlaneOrientationSequence": ("ImageOrientationPatient",),
    "PixelMeasuresSequence": ("PixelSpacing", "SliceThickness"),
    "PixelValueTransformationSequence": ("RescaleSlope", "RescaleIntercept"),
    "CTXRayDetailsSequence": ("KVP",),
    "CTReconstructionSequence": ("ConvolutionKernel",),
}
_CONTENT = {
    "AcquisitionNumber": "FrameAcquisitionNumber",
    "TemporalPositionIdentifier": "TemporalPositionIndex",
    "AcquisitionDateTime": "FrameAcquisitionDateTime",
}
_PIXEL_TAGS = (
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
)


def is_enhanced(file: Path) -> bool:
    """Whether a multi-frame file says where its frames are."""
    groups = "PerFrameFunctionalGroupsSequence"
    try:
        with read_leniently():
            return groups in pydicom.dcmread(file, stop_before_pixels=True, specific_tags=[groups], force=True)
    except Exception:  # damaged headers raise errors of any kind
        return False


def unrolled(file: Path, header: Dataset, folder: Path) -> list[tuple[Path, Dataset]]:
    """The frames as classic slices written to ``folder``, each with its header (which stays in memory).

    Raises `InputError` when the file is damaged."""
    folder.mkdir()
    try:
        with read_leniently():
            dataset = pydicom.dcmread(file, force=True)
            frames = list(_frame_bytes(dataset))
        groups = dataset.PerFrameFunctionalGroupsSequence
        if len(frames) != len(groups):
            raise ValueError("frames are missing")
        slices = []
        for number, (pixels, group) in enumerate(zip(frames, groups, strict=True), start=1):
            slice_header = _slice_header(dataset, header, group, number)
            path = folder / f"{shown_name(file)} frame {number}"
            _write_slice(path, dataset, slice_header, pixels)
            slices.append((path, slice_header))
        return slices
    except Exception as error:  # damaged objects raise errors of any kind, and their texts may quote the header
        what = f"the multi-frame DICOM file {shown_name(file)} is cut short or damaged"
        raise input_error(file.parent, what, "Export it again") from error


def _frame_bytes(dataset: Dataset) -> Iterator[bytes]:
    count = int(dataset.NumberOfFrames)
    if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        yield from generate_frames(dataset.PixelData, number_of_frames=count)
        return
    size = dataset.Rows * dataset.Columns * dataset.SamplesPerPixel * dataset.BitsAllocated // 8
    if len(dataset.PixelData) < count * size:
        raise ValueError("pixels are missing")
    for index in range(count):
        yield dataset.PixelData[index * size : (index + 1) * size]


def _slice_header(dataset: Dataset, header: Dataset, group: Dataset, number: int) -> Dataset:
    """What the reader looks at in a classic slice, gathered from the frame's functional groups."""
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]

    def item(name: str) -> Dataset:
        return ((group.get(name) or shared.get(name)) or [Dataset()])[0]

    found = copy.deepcopy(header)
    del found.NumberOfFrames
    for sequence, names in _GROUPS.items():
        for name in names:
            value: Any = item(sequence).get(name)
            if value is not None:
                setattr(found, name, value)
    content = item("FrameContentSequence")
    for name, of_frame in _CONTENT.items():
        if content.get(of_frame) is not None:
            setattr(found, name, content[of_frame].value)
    kind = item("CTImageFrameTypeSequence").get("FrameType")
    if kind is not None:
        found.ImageType = kind
    found.SOPInstanceUID = f"{header.get('SOPInstanceUID', '')}.{number}"
    return found


def _write_slice(path: Path, dataset: Dataset, header: Dataset, pixels: bytes) -> None:
    """A classic slice with pixels and rescaling only: no identifier is copied."""
    slice_ = Dataset()
    slice_.file_meta = FileMetaDataset()
    slice_.file_meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    slice_.file_meta.MediaStorageSOPClassUID = slice_.SOPClassUID = CTImageStorage
    slice_.file_meta.MediaStorageSOPInstanceUID = slice_.SOPInstanceUID = UID("1.2.3")
    slice_.Modality = "CT"
    for name in _PIXEL_TAGS:
        setattr(slice_, name, dataset[name].value)
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleSlope", "RescaleIntercept"):
        if name in header:
            setattr(slice_, name, header[name].value)
    compressed = slice_.file_meta.TransferSyntaxUID.is_encapsulated
    slice_.PixelData = encapsulate([pixels]) if compressed else pixels
    slice_["PixelData"].VR = "OB" if compressed else "OW"
    slice_.save_as(path, enforce_file_format=True)
