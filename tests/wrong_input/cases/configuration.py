"""Mistakes in `config.yaml`: keys, values, paths and cohorts that cannot be meant."""

from __future__ import annotations

import re

from tests.small_study import SmallStudy
from tests.wrong_input.cases.corpus import T1, case


@case("cohorts.train.imgae: unknown key. Did you mean `image`?")
def unknown_key(study: SmallStudy) -> None:
    study.cohort()["imgae"] = "x"


@case("cohorts.train.role: input should be 'train', 'validation', 'predict' or 'none' (found 'training').")
def unknown_role(study: SmallStudy) -> None:
    study.cohort()["role"] = "training"


@case("cohorts.train.role.segmentation: input should be 'train', 'validation', 'predict' or 'none' (found 'yes').")
def unknown_role_in_a_task(study: SmallStudy) -> None:
    study.cohort()["role"] = {"segmentation": "yes", "response": "train"}


@case("cohorts.train.role.segmentaton: unknown key. Did you mean `segmentation`?")
def unknown_task(study: SmallStudy) -> None:
    study.cohort()["role"] = {"segmentaton": "train"}


@case("cohorts.train: no task uses this cohort; give it a role other than none, or remove it.")
def a_cohort_for_nothing(study: SmallStudy) -> None:
    study.cohort()["role"] = {"segmentation": "none", "response": "none"}


@case("cohorts.train: a cohort needs `role` (train, validation or predict), or roles under `timepoints`.")
def no_role(study: SmallStudy) -> None:
    del study.cohort()["role"]


@case(
    "cohorts.train.timepoints.baseline: input should be 'train', 'validation', 'predict' or 'none' (found 'training')."
)
def unknown_role_of_a_timepoint(study: SmallStudy) -> None:
    study.cohort()["timepoints"] = {"baseline": "training"}


@case(
    "cohort train, timepoints: nothing is said of timepoint baseline, which has scans. "
    "Name it there; none leaves it out: {baseline: none}."
)
def a_timepoint_without_a_role(study: SmallStudy) -> None:
    del study.cohort()["role"]
    study.cohort()["timepoints"] = {"TP1": "train"}


@case("segmentation.liver.preprocess.pixel_spacing: unknown key. Did you mean `pixel_spacing_mm`?")
def unknown_key_of_the_liver_networks_preprocessing(study: SmallStudy) -> None:
    study.config["segmentation"] = {"liver": {"preprocess": {"pixel_spacing": 1.4}}}


@case(
    "selection.stable_features.by.0: input should be 'altered' or 'readers' (found 'reader').",
    "selection.stable_features.dice: give the lower end first, then a higher one (found [0.97, 0.7]).",
    "selection.stable_features.draws: input should be greater than or equal to 2 (found 1).",
    "selection.stable_features.icc: input should be less than 1 (found 75).",
    "selection.stable_features.kinds: name at least one (found []).",
)
def stable_features_that_cannot_be_meant(study: SmallStudy) -> None:
    study.config["selection"] = {
        "stable_features": {"icc": 75, "by": ["reader"], "draws": 1, "dice": [0.97, 0.7], "kinds": []},
    }


@case(
    "selection.stable_features.by: no training scan has a mask of a further reader. "
    "Name such masks (`masks` of the cohort), take altered masks, or leave selection.stable_features.icc empty."
)
def stable_features_over_readers_without_one(study: SmallStudy) -> None:
    study.config["selection"] = {"stable_features": {"icc": 0.75, "by": ["readers"]}}


@case(
    "radiomics: binning mask and filtered images together cannot be computed for altered masks. "
    "Use binning roi, or image type original, or leave selection.stable_features.icc empty."
)
def stable_features_that_cannot_be_computed(study: SmallStudy) -> None:
    study.config["radiomics"] = {"binning": "mask", "image_types": ["original", "log"]}
    study.config["selection"] = {"stable_features": {"icc": 0.75}}


@case(
    "preprocess.liver_window_hu: this key is no longer known. "
    "The window is no longer the liver network's alone: write `window_hu`.",
    "preprocess.median_filter.size_voxels: the neighbourhood of a voxel has an odd side: use 3, 5, 7, … (found 4).",
    "preprocess.pixel_spacing_mm: input should be greater than or equal to 0.1 (found 0.01).",
)
def preprocessing_that_cannot_be_meant(study: SmallStudy) -> None:
    study.config["preprocess"] = {
        "liver_window_hu": [-150, 250],
        "median_filter": {"size_voxels": 4},
        "pixel_spacing_mm": 0.01,
    }


@case(
    "networks.paper.preset: there is no preset 'gianini2020'. "
    "Give a path, or one of cdnn-alexnet, cdnn-resnet18, chlebus-orthomean, defeudis2022-notl, defeudis2022-tl, "
    "giannini2020, recommended, tang2020-deepmedic.",
    "networks.wide.network.base_filter: unknown key. Did you mean `base_filters`?",
)
def compared_networks_that_cannot_be_made(study: SmallStudy) -> None:
    study.config["networks"] = {
        "paper": {"preset": "gianini2020"},
        "wide": {"network": {"base_filter": 64}},
    }


