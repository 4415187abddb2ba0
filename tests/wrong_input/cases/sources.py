"""Mistakes about mask sources: further readers, their names and files, and which one is the reference."""

from __future__ import annotations

import shutil

import numpy as np
from tests.small_study import SmallStudy, patient_arrays, save
from tests.wrong_input.cases.corpus import T1, case

R2 = f"{T1}, reader2, T1/r2.nii.gz"


def with_reader(study: SmallStudy, name: str = "reader2") -> None:
    """A further reader who drew what the reference shows, of the training patients."""
    for patient in ("T1", "T2"):
        shutil.copy(study.folder / patient / "lesions.nii.gz", study.folder / patient / "r2.nii.gz")
    study.cohort()["masks"] = {name: "{patient}/r2.nii.gz"}


@case("cohort train, masks.reader2: none of the cohort's 2 scans has such a file. Correct the path.")
def a_reader_of_whom_there_is_no_file(study: SmallStudy) -> None:
    with_reader(study)
    study.cohort()["masks"] = {"reader2": "{patient}/r3.nii.gz"}


@case(
    f"{R2}: this mask is a link that leads nowhere (to /nowhere/r2.nii.gz). Fetch what is missing (git annex get, "
    "datalad get), mount the disk it is on, or remove the link."
)
def a_mask_that_is_a_link_to_nowhere(study: SmallStudy) -> None:
    with_reader(study)
    (study.folder / "T1/r2.nii.gz").unlink()
    (study.folder / "T1/r2.nii.gz").symlink_to("/nowhere/r2.nii.gz")


@case(
    f"{R2}: the mask is not on the grid of its CT (spacing 2 × 2 × 5 against 2 × 2 × 4 mm). "
    "Draw it on this CT, or set resample_masks: true if its geometry is right."
)
def a_mask_of_a_reader_on_another_grid(study: SmallStudy) -> None:
    with_reader(study)
    save(study.folder / "T1/r2.nii.gz", patient_arrays(0)[2], (2.0, 2.0, 5.0))


@case(
    f"{R2}: the mask has fractions as values. "
    "A mask holds whole label values; export it again (a probability map needs a threshold first)."
)
def a_probability_of_a_program(study: SmallStudy) -> None:
    with_reader(study)
    study.edit("T1/r2.nii.gz", lambda labels: labels.astype(np.float32) * 0.3)


@case(
    f"{R2}: lesion 1 fills 94 % of the liver mask (106 ml): this is the liver, not a lesion. "
    "Say which labels are lesions: masks.reader2.labels: [2]."
)
def a_program_that_drew_liver_and_tumours(study: SmallStudy) -> None:
    with_reader(study)
    liver = patient_arrays(0)[1]
    study.edit("T1/r2.nii.gz", lambda labels: np.where(labels > 0, 2, liver).astype(np.uint8))


@case(f"{R2}: the lesion mask falls into 2048 pieces. It is noise rather than lesions; correct the mask.")
def noise_of_a_program(study: SmallStudy) -> None:
    with_reader(study)
    noise = np.zeros((16, 48, 48), np.uint8)
    noise[::2, ::3, ::3] = 1
    save(study.folder / "T1/r2.nii.gz", noise)


@case("cohorts.train: `lesions` is short for `masks: {manual: ...}`; give one of the two.")
def the_reference_given_twice(study: SmallStudy) -> None:
    with_reader(study, "manual")


@case("automatic is a network's name, and cohort train names given masks so; choose another name there.")
def a_reader_with_the_name_of_the_network(study: SmallStudy) -> None:
    with_reader(study, "automatic")


@case("wide is a network's name, and cohort train names given masks so; choose another name there.")
def a_reader_with_the_name_of_a_further_network(study: SmallStudy) -> None:
    with_reader(study, "wide")
    study.config["networks"] = {"wide": {"network": {"base_filters": 64}}}


@case("concordance.reference: no cohort gives masks of readr2; given are: manual, reader2.")
def a_reference_that_nobody_gives(study: SmallStudy) -> None:
    with_reader(study)
    study.config["concordance"] = {"reference": "readr2"}


@case("concordance.primary: there is no mask source readr2; sources: manual, reader2, automatic.")
def a_primary_source_that_is_not_there(study: SmallStudy) -> None:
    with_reader(study)
    study.config["concordance"] = {"primary": "readr2"}


@case("concordance.primary: manual is the reference, which is not compared with itself.")
def the_reference_as_primary_source(study: SmallStudy) -> None:
    study.config["concordance"] = {"primary": "manual"}


@case(
    "cohorts.train: `livers` names reader3, of whom `masks` has no lesion masks; a further liver is read beside those "
    "(the one in use is `liver`)."
)
def a_liver_of_a_reader_without_lesion_masks(study: SmallStudy) -> None:
    with_reader(study)
    study.cohort()["livers"] = {"reader3": "{patient}/liver.nii.gz"}


@case(f"{T1}, reader2, T1/l2.nii.gz: the liver mask is empty. Correct the mask, or leave out `livers`.")
def an_empty_liver_of_a_reader(study: SmallStudy) -> None:
    with_reader(study)
    for patient, factor in (("T1", 0), ("T2", 1)):
        save(study.folder / patient / "l2.nii.gz", patient_arrays(1)[1] * factor)
    study.cohort()["livers"] = {"reader2": "{patient}/l2.nii.gz"}


@case("cohorts.train.masks.reader2.label: unknown key. Did you mean `labels`?")
def labels_of_a_reader_misspelt(study: SmallStudy) -> None:
    study.cohort()["masks"] = {"reader2": {"path": "{patient}/r2.nii.gz", "label": [1]}}


@case("cohorts.learn: phantom.readers: masks of manual are there already; choose another name.")
def a_synthetic_reader_with_the_name_of_the_truth(study: SmallStudy) -> None:
    phantom = {"patients": 2, "prefix": "L", "readers": {"manual": {"shift_mm": 1}}}
    study.config["cohorts"]["learn"] = {"role": "train", "phantom": phantom}


@case("programs.nnunet.command: the command needs {out} in it (found 'nnUNetv2_predict -i {image_folder}').")
def a_program_that_is_not_told_where_to_write(study: SmallStudy) -> None:
    study.config["programs"] = {"nnunet": {"command": "nnUNetv2_predict -i {image_folder}"}}


@case(
    "programs.nnunet.trained_on: no patient of this study is called liver_12. "
    "Correct the ids, or leave out other studies' patients."
)
def a_program_trained_on_patients_of_another_study(study: SmallStudy) -> None:
    study.config["programs"] = {"nnunet": {"command": "tool {image} {out}", "trained_on": ["T1", "liver_12"]}}
