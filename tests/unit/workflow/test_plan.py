"""The plan turns a configuration into lists of what exists and parameters that change only with what they name."""

import json
import subprocess
import sys

import pytest

from livermets.errors import InputError
from livermets.workflow.inputs import Inputs
from livermets.workflow.plan import Plan
from livermets.workflow.readers import Readers

TABLE = """patient_id,lesion_id,baseline_diameter_mm,followup_diameter_mm,site
A,1,20,18,x
A,2,30,40,x
B,1,25,22,y
"""
SYNTHETIC = {
    "cohorts": {
        "learn": {"role": "train", "phantom": {"patients": 3, "prefix": "T"}},
        "test": {"role": "validation", "phantom": {"patients": 2, "prefix": "V"}},
    }
}


@pytest.fixture
def real(tmp_path, monkeypatch):
    """A study with one real cohort of two patients (files are only named, not read)."""
    monkeypatch.chdir(tmp_path)
    for patient in "AB":
        for name in ("ct", "liver", "lesions"):
            (tmp_path / f"{patient}_{name}.nii.gz").touch()
    (tmp_path / "table.csv").write_text(TABLE)
    cohort = {
        "role": "train",
        "table": "table.csv",
        "image": "{patient}_ct.nii.gz",
        "liver": "{patient}_liver.nii.gz",
        "lesions": "{patient}_lesions.nii.gz",
    }
    return {"cohorts": {"hospital": cohort}}


def test_synthetic_cohorts_are_planned_before_they_exist():
    plan = Plan.from_config(SYNTHETIC)
    assert [scan.patient_id for scan in plan.scans(segmentation="train")] == ["T001", "T002", "T003"]
    assert plan.phantom_folders() == ["results/learn/phantom", "results/test/phantom"]
    assert plan.given_files() == []
    assert plan.concordance_names() == ["test"]


def test_several_validation_cohorts_are_also_pooled():
    more = {"role": "validation", "phantom": {"patients": 2, "prefix": "W"}}
    plan = Plan.from_config({"cohorts": {**SYNTHETIC["cohorts"], "second": more}})
    assert plan.concordance_names() == ["test", "second", "pooled"]
    assert plan.concordance_cohorts("pooled") == ["test", "second"]
    assert plan.concordance_cohorts("second") == ["second"]


def test_every_missing_file_is_named_at_once(real, tmp_path):
    (tmp_path / "A_ct.nii.gz").unlink()
    (tmp_path / "B_lesions.nii.gz").unlink()
    with pytest.raises(InputError) as caught:
        Plan.from_config(real)
    messages = [str(problem) for problem in caught.value.problems]
    assert len(messages) == 2
    assert messages[0].startswith("cohort hospital, patient A, baseline, A_ct.nii.gz: this CT does not exist")
    assert "patient B" in messages[1]
    assert "lesions" in messages[1]


def test_a_row_changes_the_digest_of_its_own_scan_only(real, tmp_path):
    def digests():
        plan = Plan.from_config(real)
        return {scan.patient_id: plan.outcome_digest([scan]) for scan in plan.scans()}

    before = digests()
    (tmp_path / "table.csv").write_text(TABLE.replace("B,1,25,22", "B,1,25,29"))
    after = digests()
    assert after["A"] == before["A"]
    assert after["B"] != before["B"]
    (tmp_path / "table.csv").write_text(TABLE.replace(",x\n", ",another note\n"))
    assert digests() == before


def test_a_setting_changes_its_own_section_only():
    plain = Plan.from_config(SYNTHETIC)
    other = Plan.from_config({**SYNTHETIC, "radiomics": {"bin_width": 10}})
    assert plain.settings("radiomics") != other.settings("radiomics")
    for section in ("preprocess", "segmentation", "selection", "statistics"):
        assert plain.settings(section) == other.settings(section)


def test_sizes_of_lesions_change_what_judges_masks_and_nothing_else():
    plain = Plan.from_config(SYNTHETIC)
    other = Plan.from_config({**SYNTHETIC, "statistics": {"size_cuts_mm": [10, 20]}})
    assert plain.settings("statistics") != other.settings("statistics")
    assert plain.settings("statistics", without="size_cuts_mm") == other.settings("statistics", without="size_cuts_mm")
    assert Readers(Inputs(plain)).settings == Readers(Inputs(other)).settings
    for name in plain.networks.trained:
        assert plain.networks.training_settings(name) == other.networks.training_settings(name)
    for name in plain.networks.of_lesions:
        assert plain.networks.mask_settings(name) == other.networks.mask_settings(name)
    assert plain.matching_settings == other.matching_settings
    assert plain.check_settings == other.check_settings


def test_written_out_defaults_change_nothing():
    plan = Plan.from_config(SYNTHETIC)
    spelled = Plan.from_config({**SYNTHETIC, "radiomics": json.loads(plan.settings("radiomics"))})
    assert spelled.whole == plan.whole


def test_a_study_without_a_training_cohort_is_refused():
    with pytest.raises(InputError, match="no cohort has the role train"):
        Plan.from_config({"cohorts": {"test": SYNTHETIC["cohorts"]["test"]}})


def test_planning_imports_neither_torch_nor_simpleitk():
    heavy = ("torch", "SimpleITK", "sklearn", "monai", "pandas")
    code = f"import sys, livermets.workflow.plan; print([m for m in {heavy} if m in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"


def test_networks_cannot_be_compared_without_masks_to_measure_them_by():
    learn = {"cohorts": {"learn": SYNTHETIC["cohorts"]["learn"]}}
    with pytest.raises(InputError, match="networks: no validation cohort has lesion masks"):
        Plan.from_config({**learn, "networks": {"paper": {"preset": "giannini2020"}}})


def test_missing_pretrained_weights_are_named_before_anything_is_computed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    compared = {name: {"preset": "defeudis2022-tl"} for name in ("one", "two")}
    with pytest.raises(InputError) as error:
        Plan.from_config({**SYNTHETIC, "networks": compared})
    assert len(error.value.problems) == 1
    assert "pretrained/resnet18-f37072fd.pth: this file of pre-trained ResNet-18 weights does not exist" in str(
        error.value
    )


def test_the_same_files_by_other_names_are_the_same(real):
    plain = Plan.from_config(real)
    real["cohorts"]["hospital"] |= {"folder": ".", "table": "./table.csv"}
    other = Plan.from_config(real)
    assert other.given_files() == plain.given_files() == sorted(plain.given_files())
    assert [other.scan_settings(scan) for scan in other.scans()] == [
        plain.scan_settings(scan) for scan in plain.scans()
    ]
    assert other.outcome_settings(other.cohorts()) == plain.outcome_settings(plain.cohorts())
