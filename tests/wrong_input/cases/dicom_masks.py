"""DICOM-SEG and RTSTRUCT that do not belong to their CT, or hold no lesion."""

from __future__ import annotations

import shutil

import numpy as np
import pydicom
from tests.dicom_files import write_rtstruct, write_seg, write_series
from tests.small_study import SmallStudy, patient_arrays
from tests.wrong_input.cases.corpus import T1, T2, case
from tests.wrong_input.cases.dicom import dicom_study


@case(
    f'{T1}, T1/seg.dcm: there is no label "Tumor*". Labels of this mask: 1 Liver.',
    f'{T2}, T2/seg.dcm: there is no label "Tumor*". Labels of this mask: 1 Liver.',
)
def segment_not_there(study: SmallStudy) -> None:
    dicom_study(study)
    for seed, patient in enumerate(("T1", "T2")):
        files = sorted((study.folder / patient / "dicom").iterdir())
        write_seg(study.folder / patient / "seg.dcm", files, {"Liver": patient_arrays(seed)[1]})
    study.cohort().update(lesions="{patient}/seg.dcm", lesion_labels=["Tumor*"])


@case(
    f"{T1}, T1/seg.dcm: the segmentation is not on the pixels of its CT (off by up to 0.50 voxels). "
    "Give the segmentation of this CT."
)
def segmentation_of_another_ct(study: SmallStudy) -> None:
    files = write_series(study.folder / "other", patient_arrays(0)[0], origin=(-46.0, -45.0, -100.0))
    ct, _, lesions = patient_arrays(0)
    write_seg(study.folder / "T1/seg.dcm", files, {"Tumor_1": lesions == 1, "Tumor_2": lesions == 2})
    files = write_series(study.folder / "T2/dicom", ct)
    write_seg(study.folder / "T2/seg.dcm", files, {"Tumor_1": lesions == 1, "Tumor_2": lesions == 2})
    study.cohort()["lesions"] = "{patient}/seg.dcm"


@case(f"{T1}, T1/rt.dcm: the contours reach outside this CT. Give the RTSTRUCT of this CT.")
def structures_of_another_ct(study: SmallStudy) -> None:
    square = np.array([[-25, -10, 0], [-10, -10, 0], [-10, 10, 0], [-25, 10, 0.0]])
    for patient, z in (("T1", 900.0), ("T2", -68.0)):
        rois = {f"mts {n}": [square + np.array([20.0 * (n - 1), 0, z])] for n in (1, 2)}
        write_rtstruct(study.folder / patient / "rt.dcm", rois)
    study.cohort()["lesions"] = "{patient}/rt.dcm"


@case(
    f'{T1}, T1/rt.dcm: the lesion mask holds no lesion (1 "mts 1": 0 of 1 contours are used; left out: '
    '1 without a voxel centre inside; no voxel lies inside 1 "mts 1"). Correct the mask, or exclude the patient.',
    f'{T2}, T2/rt.dcm: "mts 1" and "mts 2" have the same number, 1. Export it again with a number of its own for each.',
)
def structures_without_lesion_and_with_one_number(study: SmallStudy) -> None:
    structures_of_another_ct(study)
    triangle = np.array([[-20.9, -10.9, -68.0], [-20.6, -10.9, -68.0], [-20.6, -10.6, -68.0]])
    write_rtstruct(study.folder / "T1/rt.dcm", {"mts 1": [triangle]})
    dataset = pydicom.dcmread(study.folder / "T2/rt.dcm")
    dataset.StructureSetROISequence[1].ROINumber = 1
    dataset.save_as(study.folder / "T2/rt.dcm")


@case(
    f'{T1}, T1/seg.dcm: 2 "Tumor_2" has no voxel of its own: all of its 256 belong to 1 "Tumor_1". '
    "Correct the mask, or exclude lesion 2 with a reason."
)
def one_lesion_in_two_segments(study: SmallStudy) -> None:
    segmentation_of_another_ct(study)
    files = write_series(study.folder / "same", patient_arrays(0)[0])
    lesion = patient_arrays(0)[2] == 1
    write_seg(study.folder / "T1/seg.dcm", files, {"Tumor_1": lesion, "Tumor_2": lesion})


@case(f"{T1}, T1/seg.dcm: this DICOM-SEG cannot be read. Export it again.")
def damaged_segmentation(study: SmallStudy) -> None:
    segmentation_of_another_ct(study)
    shutil.copy(study.folder / "T2/seg.dcm", study.folder / "T1/seg.dcm")
    path = study.folder / "T1/seg.dcm"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@case(
    f"{T1}, T1/rt.dcm: this is a DICOM RTSTRUCT, not a CT. Give the folder of the CT's slices.",
    f"{T2}, T2/rt.dcm: this is a DICOM RTSTRUCT, not a CT. Give the folder of the CT's slices.",
)
def structures_as_ct(study: SmallStudy) -> None:
    for patient in ("T1", "T2"):
        write_rtstruct(study.folder / patient / "rt.dcm", {"mts": []})
    study.cohort()["image"] = "{patient}/rt.dcm"


@case(f"{T1}, T1/rt.dcm: the contours are on every 2nd slice of this CT only. Give the RTSTRUCT of this CT.")
def structures_of_thicker_slices(study: SmallStudy) -> None:
    square = np.array([[-25, -10, 0], [-10, -10, 0], [-10, 10, 0], [-25, 10, 0.0]])
    for patient, step in (("T1", 8.0), ("T2", 4.0)):
        rois = {
            f"mts {n}": [square + np.array([20.0 * (n - 1), 0, -76.0 + step * z]) for z in range(4)] for n in (1, 2)
        }
        write_rtstruct(study.folder / patient / "rt.dcm", rois)
    study.cohort()["lesions"] = "{patient}/rt.dcm"
