"""Masks that do not fit their CT, the table or each other."""

from __future__ import annotations

import shutil

import numpy as np
from tests.small_study import SmallStudy, patient_arrays, save
from tests.wrong_input.cases.corpus import T1, case


@case(
    f"{T1}, T1/lesions.nii.gz: the mask is not on the grid of its CT (size 48 × 48 × 15 against 48 × 48 × 16). "
    "Draw it on this CT, or set resample_masks: true if its geometry is right."
)
def mask_on_another_grid(study: SmallStudy) -> None:
    save(study.folder / "T1/lesions.nii.gz", patient_arrays(0)[2][:15])


@case(
    f"{T1}, T1/liver.nii.gz: the mask is not on the grid of its CT (spacing 2 × 2 × 5 against 2 × 2 × 4 mm). "
    "Draw it on this CT, or set resample_masks: true if its geometry is right."
)
def mask_of_another_spacing(study: SmallStudy) -> None:
    save(study.folder / "T1/liver.nii.gz", patient_arrays(0)[1], (2.0, 2.0, 5.0))


@case(f"{T1}, T1/lesions.nii.gz: the lesion mask holds no lesion. Correct the mask, or exclude the patient.")
def mask_without_a_lesion(study: SmallStudy) -> None:
    study.edit("T1/lesions.nii.gz", lambda labels: labels * 0)


@case(f"{T1}, T1/liver.nii.gz: the liver mask is empty. Correct the mask, or leave out `liver`.")
def empty_liver(study: SmallStudy) -> None:
    study.edit("T1/liver.nii.gz", lambda labels: labels * 0)


@case(
    f"{T1}, T1/lesions.nii.gz: lesion 2 of the mask is not in the table. "
    "Add its row, exclude the lesion with a reason, or set lesions_without_outcome: keep.",
    f"{T1}, T1/lesions.nii.gz: lesion 7 (row 3) of the table is not in the mask, which has 1, 2. "
    "Correct the lesion ids of the table, or the labels of the mask.",
)
def lesion_ids_differ(study: SmallStudy) -> None:
    study.rows[1] = "T1,baseline,7,A,16.0,25.0"


@case(
    f"{T1}, T1/lesions.nii.gz: lesion 2 (row 3) of the table is not in the mask, which has 1. "
    "Correct the lesion ids of the table, or the labels of the mask; if this is one binary mask, "
    "set lesion_ids: components."
)
def binary_mask_as_labels(study: SmallStudy) -> None:
    study.edit("T1/lesions.nii.gz", lambda labels: (labels > 0).astype(np.uint8))


@case(
    f"{T1}, T1/lesions.nii.gz: the mask has fractions as values. "
    "A mask holds whole label values; export it again (a probability map needs a threshold first)."
)
def probability_as_mask(study: SmallStudy) -> None:
    study.edit("T1/lesions.nii.gz", lambda labels: labels.astype(np.float32) * 0.3)


@case(
    f"{T1}, T1/lesions.nii.gz: the mask has values from -1024 to 142. "
    "A mask holds label values from 0 up; is this an image?"
)
def ct_as_mask(study: SmallStudy) -> None:
    shutil.copy(study.folder / "T1/ct.nii.gz", study.folder / "T1/lesions.nii.gz")


@case(f"{T1}, T1/lesions.nii.gz: the mask has a lesion with label 2000. Number the lesions from 1 to 1000.")
def label_too_high(study: SmallStudy) -> None:
    study.edit("T1/lesions.nii.gz", lambda labels: labels.astype(np.uint16) * 1000)


@case(f'{T1}, T1/lesions.nii.gz: there is no label "3". Labels of this mask: 1, 2.')
def label_not_there(study: SmallStudy) -> None:
    study.cohort()["lesion_labels"] = [1, 2, 3]
    labels = patient_arrays(1)[2]
    labels[8, 24, 12] = 3
    save(study.folder / "T2/lesions.nii.gz", labels)
    study.cohort()["lesions_without_outcome"] = "keep"


@case(
    f"{T1}, T1/lesions.nii.gz: lesion 1 lies outside the liver mask. "
    "The masks do not belong together, or one is flipped; look at both on the CT, or accept it with a reason: "
    '`accept: {lesion_outside_liver: "..."}`.',
    f"{T1}, T1/liver.nii.gz: 19 % of the liver mask is air or lung. "
    "It is flipped, shifted or of another patient; look at it on the CT, or accept it with a reason: "
    '`accept: {liver_air: "..."}`.',
)
def liver_of_another_patient(study: SmallStudy) -> None:
    study.edit("T1/liver.nii.gz", lambda liver: np.roll(liver, 18, axis=2))


@case(
    f"{T1}, T1/lesions.nii.gz: lesion 1 lies outside the liver mask. "
    "The masks do not belong together, or one is flipped; look at both on the CT, or accept it with a reason: "
    '`accept: {lesion_outside_liver: "..."}`.'
)
def flipped_mask(study: SmallStudy) -> None:
    def drawn_at_the_right_edge(labels: np.ndarray) -> np.ndarray:
        drawn = np.where(labels == 2, 2, 0).astype(np.uint8)
        drawn[7:9, 22:26, 5:8] = 1
        return drawn

    study.edit("T1/lesions.nii.gz", lambda labels: drawn_at_the_right_edge(labels)[:, :, ::-1])


