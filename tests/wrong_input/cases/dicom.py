"""DICOM folders that are not one complete CT series."""

from __future__ import annotations

import shutil

import numpy as np
import pydicom
from tests.dicom_files import write_enhanced, write_series
from tests.small_study import SmallStudy, patient_arrays
from tests.wrong_input.cases.corpus import T1, T2, case


def dicom_study(study: SmallStudy) -> None:
    """Both training patients as DICOM folders."""
    for seed, patient in enumerate(("T1", "T2")):
        write_series(study.folder / patient / "dicom", patient_arrays(seed)[0])
    study.cohort()["image"] = "{patient}/dicom"


def slices(study: SmallStudy) -> list:
    found = [(path, pydicom.dcmread(path)) for path in (study.folder / "T1/dicom").iterdir()]
    return sorted(found, key=lambda item: float(item[1].ImagePositionPatient[2]))


@case(f"{T1}, T1/dicom: this folder is empty. Check the path; it must hold the slices of the CT.")
def empty_folder(study: SmallStudy) -> None:
    dicom_study(study)
    shutil.rmtree(study.folder / "T1/dicom")
    (study.folder / "T1/dicom").mkdir()


@case(f"{T1}, T1/dicom: no DICOM image in this folder. Check the path; it must hold the slices of the CT.")
def folder_of_something_else(study: SmallStudy) -> None:
    empty_folder(study)
    for name in ("LICENSE", "notes.txt", "a.jpg"):
        (study.folder / "T1/dicom" / name).write_text("hello")


@case(
    f"{T1}, T1/dicom: slices are missing in 1 place(s), the first after -84.0 mm "
    "(step 8.00 instead of 4.00 mm). Export the series again, complete."
)
def missing_slice(study: SmallStudy) -> None:
    dicom_study(study)
    slices(study)[5][0].unlink()


@case(
    f"{T1}, T1/dicom: the slice spacing is uneven in 1 place(s), the first after -44.0 mm "
    "(step 5.00 instead of 4.00 mm). Export the series again, complete."
)
def uneven_slices(study: SmallStudy) -> None:
    dicom_study(study)
    path, last = slices(study)[-1]
    last.ImagePositionPatient[2] = -39.0
    last.save_as(path)


@case(
    f"{T1}, T1/dicom: the slice spacing drifts: the slice at -68.0 mm lies 0.60 mm (0.15 slices) off an even 4.07 "
    "mm. Export the series again with even slice positions, or give the volume resampled to them."
)
def drifting_slices(study: SmallStudy) -> None:
    dicom_study(study)
    for z, (path, slice_) in enumerate(slices(study)):
        slice_.ImagePositionPatient[2] = f"{-100 + 4.0 * min(z, 8) + 4.16 * max(z - 8, 0):.2f}"
        slice_.save_as(path)


@case(
    f"{T1}, T1/dicom: the slices are shifted against each other (gantry tilt of about 15°). "
    "Correct the tilt first (dcm2niix does) and give the corrected volume."
)
def gantry_tilt(study: SmallStudy) -> None:
    dicom_study(study)
    for z, (path, slice_) in enumerate(slices(study)):
        slice_.ImagePositionPatient[1] = f"{-45.0 + z * 4 * np.tan(np.radians(15)):.4f}"
        slice_.save_as(path)


@case(
    f"{T1}, T1/dicom: 2 DICOM series in this folder. Choose by description, number, acquisition, time, phase or uid "
    'under `series`: number 2, acquisition 1, "Abdomen portal venous", 16 slices of 48 × 48 every 4 mm; number 3, '
    'acquisition 1, "Abdomen arterial", 16 slices of 48 × 48 every 4 mm.'
)
def several_series(study: SmallStudy) -> None:
    dicom_study(study)
    write_series(
        study.folder / "T1/dicom",
        patient_arrays(7)[0],
        names="B{:04d}",
        SeriesNumber=3,
        SeriesDescription="Abdomen arterial",
    )


@case(
    f"{T1}, T1/dicom: no DICOM series fits `series` of the configuration. "
    'Series found: number 2, acquisition 1, "Abdomen portal venous", 16 slices of 48 × 48 every 4 mm.',
    f"{T2}, T2/dicom: no DICOM series fits `series` of the configuration. "
    'Series found: number 2, acquisition 1, "Abdomen portal venous", 16 slices of 48 × 48 every 4 mm.',
)
def series_not_there(study: SmallStudy) -> None:
    dicom_study(study)
    study.cohort()["series"] = {"phase": "late"}


@case(
    f"{T1}, T1/dicom: 16 positions have more than one slice, the first at -100.0 mm. "
    "Keep one phase or one export per folder, or choose it under `series`."
)
def two_phases_in_one_series(study: SmallStudy) -> None:
    dicom_study(study)
    uid = slices(study)[0][1].SeriesInstanceUID
    write_series(study.folder / "T1/dicom", patient_arrays(7)[0], names="B{:04d}", uid=uid)


@case(
    f"{T1}, T1/dicom: 2 DICOM series in this folder. Choose by description, number, acquisition, time, phase or uid "
    'under `series`: number 2, acquisition 1, time 10:20:30, "Abdomen portal venous", 16 slices of 48 × 48 every '
    '4 mm; number 2, acquisition 1, time 10:21:05, "Abdomen portal venous", 16 slices of 48 × 48 every 4 mm.'
)
def two_phases_that_take_turns(study: SmallStudy) -> None:
    dicom_study(study)
    uid = slices(study)[0][1].SeriesInstanceUID
    for name, time, offset in (("A", "102030", 0.0), ("B", "102105", 2.0)):
        write_series(
            study.folder / "T1/dicom",
            patient_arrays(7)[0],
            origin=(-47.0, -45.0, -100.0 + offset),
            names=f"{name}{{:04d}}",
            uid=uid,
            AcquisitionTime=time,
        )
    for path in (study.folder / "T1/dicom").glob("IM*"):
        path.unlink()