@case(
    "segmentation.liver.missing: joint needs a lesion network that finds the liver too; "
    "set segmentation.classes: [liver, lesion]."
)
def livers_by_a_network_that_finds_lesions_alone(study: SmallStudy) -> None:
    study.config["segmentation"] = {"liver": {"missing": "joint"}}


@case(
    "segmentation.liver.missing: joint finds liver and lesions at once, so these cannot be sought within that; "
    "set segmentation.output.restrict_to_liver: false."
)
def lesions_within_the_liver_of_the_same_network(study: SmallStudy) -> None:
    study.config["segmentation"] = {"classes": ["liver", "lesion"], "liver": {"missing": "joint"}}


@case(
    f"{T1}: 16 slices are too few for the coronal and sagittal planes of the network planes, which halves them 5 "
    "times; so are those of 2 more scans. Set its preprocess.slice_spacing_mm, so that a scan has at least 64, or "
    "fewer levels."
)
def scans_too_thin_for_orthogonal_planes(study: SmallStudy) -> None:
    study.config["networks"] = {
        "planes": {"network": {"levels": 5}, "sampling": {"view": "orthogonal"}},
        "resampled": {
            "preprocess": {"slice_spacing_mm": 1},
            "network": {"levels": 5},
            "sampling": {"view": "orthogonal"},
        },
    }


@case("networks: automatic is what the study's own network is called; choose another name.")
def a_compared_network_with_the_name_of_the_own_one(study: SmallStudy) -> None:
    study.config["networks"] = {"automatic": {"preset": "giannini2020"}}


@case("sources.nnunet: a source with `tool: true` has no `reader` and no `start`: nobody corrected it.")
def a_program_with_a_reader(study: SmallStudy) -> None:
    study.config["sources"] = {"nnunet": {"tool": True, "reader": "A"}}


@case("sources: adjusted cannot be its own `start`; name the mask that was corrected.")
def a_mask_that_began_from_itself(study: SmallStudy) -> None:
    study.config["sources"] = {"adjusted": {"start": "adjusted"}}


@case(
    "weights.pth: this file of pre-trained ResNet-18 weights does not exist. Fetch it once with "
    "`curl -LO https://download.pytorch.org/models/resnet18-f37072fd.pth`, name its path and SHA-256 in "
    "segmentation.network.pretrained, or leave that empty to train from scratch."
)
def weights_that_are_not_there(study: SmallStudy) -> None:
    weights = {"file": "weights.pth", "sha256": "f37072fd"}
    study.config["segmentation"] = {"network": {"architecture": "resnet18-unet", "pretrained": weights}}


@case(
    "weights.npz: this file of pre-trained AlexNet weights does not exist. Fetch it once with "
    "`curl -LO https://download.pytorch.org/models/alexnet-owt-7be5be79.pth`, name its path and SHA-256 in "
    "segmentation.network.pretrained, or leave that empty to train from scratch."
)
def weights_of_alexnet_that_are_not_there(study: SmallStudy) -> None:
    weights = {"file": "weights.npz", "sha256": "7be5be79"}
    study.config["segmentation"] = {"network": {"architecture": "fcn-alexnet", "pretrained": weights}}


@case(
    "weights.h5: weights are read from files that end in .pth, .pt, .safetensors or .npz. Use such a file, e.g. "
    "resnet18-f37072fd.pth."
)
def weights_in_a_file_of_an_unknown_kind(study: SmallStudy) -> None:
    (study.folder / "weights.h5").write_bytes(b"weights")
    weights = {"file": "weights.h5", "sha256": "f37072fd"}
    study.config["segmentation"] = {"network": {"architecture": "fcn-resnet18", "pretrained": weights}}


@case("segmentation.network: dropout has 2 numbers, and 5 are needed: one for each of `levels`, one for the deepest.")
def dropout_of_fewer_levels_than_there_are(study: SmallStudy) -> None:
    study.config["segmentation"] = {"network": {"dropout": [0, 0.5]}}


@case(
    'cohorts: YAML reads 1_000 as the number 1000, a text is needed. Quote it: "1_000".',
    'cohorts.train.select.patients.0: YAML reads 010 as the number 8, a text is needed. Quote it: "010".',
    'cohorts.train.select.patients.1: YAML reads NO as true or false, a text is needed. Quote it: "NO".',
)
def texts_that_yaml_takes_for_something_else(study: SmallStudy) -> None:
    as_typed(study, {"T1": "010", "T2": "NO", "test": "1_000"})


@case("cohorts: use letters without accents, digits, - and _, with a letter or digit first (found 'zürich 1').")
def cohort_name_with_an_accent(study: SmallStudy) -> None:
    study.config["cohorts"]["zürich 1"] = study.config["cohorts"].pop("test")


