"""DICOM objects written for tests: CT series in several transfer syntaxes, segmentations and structure sets."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedCTImageStorage, ExplicitVRLittleEndian, JPEG2000Lossless, generate_uid
from tests.small_study import ORIGIN_XYZ, SPACING_XYZ

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
RT_STRUCTURE_SET_STORAGE = "1.2.840.10008.5.1.4.1.1.481.3"
PLANTED = {
    "PatientName": "Rossi^Giovanna",
    "PatientID": "HOSP-4711-99",
    "PatientBirthDate": "19510423",
    "AccessionNumber": "ACC8839201",
    "InstitutionName": "Ospedale Segreto",
    "ReferringPhysicianName": "Bianchi^Marco",
    "StudyID": "STUDY777123",
}
"""Identifiers that must never leave the reader."""


def write_series(
    folder: Path,
    hu_zyx: np.ndarray,
    spacing: tuple[float, float, float] = SPACING_XYZ,
    origin: tuple[float, float, float] = ORIGIN_XYZ,
    syntax: str | None = None,
    names: str = "IM{:04d}",
    uid: str | None = None,
    **tags: Any,
) -> list[Path]:
    """An axial CT series from feet to head; file numbers run in a shuffled order, as exports do."""
    folder.mkdir(parents=True, exist_ok=True)
    series, study, frame = uid or generate_uid(), generate_uid(), generate_uid()
    order = np.random.default_rng(0).permutation(len(hu_zyx))
    paths = []
    for z, plane in enumerate(hu_zyx):
        slice_ = ct_slice(plane, (origin[0], origin[1], origin[2] + z * spacing[2]), spacing)
        slice_.SeriesInstanceUID, slice_.StudyInstanceUID, slice_.FrameOfReferenceUID = series, study, frame
        slice_.InstanceNumber = z + 1
        for name, value in tags.items():
            setattr(slice_, name, value)
        if syntax is not None:
            compress(slice_, syntax)
        paths.append(folder / names.format(int(order[z])))
        slice_.save_as(paths[-1], enforce_file_format=True)
    return paths


def compress(dataset: Dataset, syntax: str) -> None:
    """Compresses all frames without loss; JPEG 2000, which pydicom cannot write, by Pillow's OpenJPEG."""
    if syntax != JPEG2000Lossless:
        dataset.compress(syntax, generate_instance_uid=False)
        return
    frames = np.frombuffer(dataset.PixelData, "<u2").reshape(-1, dataset.Rows, dataset.Columns)
    streams = []
    for frame in frames:
        stream = io.BytesIO()
        Image.fromarray(frame).save(stream, "JPEG2000", irreversible=False, no_jp2=True)
        streams.append(stream.getvalue())
    dataset.PixelData, dataset.file_meta.TransferSyntaxUID = encapsulate(streams), syntax
    dataset["PixelData"].VR = "OB"


def write_enhanced(path: Path, series: list[Path], syntax: str | None = None) -> Dataset:
    """The series as one enhanced CT object, written by highdicom; returned for a test to change and save again."""
    import highdicom as hd

    slices = [pydicom.dcmread(file) for file in series]
    for slice_ in slices:
        for name, value in {"Manufacturer": "x", "BurnedInAnnotation": "NO", "PositionReferenceIndicator": ""}.items():
            setattr(slice_, name, value)
    enhanced = hd.legacy.LegacyConvertedEnhancedCTImage(
        slices, series_instance_uid=generate_uid(), series_number=5, sop_instance_uid=generate_uid(), instance_number=1
    )
    enhanced.SOPClassUID = enhanced.file_meta.MediaStorageSOPClassUID = EnhancedCTImageStorage
    if syntax is not None:
        compress(enhanced, syntax)
    path.parent.mkdir(parents=True, exist_ok=True)
    enhanced.save_as(path)
    return enhanced


