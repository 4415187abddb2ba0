"""Images that cannot be read, or whose values are not those of a CT."""

from __future__ import annotations

import gzip
import shutil
import zipfile

import numpy as np
import SimpleITK as sitk
from tests.small_study import SmallStudy, image_of, patient_arrays, save
from tests.wrong_input.cases.corpus import T1, T2, case


@case(f"{T1}, T1/ct.nii.gz: this CT does not exist. Check the path in the configuration or the table.")
def missing_ct(study: SmallStudy) -> None:
    (study.folder / "T1/ct.nii.gz").unlink()


@case(
    f"{T1}, T1/lesions.nii.gz: this mask does not exist. Check the path in the configuration or the table.",
    f"{T1}, T1/liver.nii.gz: this mask does not exist. Check the path in the configuration or the table; if such scans "
    "come without one, set `liver_optional: true` in the cohort.",
)
def missing_masks(study: SmallStudy) -> None:
    (study.folder / "T1/liver.nii.gz").unlink()
    (study.folder / "T1/lesions.nii.gz").unlink()


@case(f"{T1}, T1/ct.nii.gz: this file is cut short or damaged. Copy or export it again.")
def gzip_cut_short(study: SmallStudy) -> None:
    path = study.folder / "T1/ct.nii.gz"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@case(f"{T1}, T1/ct.nii: this file is cut short or damaged. Copy or export it again.")
def truncated_file(study: SmallStudy) -> None:
    path = study.folder / "T1/ct.nii"
    path.write_bytes(gzip.decompress((study.folder / "T1/ct.nii.gz").read_bytes())[:-1000])
    shutil.copy(study.folder / "T2/ct.nii.gz", study.folder / "T2/ct.nii")
    (study.folder / "T2/ct.nii").write_bytes(gzip.decompress((study.folder / "T2/ct.nii.gz").read_bytes()))
    study.cohort()["image"] = "{patient}/ct.nii"


@case(
    f"{T1}, T1/ct.nii.gz: this file cannot be read as an image. It must be NIfTI, NRRD, MHA or DICOM; export it again."
)
def wrong_magic(study: SmallStudy) -> None:
    (study.folder / "T1/ct.nii.gz").write_bytes(gzip.compress(b"this is not an image" * 100))


@case(
    f"{T1}, T1/ct.nrrd.gz: this is a gzip file, not an image. Unpack it; only NIfTI is read packed (.nii.gz).",
    f"{T2}, T2/ct.nrrd.gz: this is a zip archive, not an image. Unpack it; only NIfTI is read packed (.nii.gz).",
)
def packed_image(study: SmallStudy) -> None:
    save(study.folder / "T1/ct.nrrd", patient_arrays(0)[0])
    (study.folder / "T1/ct.nrrd.gz").write_bytes(gzip.compress((study.folder / "T1/ct.nrrd").read_bytes()))
    with zipfile.ZipFile(study.folder / "T2/ct.nrrd.gz", "w") as archive:
        archive.write(study.folder / "T1/ct.nrrd", "ct.nrrd")
    study.cohort()["image"] = "{patient}/ct.nrrd.gz"


@case(
    f"{T1}, T1/ct.nrrd: one value per voxel is needed, this has 3. "
    "Give the CT or one label map, not a picture in colours or layers."
)
def colour_image(study: SmallStudy) -> None:
    for patient in ("T1", "T2"):
        ct = image_of(patient_arrays(0)[0])
        image = sitk.Compose(ct, ct, ct) if patient == "T1" else ct
        sitk.WriteImage(image, str(study.folder / patient / "ct.nrrd"))
    study.cohort()["image"] = "{patient}/ct.nrrd"


@case(f"{T1}, T1/ct.nii.gz: 1 voxels are not numbers (NaN or infinite). Export it again.")
def nan_in_ct(study: SmallStudy) -> None:
    ct = patient_arrays(0)[0].astype(np.float32)
    ct[3, 3, 3] = np.nan
    save(study.folder / "T1/ct.nii.gz", ct)