@case(
    'cohorts.train.missing: yes, no, on, off without quotes are true and false for YAML; quote them: ["NO"] '
    "(found [False])."
)
def a_missing_code_that_yaml_takes_for_false(study: SmallStudy) -> None:
    study.cohort()["missing"] = ["TYPED"]
    as_typed(study, {"TYPED": "NO"})


def as_typed(study: SmallStudy, changes: dict[str, str]) -> None:
    """The configuration written, with some of its words replaced as a person types them."""
    study.save_settings()
    text = (study.folder / "config.yaml").read_text()
    for old, new in changes.items():
        text = re.sub(rf"\b{old}\b", new, text)
    (study.folder / "config.yaml").write_text(text)
    study.save_settings = lambda: None  # type: ignore[method-assign]


@case("cohorts.train: role train needs a `table` with the outcome of every lesion.")
def no_table_for_training(study: SmallStudy) -> None:
    del study.cohort()["table"], study.cohort()["select"]
    study.cohort()["patients"] = ["T1", "T2"]


@case("cohorts.train: `image` needs {patient} in its path, or every patient would get the same CT.")
def one_image_for_all(study: SmallStudy) -> None:
    study.cohort()["image"] = "T1/ct.nii.gz"


@case(
    "cohort train, patient T1: {pateint} is neither {patient}, {timepoint} nor a column of the table. "
    "Correct the path or the table.",
    "cohort train, patient T2: {pateint} is neither {patient}, {timepoint} nor a column of the table. "
    "Correct the path or the table.",
)
def unknown_placeholder(study: SmallStudy) -> None:
    study.cohort()["liver"] = "{pateint}/liver.nii.gz"


@case("cohort train, table: the environment variable NO_SUCH_FOLDER is not set.")
def unset_variable(study: SmallStudy) -> None:
    study.cohort()["folder"] = "$NO_SUCH_FOLDER/data"


@case("cohort train, exclude: T9 is not in this cohort. Correct or remove the entry.")
def excluded_stranger(study: SmallStudy) -> None:
    study.cohort()["exclude"] = [{"patient": "T9", "reason": "motion artefacts"}]


@case("turin.zip: there is no such file. `model` names the file that `livermets bundle` has written.")
def a_bundle_that_is_not_there(study: SmallStudy) -> None:
    study.config["model"] = "turin.zip"


@case("cohort train, table.csv: no row for T7 (select.patients). Correct the list or the table.")
def selected_stranger(study: SmallStudy) -> None:
    study.cohort()["select"] = {"patients": ["T1", "T2", "T7"]}


@case(
    f"segmentation.liver: the liver of {T1} and of 1 more scan is not given: a network is to find it, which needs a "
    "given liver mask of at least 2 training patients; there are 0. Give `liver` in the training cohorts, or set "
    "`missing: command` (any program that finds livers)."
)
def no_liver_masks(study: SmallStudy) -> None:
    del study.cohort()["liver"]


@case(
    "segmentation.liver.source: this key is no longer known. Livers are given or found scan by scan. Write `missing: "
    "network` (or `missing: command`) for scans that come without a liver mask, with `replace_given: true` for all "
    "scans; for `source: given` write nothing."
)
def one_source_of_all_livers(study: SmallStudy) -> None:
    study.config["segmentation"] = {"liver": {"source": "network"}}


@case("cohorts: no cohort has the role train. Networks and model are fitted on training cohorts.")
def nobody_to_learn_from(study: SmallStudy) -> None:
    study.cohort()["role"] = "validation"


@case(
    "networks: no validation cohort has lesion masks, on which networks could be compared. Add such a cohort, set "
    "segmentation.cross_fit to judge training scans, or leave this section out."
)
def networks_with_nothing_to_be_compared_on(study: SmallStudy) -> None:
    study.cohort("test")["role"] = "predict"
    study.config["networks"] = {"wide": {"network": {"base_filters": 64}}}


@case("segmentation.cross_fit: 20 folds of 2 training patients. Use between 2 and that many.")
def more_folds_than_patients(study: SmallStudy) -> None:
    study.config["segmentation"] = {"cross_fit": 20}


@case(
    "networks.half.training_share: 0.5 of 2 training patients is 1, and a network needs at least 2. "
    "Raise it, or add training patients."
)
def a_share_of_too_few_training_patients(study: SmallStudy) -> None:
    study.config["networks"] = {"half": {"training_share": 0.5}}


@case("networks.all.training_share: input should be less than or equal to 1 (found 100).")
def a_share_in_percent(study: SmallStudy) -> None:
    study.config["networks"] = {"all": {"training_share": 100}}


@case(
    "cohorts.train.accept: input should be 'windowed', 'unplaced', 'liver_air', 'liver_hu', 'liver_mirrored', "
    "'lesion_air' or 'lesion_outside_liver' (found 'mirrored').",
    "cohorts.train.accept.windowed: string should have at least 3 characters (found '').",
)
def accepted_what_cannot_be_and_without_a_reason(study: SmallStudy) -> None:
    study.cohort()["accept"] = {"mirrored": "it looked right", "windowed": ""}