@case(
    f"{T1}, T1/lesions.nii.gz: lesion 1 fills 94 % of the liver mask (106 ml): this is the liver, not a lesion. "
    "Say which labels are lesions: lesion_labels: [2]."
)
def map_of_liver_and_tumours(study: SmallStudy) -> None:
    liver = patient_arrays(0)[1]
    study.edit("T1/lesions.nii.gz", lambda labels: np.where(labels > 0, 2, liver).astype(np.uint8))


@case(
    f"{T1}, lesion 1: the table's baseline diameter is 1.9, the mask measures 19.0 mm: centimetres for mm. "
    "Correct the row, or set diameter_unit: cm for the cohort."
)
def centimetres_seen_in_the_mask(study: SmallStudy) -> None:
    study.rows[0] = "T1,baseline,1,A,1.9,2.0"
    study.cohort()["diameter_unit"] = "mm"  # said so, therefore the table alone gives a warning only


@case(
    f"{T1}, T1/tumour{{lesion}}.nii.gz: no lesion mask has this name. Check `lesions`: {{lesion}} stands for a number."
)
def no_file_per_lesion(study: SmallStudy) -> None:
    one_file_per_lesion(study, "T2")


@case(
    f"{T1}, T1/met 1 seg 7 x.nii.gz: 1 and 7 may both be the lesion's number in * {{lesion}} *.nii.gz. "
    "Write more of the file's name around {lesion}."
)
def wildcard_beside_two_numbers(study: SmallStudy) -> None:
    for patient, name in (("T1", "met 1 seg 7 x"), ("T1", "met 2 seg VI"), ("T2", "met 1 a"), ("T2", "met 2 b")):
        mask = patient_arrays(int(patient[1]) - 1)[2] == int(name[4])
        save(study.folder / patient / f"{name}.nii.gz", mask.astype(np.uint8))
    study.cohort()["lesions"] = "{patient}/* {lesion} *.nii.gz"


@case("cohorts.train: `lesions` needs some text between {lesion} and *, or no one knows which number is meant.")
def wildcard_at_the_number(study: SmallStudy) -> None:
    study.cohort()["lesions"] = "{patient}/*{lesion}.nii.gz"


@case(f"{T1}, T1/tumour1.nii.gz: tumour01.nii.gz is lesion 1 too. Keep one of the two files.")
def same_lesion_in_two_files(study: SmallStudy) -> None:
    one_file_per_lesion(study, "T1", "T2")
    shutil.copy(study.folder / "T1/tumour1.nii.gz", study.folder / "T1/tumour01.nii.gz")


@case(f"{T1}, T1/tumour2.nii.gz: the lesion mask holds no lesion. Correct the mask or remove the file.")
def empty_file_of_a_lesion(study: SmallStudy) -> None:
    one_file_per_lesion(study, "T1", "T2")
    study.edit("T1/tumour2.nii.gz", lambda labels: labels * 0)


def one_file_per_lesion(study: SmallStudy, *patients: str) -> None:
    for patient in patients:
        for lesion in (1, 2):
            save(study.folder / patient / f"tumour{lesion}.nii.gz", (patient_arrays(0)[2] == lesion).astype(np.uint8))
    study.cohort()["lesions"] = "{patient}/tumour{lesion}.nii.gz"


@case(
    f"{T1}, T1/lesions.nii.gz: lesion 1 (row 2), 2 (row 3) of the table is not in the mask, which has 255. "
    "Correct the lesion ids of the table, or the labels of the mask; if this is one binary mask, "
    "set lesion_ids: components.",
    f"{T1}, T1/lesions.nii.gz: lesion 255 of the mask is not in the table. "
    "Add its row, exclude the lesion with a reason, or set lesions_without_outcome: keep.",
)
def picture_as_mask(study: SmallStudy) -> None:
    study.edit("T1/lesions.nii.gz", lambda labels: np.where(labels > 0, 255, 0).astype(np.uint8))


@case(
    f"{T1}, T1/liver.nii.gz: the mean under the liver mask is 408 HU. "
    'Check mask and CT: it is not liver, or accept it with a reason: `accept: {liver_hu: "..."}`.'
)
def bone_as_liver(study: SmallStudy) -> None:
    liver = patient_arrays(0)[1].astype(np.int16)
    study.edit("T1/ct.nii.gz", lambda hu: (hu + 300 * liver).astype(np.int16))


@case(
    f"{T1}, T1/lesions.nii.gz: lesion 1 lies in air or lung (mean -900 HU). "
    "The mask is flipped, shifted or of another patient; look at it on the CT, or accept it with a reason: "
    '`accept: {lesion_air: "..."}`.'
)
def lesion_in_the_bowel_gas(study: SmallStudy) -> None:
    lesions = patient_arrays(0)[2]
    study.edit("T1/ct.nii.gz", lambda hu: np.where(lesions == 1, -900, hu).astype(np.int16))


@case(
    f"{T1}, T1/liver.nii.gz: the liver mask would fit the CT mirrored left to right "
    "(contrast along the border 0.79 there, 0.04 here). Its file states other axes than it has; export it again, "
    'or accept it with a reason: `accept: {liver_mirrored: "..."}`.'
)
def mirrored_liver(study: SmallStudy) -> None:
    """The CT and its lesions shifted to the side, so that the mirrored liver still lies in the body."""
    ct, liver, lesions = (np.pad(a, ((0, 0), (0, 0), (12, 0)), mode="edge") for a in patient_arrays(0))
    save(study.folder / "T1/ct.nii.gz", ct)
    save(study.folder / "T1/lesions.nii.gz", lesions)
    save(study.folder / "T1/liver.nii.gz", liver[:, :, ::-1])