@case(f"{T1}, T1/ct.nii: this file is cut short or damaged. Copy or export it again.")
def last_bytes_missing(study: SmallStudy) -> None:
    for seed, patient in enumerate(("T1", "T2")):
        sitk.WriteImage(image_of(patient_arrays(seed)[0]), str(study.folder / patient / "ct.nii"))
    path = study.folder / "T1/ct.nii"
    path.write_bytes(path.read_bytes()[:-100])  # less than the header
    study.cohort()["image"] = "{patient}/ct.nii"


@case(
    f"{T1}, T1/ct.nii.gz: no value is below 0 (maximum 1166): the rescale intercept (usually -1024) was not applied. "
    "Export the CT in Hounsfield units."
)
def rescale_not_applied(study: SmallStudy) -> None:
    study.edit("T1/ct.nii.gz", lambda hu: hu + 1024)


@case(
    f"{T1}, T1/ct.nii.gz: the values are cut off at -100 HU (36 % of the voxels are exactly there) and "
    "100 HU (16 % of the voxels are exactly there): a windowed image. "
    'Export the CT in Hounsfield units, or accept it with a reason: `accept: {windowed: "..."}`.'
)
def windowed_image(study: SmallStudy) -> None:
    study.edit("T1/ct.nii.gz", lambda hu: np.clip(hu, -100, 100))


@case(f"{T1}, T1/ct.nii.gz: the values go from 0 to 255: a picture, not HU. Export the CT in Hounsfield units.")
def eight_bit_picture(study: SmallStudy) -> None:
    study.edit("T1/ct.nii.gz", lambda hu: np.clip((hu.astype(float) + 150) * 3, 0, 255).astype(np.uint8))


@case(
    f"{T1}, T1/ct.nii.gz: the values go from -1.02 to 0.142: a normalised image, not HU. "
    "Export the CT in Hounsfield units."
)
def normalised_image(study: SmallStudy) -> None:
    study.edit("T1/ct.nii.gz", lambda hu: (hu * 0.001).astype(np.float32))


@case(f"{T1}, T1/ct.nii.gz: every voxel of the CT is 0. Export the CT again.")
def flat_image(study: SmallStudy) -> None:
    study.edit("T1/ct.nii.gz", lambda hu: hu * 0)


@case(
    "cohort train, patient T2, baseline: this CT is voxel for voxel that of cohort train, patient T1, baseline. "
    "One image belongs to one scan; across cohorts this would leak training data into validation."
)
def same_ct_twice(study: SmallStudy) -> None:
    for name in ("ct", "liver", "lesions"):
        shutil.copy(study.folder / f"T1/{name}.nii.gz", study.folder / f"T2/{name}.nii.gz")


@case(
    f"{T1}, T1/lesions.nii.gz: this mask is a link that leads nowhere (to gone). "
    "Fetch what is missing (git annex get, datalad get), mount the disk it is on, or remove the link.",
    f"{T2}, T2/ct.nii.gz: only a stand-in for this file is here, its content was not fetched. Fetch it: git lfs pull.",
)
def files_that_were_not_fetched(study: SmallStudy) -> None:
    (study.folder / "T1/lesions.nii.gz").unlink()
    (study.folder / "T1/lesions.nii.gz").symlink_to("gone")
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0a1b\nsize 526\n"
    (study.folder / "T2/ct.nii.gz").write_text(pointer)


@case(f"{T1}, T1/ct.hdr: this file is cut short or damaged. Copy or export it again.")
def image_beside_its_header_cut_short(study: SmallStudy) -> None:
    for seed, patient in enumerate(("T1", "T2")):
        sitk.WriteImage(image_of(patient_arrays(seed)[0]), str(study.folder / patient / "ct.hdr"))
    path = study.folder / "T1/ct.img"
    path.write_bytes(path.read_bytes()[:-1000])
    study.cohort()["image"] = "{patient}/ct.hdr"