@case(f"{T1}, T1/dicom: this is an MR series, not CT. Give the slices of the CT.")
def mr_as_ct(study: SmallStudy) -> None:
    dicom_study(study)
    for path, slice_ in slices(study):
        slice_.Modality = "MR"
        slice_.save_as(path)


@case(
    f"{T1}, T1/dicom: 2 of 16 files here are links that lead nowhere: IM0000 (to ../…345678/IM0000), "
    "IM0001 (to ../…345678/IM0001). "
    "Fetch what is missing (git annex get, datalad get), mount the disk it is on, or remove the link."
)
def links_to_slices_that_are_gone(study: SmallStudy) -> None:
    dicom_study(study)
    for name in ("IM0000", "IM0001"):
        (study.folder / "T1/dicom" / name).unlink()
        (study.folder / "T1/dicom" / name).symlink_to(f"../1.2.840.99.1.12345678/{name}")


@case(
    f"{T1}, T1/dicom: IM0003 and again have the same identity (SOP instance UID) and position, but not the same "
    "pixels. Keep the right one of them."
)
def one_slice_with_two_pictures(study: SmallStudy) -> None:
    dicom_study(study)
    slice_ = pydicom.dcmread(study.folder / "T1/dicom/IM0003")
    slice_.PixelData = bytes(len(slice_.PixelData))
    slice_.save_as(study.folder / "T1/dicom/again")


@case(
    f"{T1}, T1/dicom: the pixels of this DICOM series cannot be read. "
    "Export it again; the first damaged slice is IM0004."
)
def damaged_slice(study: SmallStudy) -> None:
    dicom_study(study)
    path = study.folder / "T1/dicom/IM0004"
    path.write_bytes(path.read_bytes()[:-2000])


@case(
    f"{T1}, T1/dicom: IM0004 does not say where its slice is (position, orientation or pixel spacing). "
    "Export the series again with its geometry."
)
def slice_without_position(study: SmallStudy) -> None:
    dicom_study(study)
    slice_ = pydicom.dcmread(study.folder / "T1/dicom/IM0004")
    del slice_.ImagePositionPatient
    slice_.save_as(study.folder / "T1/dicom/IM0004")


@case(f"{T1}, T1/dicom: IM0003 is a colour picture. Give the CT, not a screenshot.")
def colour_dicom(study: SmallStudy) -> None:
    dicom_study(study)
    slice_ = pydicom.dcmread(study.folder / "T1/dicom/IM0003")
    slice_.SamplesPerPixel = 3
    slice_.save_as(study.folder / "T1/dicom/IM0003")


@case(
    f"{T1}, T1/dicom: IM0003 has several frames and does not say where they are. "
    "Export it as enhanced CT or as single slices, or convert it to NIfTI."
)
def multi_frame_dicom(study: SmallStudy) -> None:
    dicom_study(study)
    slice_ = pydicom.dcmread(study.folder / "T1/dicom/IM0003")
    slice_.NumberOfFrames = 2
    slice_.save_as(study.folder / "T1/dicom/IM0003")


@case(
    f"{T1}, T1/dicom: 1 of 16 slices (the first: IM0005) do not say how their values become HU (rescale "
    "intercept). "
    "Export the series again."
)
def slice_without_rescaling(study: SmallStudy) -> None:
    dicom_study(study)
    path, slice_ = slices(study)[7]
    del slice_.RescaleIntercept, slice_.RescaleSlope
    slice_.save_as(path)


@case(
    f"{T1}, T1/dicom: no value is below 0 (maximum 1166): the rescale intercept (usually -1024) was not applied. "
    "Export the CT in Hounsfield units."
)
def series_without_rescaling(study: SmallStudy) -> None:
    dicom_study(study)
    for path, slice_ in slices(study):
        del slice_.RescaleIntercept, slice_.RescaleSlope
        slice_.save_as(path)


@case(
    f"{T1}, T1/dicom: 2 DICOM series in this folder. Choose by description, number, acquisition, time, phase or uid "
    'under `series`: number 2, acquisition 1, "Abdomen portal venous", 1 slices of 48 × 48 every 0 mm; number 2, '
    'acquisition 1, "Abdomen portal venous", 15 slices of 48 × 48 every 4 mm.'
)
def slice_in_another_orientation(study: SmallStudy) -> None:
    dicom_study(study)
    path, slice_ = slices(study)[0]
    slice_.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
    slice_.save_as(path)


@case(f"{T1}, T1/dicom: the multi-frame DICOM file ct is cut short or damaged. Export it again.")
def damaged_enhanced_ct(study: SmallStudy) -> None:
    for seed, patient in enumerate(("T1", "T2")):
        files = write_series(study.folder / "classic", patient_arrays(seed)[0])
        write_enhanced(study.folder / patient / "dicom/ct", files)
    path = study.folder / "T1/dicom/ct"
    path.write_bytes(path.read_bytes()[:-5000])
    study.cohort()["image"] = "{patient}/dicom"