def ct_slice(plane: np.ndarray, position: tuple[float, float, float], spacing: tuple[float, ...]) -> FileDataset:
    """One CT slice with the planted identifiers."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CT_IMAGE_STORAGE
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    slice_ = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    for name, value in PLANTED.items():
        setattr(slice_, name, value)
    slice_.SOPClassUID, slice_.SOPInstanceUID = CT_IMAGE_STORAGE, meta.MediaStorageSOPInstanceUID
    slice_.Modality, slice_.SeriesNumber, slice_.SeriesDescription = "CT", 2, "Abdomen portal venous"
    slice_.AcquisitionNumber, slice_.ImageType = 1, ["ORIGINAL", "PRIMARY", "AXIAL"]
    slice_.StudyDate, slice_.StudyTime, slice_.PatientSex = "20200101", "101010", "F"
    slice_.ImagePositionPatient = [f"{value:.6f}" for value in position]
    slice_.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    slice_.PixelSpacing, slice_.SliceThickness = [spacing[1], spacing[0]], spacing[2]
    slice_.RescaleSlope, slice_.RescaleIntercept = 1, -1024
    slice_.SamplesPerPixel, slice_.PhotometricInterpretation = 1, "MONOCHROME2"
    slice_.Rows, slice_.Columns = plane.shape
    slice_.BitsAllocated, slice_.BitsStored, slice_.HighBit, slice_.PixelRepresentation = 16, 16, 15, 0
    slice_.PixelData = np.clip(plane.astype(np.int32) + 1024, 0, 65535).astype("<u2").tobytes()
    return slice_


def write_seg(path: Path, series: list[Path], masks: dict[str, np.ndarray], kind: str = "BINARY", **more: Any) -> None:
    """A DICOM-SEG of the series with one segment per name; empty frames are left out."""
    import highdicom as hd
    from highdicom.sr.coding import CodedConcept

    sources = sorted((pydicom.dcmread(file) for file in series), key=lambda s: float(s.ImagePositionPatient[2]))
    tissue = CodedConcept("85756007", "SCT", "Tissue")
    described = [
        hd.seg.SegmentDescription(number, name, tissue, tissue, hd.seg.SegmentAlgorithmTypeValues.MANUAL)
        for number, name in enumerate(masks, start=1)
    ]
    if kind == "LABELMAP":
        pixels = np.zeros(next(iter(masks.values())).shape, np.uint8)
        for number, mask in enumerate(masks.values(), start=1):
            pixels[mask > 0] = number
    else:
        pixels = np.stack(list(masks.values()), axis=-1).astype(np.float32 if kind == "FRACTIONAL" else np.uint8)
    seg = hd.seg.Segmentation(
        source_images=sources, pixel_array=pixels, segmentation_type=kind, segment_descriptions=described,
        series_instance_uid=generate_uid(), series_number=9, sop_instance_uid=generate_uid(), instance_number=1,
        manufacturer="x", manufacturer_model_name="x", software_versions="1", device_serial_number="1", **more,
    )  # fmt: skip
    seg.save_as(path)


def write_rtstruct(path: Path, rois: dict[str, list[np.ndarray]], kind: str = "CLOSED_PLANAR") -> None:
    """A structure set with contours (points in mm) of one geometric type per ROI name."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = RT_STRUCTURE_SET_STORAGE
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    structures = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    structures.SpecificCharacterSet = "ISO_IR 192"
    structures.SOPClassUID, structures.SOPInstanceUID = RT_STRUCTURE_SET_STORAGE, meta.MediaStorageSOPInstanceUID
    structures.Modality, structures.PatientName = "RTSTRUCT", PLANTED["PatientName"]
    structures.StructureSetROISequence, structures.ROIContourSequence = Sequence(), Sequence()
    for number, (name, contours) in enumerate(rois.items(), start=1):
        roi, drawn = Dataset(), Dataset()
        roi.ROINumber, roi.ROIName, drawn.ReferencedROINumber = number, name, number
        drawn.ContourSequence = Sequence()
        for points in contours:
            contour = Dataset()
            contour.ContourGeometricType, contour.NumberOfContourPoints = kind, len(points)
            contour.ContourData = [f"{value:.4f}" for value in np.asarray(points).ravel()]
            drawn.ContourSequence.append(contour)
        structures.StructureSetROISequence.append(roi)
        structures.ROIContourSequence.append(drawn)
    structures.save_as(path, enforce_file_format=True)
