"""Images whose header cannot be right, or does not say where the patient lies."""

from __future__ import annotations

import gzip

import nibabel
import numpy as np
import SimpleITK as sitk
from tests.small_study import SmallStudy, image_of, patient_arrays, save
from tests.wrong_input.cases.corpus import T1, case


@case(f"{T1}, T1/ct.nii.gz: a 3D volume is needed, this has 4 dimensions. Give one phase as its own file.")
def four_dimensions(study: SmallStudy) -> None:
    ct = image_of(patient_arrays(0)[0])
    sitk.WriteImage(sitk.JoinSeries([ct, ct]), str(study.folder / "T1/ct.nii.gz"))


@case(f"{T1}, T1/ct.nii.gz: this file is cut short or damaged. Copy or export it again.")
def header_that_claims_too_much(study: SmallStudy) -> None:
    path = study.folder / "T1/ct.nii.gz"
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[42:48] = np.array([30_000, 30_000, 30_000], "<i2").tobytes()  # 50 TB
    path.write_bytes(gzip.compress(bytes(content)))


@case(
    f"{T1}, T1/ct.nii.gz: voxels of 0.002 × 0.002 × 0.004 mm are not those of a CT. "
    "Check the spacing in the file's header (mm, not cm or m).",
)
def spacing_in_metres(study: SmallStudy) -> None:
    for name, array in zip(("ct", "liver", "lesions"), patient_arrays(0), strict=True):
        save(study.folder / f"T1/{name}.nii.gz", array, (0.002, 0.002, 0.004))


@case(
    f"{T1}, T1/ct.nii.gz: the axes of this image are not perpendicular (sheared affine). "
    "Resample it to a regular grid first."
)
def sheared_affine(study: SmallStudy) -> None:
    affine = np.diag([2.0, 2.0, 4.0, 1.0])
    affine[0, 2] = 1.5
    nifti = nibabel.Nifti1Image(patient_arrays(0)[0].T, affine)
    nifti.set_qform(None, 0)
    nifti.to_filename(study.folder / "T1/ct.nii.gz")


def nifti_with(study: SmallStudy, sform: np.ndarray, qform: np.ndarray, name: str = "T1/ct.nii.gz") -> None:
    image = nibabel.Nifti1Image(patient_arrays(0)[0].T, None)
    image.set_sform(sform, 1)
    image.set_qform(qform, 1)
    image.to_filename(study.folder / name)


@case(
    f"{T1}, T1/ct.nii.gz: the header states voxels of 2 × 2 × 4 mm by its pixdim and of 1 × 1 × 2 mm by its sform. "
    "Export it again from the DICOM series."
)
def spacing_stated_twice(study: SmallStudy) -> None:
    affine = np.array([[-2, 0, 0, 47], [0, -2, 0, 45], [0, 0, 4, -100], [0, 0, 0, 1.0]])
    nifti_with(study, affine * np.array([0.5, 0.5, 0.5, 1.0]), affine)


def nifti_patched(study: SmallStudy, name: str, place: int, *values: float) -> None:
    """Writes float32 numbers over a place of a NIfTI header."""
    path = study.folder / name
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[place : place + 4 * len(values)] = np.array(values, "<f4").tobytes()
    path.write_bytes(gzip.compress(bytes(content)))


@case(
    f"{T1}, T1/ct.nii.gz: it would be read with axes RPS, but the sform of its header says axes LPS. "
    "The voxel sizes of pixdim must be above 0 (found -2, 2, 4): correct them, or export it again."
)
def negative_voxel_size(study: SmallStudy) -> None:
    nifti_patched(study, "T1/ct.nii.gz", 80, -2.0)


@case(
    f"{T1}, T1/lesions.nii.gz: it would be read with axes LPI, but the sform of its header says axes LPS. "
    "The voxel sizes of pixdim must be above 0 (found 2, 2, -4): correct them, or export it again."
)
def negative_voxel_size_of_a_mask(study: SmallStudy) -> None:
    nifti_patched(study, "T1/lesions.nii.gz", 88, -4.0)


@case(
    f"{T1}, T1/ct.nii.gz: it would be read with voxels of 2 × 2 × 1 mm, but the sform of its header says voxels of "
    "2 × 2 × 4 mm. The voxel sizes of pixdim must be above 0 (found 2, 2, 0): correct them, or export it again."
)
def voxel_size_of_nothing(study: SmallStudy) -> None:
    nifti_patched(study, "T1/ct.nii.gz", 88, 0.0)


@case(
    f"{T1}, T1/ct.nii.gz: a voxel would be read as -2023, but the header says -999 (scl_slope 0, scl_inter -1024). "
    "Set the slope to 1 if the intercept is meant, or export it again."
)
def intercept_without_slope(study: SmallStudy) -> None:
    nifti_patched(study, "T1/ct.nii.gz", 112, 0.0, -1024.0)


@case(
    f"{T1}, T1/ct.nii.gz: this is a NIfTI-2 file, which the image library (SimpleITK) does not read. Convert it to "
    "NIfTI-1, NRRD or MHA (in Python: nibabel.Nifti1Image.from_image(nibabel.load(...)))."
)
def nifti_2(study: SmallStudy) -> None:
    nibabel.Nifti2Image(patient_arrays(0)[0].T, np.eye(4)).to_filename(study.folder / "T1/ct.nii.gz")


@case(
    f"{T1}, T1/ct.nii.gz: the header does not say what is left and right; it is read with x to the left, y to the "
    'back, z up. Export it again from the DICOM series, or accept it with a reason: `accept: {unplaced: "..."}`.'
)
def neither_sform_nor_qform(study: SmallStudy) -> None:
    for name, array in zip(("ct", "liver", "lesions"), patient_arrays(0), strict=True):
        image = nibabel.Nifti1Image(array.T, None)
        image.header.set_zooms((2.0, 2.0, 4.0))
        image.to_filename(study.folder / f"T1/{name}.nii.gz")


@case(
    f"{T1}, T1/ct.mha: the axes are LPS by its TransformMatrix and RAS by its AnatomicalOrientation. "
    "Correct its header, or export it again."
)
def metaimage_that_names_other_axes(study: SmallStudy) -> None:
    for seed, patient in enumerate(("T1", "T2")):
        save(study.folder / patient / "ct.mha", patient_arrays(seed)[0])
    path = study.folder / "T1/ct.mha"
    path.write_bytes(path.read_bytes().replace(b"Orientation = RAI", b"Orientation = RAS", 1))
    study.cohort()["image"] = "{patient}/ct.mha"


@case(f"{T1}, T1/ct.hdr: an Analyze file does not say what is left and right. Convert it to NIfTI or NRRD.")
def analyze_file(study: SmallStudy) -> None:
    for seed, patient in enumerate(("T1", "T2")):
        kind = nibabel.AnalyzeImage if patient == "T1" else nibabel.Nifti1Pair
        affine = np.array([[-2, 0, 0, 47], [0, -2, 0, 45], [0, 0, 4, -100], [0, 0, 0, 1.0]])
        kind(patient_arrays(seed)[0].T, affine).to_filename(study.folder / patient / "ct.hdr")
    study.cohort()["image"] = "{patient}/ct.hdr"
