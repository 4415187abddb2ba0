"""A study has exactly the stages that its roles ask for, and asks for nothing else: one test per kind of study."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.finished_study import finished_study
from tests.workflow.test_dry_runs import planned, snakemake

from livermets.bundle.handover import write_bundle

EVERY_STUDY = {"check": 1, "report": 1, "manifest": 1, "all": 1}
OF_RESPONSE = {
    "warm_radiomics": 1,
    "training_outcome": 1,
    "training_table": 1,
    "select": 1,
    "resubstitution": 1,
    "lesion_table": 2,
    "lesion_feature_table": 1,
}
OF_ALTERED = {"required_mask": 1, "retrain": 1, "class_noise": 1}
RESPONSE_ONLY = {"segmentation": "none", "response": "train"}
DIAMETERS = "patient_id,timepoint,lesion_id,baseline_diameter_mm,followup_diameter_mm"


def phantom(patients: int, prefix: str, role: Any) -> dict[str, Any]:
    """A synthetic cohort."""
    return {"role": role, "phantom": {"patients": patients, "prefix": prefix}}


def given(folder: Path, name: str, patients: int, timepoints: list[str], liver: bool = True) -> dict[str, Any]:
    """A cohort in files that only lie there: a table with outcome, and one CT, liver and mask per scan."""
    rows = [DIAMETERS]
    for number in range(1, patients + 1):
        patient = f"{name}{number}"
        for timepoint in timepoints:
            rows += [f"{patient},{timepoint},1,20,15", f"{patient},{timepoint},2,20,25"]
            for file in ("ct", "mask", *(["liver"] if liver else [])):
                (folder / f"{patient}_{timepoint}_{file}.nii.gz").touch()
    (folder / f"{name}.csv").write_text("\n".join(rows))
    files = {"image": "ct", "lesions": "mask", **({"liver": "liver"} if liver else {})}
    paths = {key: f"{{patient}}_{{timepoint}}_{file}.nii.gz" for key, file in files.items()}
    return {"table": f"{name}.csv", **paths}


def plan(folder: Path, cohorts: dict[str, Any], **sections: Any) -> Counter:
    """Jobs per rule of a study in a folder."""
    (folder / "config.yaml").write_text(yaml.safe_dump({"cohorts": cohorts, **sections}))
    return planned(folder)


def test_a_study_of_segmentation_alone_is_asked_for_no_outcome(tmp_path):
    cohorts = {
        "public": phantom(3, "T", {"segmentation": "train"}),
        "held": phantom(2, "V", {"segmentation": "validation"}),
    }
    per_scan = {"intake": 5, "liver": 5, "preprocess": 5, "segment": 5}
    expected = {**EVERY_STUDY, **per_scan, "phantom": 2, "train_segmentation": 1, "overlap": 1}
    assert plan(tmp_path, cohorts) == expected
    paths = {"image": "{patient}.nii.gz", "liver": "{patient}_liver.nii.gz", "lesions": "{patient}_mask.nii.gz"}
    patients = ["P1", "P2"]
    for patient in patients:
        for template in paths.values():
            (tmp_path / template.format(patient=patient)).touch()
    lits = {"role": {"segmentation": "train"}, "patients": patients, **paths}
    assert plan(tmp_path, {**cohorts, "lits": lits})["segment"] == 7  # without a table, and nobody asks for one


def test_a_cross_validated_collection_needs_no_split(tmp_path):
    cohorts = {"public": phantom(4, "T", {"segmentation": "train"})}
    settings = {"cross_fit": 2, "liver": {"replace_given": True}}
    paper = {"paper": {"preset": "giannini2020"}}
    # Two lesion networks and that of livers, each once for all patients (for the bundle) and once per fold.
    per_scan = {"intake": 4, "liver": 4, "preprocess": 3 * 4, "segment": 2 * 4}
    expected = {**EVERY_STUDY, **per_scan, "phantom": 1, "train_segmentation": 3 + 3 * 2, "overlap": 1}
    assert plan(tmp_path, cohorts, segmentation=settings, networks=paper) == expected
    one_each = plan(tmp_path, cohorts, segmentation={"cross_fit": "leave-one-out"})
    assert one_each["train_segmentation"] == 1 + 4


def test_a_study_of_response_on_given_masks_trains_no_network_and_needs_no_liver(tmp_path):
    cohorts = {
        "learn": {"role": RESPONSE_ONLY, **given(tmp_path, "L", 6, ["baseline"], liver=False)},
        "test": {"role": {**RESPONSE_ONLY, "response": "validation"}, **given(tmp_path, "V", 2, ["baseline"], False)},
    }
    per_scan = {"intake": 8, "features": 8}
    of_cohorts = {"outcome": 2, "classify": 2, "diagnostics": 1, "perturb": 2, **OF_ALTERED}
    assert plan(tmp_path, cohorts) == {**EVERY_STUDY, **OF_RESPONSE, **per_scan, **of_cohorts}


def test_a_public_set_trains_the_network_and_an_own_cohort_the_model(tmp_path):
    cohorts = {
        "public": phantom(3, "P", {"segmentation": "train"}),
        "own": phantom(6, "O", {"segmentation": "validation", "response": "train"}),
        "other": phantom(2, "V", "validation"),
    }
    per_scan = {"intake": 11, "liver": 11, "preprocess": 11, "segment": 11, "features": 2 * 8}
    of_cohorts = {"phantom": 3, "outcome": 2, "classify": 2, "concordance": 1, "roi_concordance": 1}
    expected = {**EVERY_STUDY, **OF_RESPONSE, **per_scan, **of_cohorts, "perturb": 2, **OF_ALTERED}
    assert plan(tmp_path, cohorts) == {
        **expected,
        "train_segmentation": 1,
        "overlap": 1,
        "mask_errors": 1,
        "concordance_sources": 1,
    }


def test_timepoints_of_the_same_patients_may_train_and_validate_apart(tmp_path):
    only_masks = {"segmentation": "validation", "response": "none"}
    cohorts = {
        "niguarda": {
            "timepoints": {"baseline": "train", "TP1": only_masks},
            **given(tmp_path, "N", 6, ["baseline", "TP1"]),
        },
        "others": {
            "timepoints": {"baseline": "validation", "TP1": only_masks},
            **given(tmp_path, "O", 2, ["baseline", "TP1"]),
        },
    }
    per_scan = {"intake": 16, "liver": 16, "preprocess": 16, "segment": 16, "features": 2 * 8}
    of_cohorts = {"outcome": 2, "classify": 2, "concordance": 1, "roi_concordance": 1, "concordance_sources": 1}
    of_patients = {"follow_up": 8, "mask_errors": 1, "perturb": 2, **OF_ALTERED}
    expected = {**EVERY_STUDY, **OF_RESPONSE, **per_scan, **of_cohorts, **of_patients}
    expected |= {"train_segmentation": 1, "overlap": 1}
    assert plan(tmp_path, cohorts) == expected
    done = snakemake(tmp_path, "-n", "-p", "results/networks/automatic/network.json")
    said = done.stdout + done.stderr
    assert "--patients N1,N2,N3,N4,N5,N6 " in said
    assert "--scans=results/niguarda/preprocess/automatic/{N1/baseline,N2/baseline," in said
    assert "TP1" not in "".join(line for line in said.splitlines() if "train-segmentation" in line)


def test_a_bundle_is_applied_where_nobody_trains(tmp_path, monkeypatch):
    made = tmp_path / "made"
    made.mkdir()
    monkeypatch.chdir(made)  # the finished study's paths start from its folder
    finished_study(made)
    write_bundle(tmp_path / "study.zip", made / "results", ["config.yaml"])
    cohorts = {"here": {"role": "validation", **given(tmp_path, "V", 3, ["baseline"], liver=False)}}
    # Three networks came along: that of livers, the study's own, and a further one.
    of_bundle = {"unpack_network": 3, "unpack_model": 1, "unpack_facts": 1}
    of_networks = {"liver": 3, "preprocess": 6, "segment": 6, "overlap": 1}
    of_classes = {"warm_radiomics": 1, "features": 9, "outcome": 1, "classify": 1, "lesion_table": 2}
    of_pairs = {"lesion_feature_table": 1, "concordance": 2, "roi_concordance": 2, "concordance_sources": 1}
    of_altered = {"mask_errors": 1, "perturb": 3, "required_mask": 1}
    expected = {**EVERY_STUDY, **of_bundle, **of_networks, **of_classes, **of_pairs, **of_altered, "intake": 3}
    assert plan(tmp_path, cohorts, model="study.zip") == expected


def test_further_masks_are_compared_where_they_are_and_cost_nothing_elsewhere(tmp_path):
    cohorts = {
        "learn": {"role": "train", **given(tmp_path, "L", 6, ["baseline"])},
        "test": {"role": "validation", **given(tmp_path, "V", 3, ["baseline"])},
    }
    before = plan(tmp_path, cohorts)
    for patient in ("V1", "V2", "L1"):
        (tmp_path / f"{patient}_reader2.nii.gz").touch()
    read_twice = {
        name: {**cohort, "masks": {"manual": cohort["lesions"], "reader2": "{patient}_reader2.nii.gz"}}
        for name, cohort in cohorts.items()
    }
    for cohort in read_twice.values():
        del cohort["lesions"]
    more = plan(tmp_path, read_twice) - before
    # Of the training patient the second reader's mask is compared with the first one's, and gets no class.
    assert more == {"match": 3, "readers_scan": 3, "readers": 1, "features": 2, "concordance": 1, "roi_concordance": 1}


@pytest.mark.parametrize(
    "roles, sentence",
    [
        (
            ["none", "train"],
            "cohort test has a role for segmentation, and no cohort trains for it. Give a cohort segmentation: train, "
            "as networks are fitted on it, or set segmentation: none.",
        ),
        (
            ["train", "none"],
            "cohort test has a role for response, and no cohort trains for it. Give a cohort response: train, as the "
            "model is fitted on it, or set response: none.",
        ),
    ],
)
def test_what_is_judged_must_have_been_fitted(tmp_path, roles, sentence):
    learn = phantom(3, "T", dict(zip(("segmentation", "response"), roles, strict=True)))
    cohorts = {"learn": learn, "test": phantom(2, "V", "validation")}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"cohorts": cohorts}))
    done = snakemake(tmp_path, "-n")
    assert done.returncode == 2
    assert f"error: cohorts: {sentence}" in done.stderr.splitlines()
