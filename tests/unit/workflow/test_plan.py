"""The plan turns a configuration into lists of what exists and parameters that change only with what they name."""

import json
import subprocess
import sys

import pytest

from livermets.errors import InputError
from livermets.workflow.plan import Plan, paths, shell_words

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
    assert [scan.patient_id for scan in plan.scans("train")] == ["T001", "T002", "T003"]
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
        return {scan.patient_id: plan.rows_digest(scan) for scan in plan.scans()}

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


def test_written_out_defaults_change_nothing():
    plan = Plan.from_config(SYNTHETIC)
    spelled = Plan.from_config({**SYNTHETIC, "radiomics": json.loads(plan.settings("radiomics"))})
    assert spelled.whole == plan.whole


def test_a_study_without_a_training_cohort_is_refused():
    with pytest.raises(InputError, match="no cohort has the role train"):
        Plan.from_config({"cohorts": {"test": SYNTHETIC["cohorts"]["test"]}})


def test_a_missing_liver_mask_is_refused_when_masks_are_to_be_given(real):
    del real["cohorts"]["hospital"]["liver"]
    with pytest.raises(InputError, match="patient A, baseline: no liver mask is given"):
        Plan.from_config(real)
    Plan.from_config({**real, "segmentation": {"liver": {"source": "command", "command": "x {image} {out}"}}})


def test_bash_expands_the_words_to_the_paths():
    plan = Plan.from_config(SYNTHETIC)
    template = "--lesions=results/{cohort}/intake/{patient}/{timepoint}/lesions.csv"
    words = shell_words(template, plan.scans())
    printed = subprocess.run(["bash", "-c", f"printf '%s\\n' {words}"], capture_output=True, text=True, check=True)
    assert printed.stdout.split() == paths(template, plan.scans())
    one = shell_words(template, plan.scans()[:1])
    assert "{" not in one
    assert shell_words(template, []) == ""


def test_a_thousand_patients_fit_a_command_line():
    big = {"learn": {"role": "train", "phantom": {"patients": 999, "prefix": "T"}}}
    plan = Plan.from_config({"cohorts": big})
    words = shell_words("--x=results/{cohort}/features/{patient}/{timepoint}/rois_manual.parquet", plan.scans())
    assert len(words) < 20_000


def test_planning_imports_neither_torch_nor_simpleitk():
    heavy = ("torch", "SimpleITK", "sklearn", "monai", "pandas")
    code = f"import sys, livermets.workflow.plan; print([m for m in {heavy} if m in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"


def test_what_a_network_is_shown_trains_it_again_and_a_threshold_does_not():
    plain = Plan.from_config(SYNTHETIC)
    shown = Plan.from_config({**SYNTHETIC, "segmentation": {"output": {"field": "image"}}})
    cut = Plan.from_config({**SYNTHETIC, "segmentation": {"output": {"threshold": 0.4}}})
    assert json.loads(shown.training_settings("lesions"))["output"] == {"field": "image"}
    assert shown.training_settings("lesions") != plain.training_settings("lesions")
    assert cut.training_settings("lesions") == plain.training_settings("lesions")
    for plan in (shown, cut):
        assert plan.training_settings("liver") == plain.training_settings("liver")


def test_a_compared_network_changes_nothing_of_the_studys_own():
    plain = Plan.from_config(SYNTHETIC)
    compared = Plan.from_config({**SYNTHETIC, "compare_networks": {"paper": {"preset": "giannini2020"}}})
    assert compared.training_settings("lesions") == plain.training_settings("lesions")
    assert compared.settings("segmentation") == plain.settings("segmentation")
    assert json.loads(compared.compared_training_settings("paper"))["output"] == {"field": "image"}
    assert compared.compared_training_settings("paper") != plain.training_settings("lesions")


def test_networks_cannot_be_compared_without_masks_to_measure_them_by():
    learn = {"cohorts": {"learn": SYNTHETIC["cohorts"]["learn"]}}
    with pytest.raises(InputError, match="compare_networks: no validation cohort has lesion masks"):
        Plan.from_config({**learn, "compare_networks": {"paper": {"preset": "giannini2020"}}})


def test_missing_pretrained_weights_are_named_before_anything_is_computed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    compared = {name: {"preset": "defeudis2022-tl"} for name in ("one", "two")}
    with pytest.raises(InputError) as error:
        Plan.from_config({**SYNTHETIC, "compare_networks": compared})
    assert len(error.value.problems) == 1
    assert "pretrained/resnet18-f37072fd.pth: this file of pre-trained ResNet-18 weights does not exist" in str(
        error.value
    )


def test_a_liver_network_that_is_not_used_finds_no_liver_again():
    plain = Plan.from_config(SYNTHETIC)
    trained = {"training": {"epochs": 3}, "output": {"threshold": 0.4}}
    other = Plan.from_config({**SYNTHETIC, "segmentation": {"liver": trained}})
    assert other.liver_settings() == plain.liver_settings()
    network, cut = (
        Plan.from_config({**SYNTHETIC, "segmentation": {"liver": {"source": "network", **settings}}})
        for settings in ({}, trained)
    )
    assert json.loads(cut.liver_settings())["liver"]["output"]["threshold"] == 0.4
    assert "training" not in json.loads(cut.liver_settings())["liver"]
    assert network.liver_settings() != cut.liver_settings() != plain.liver_settings()


def test_the_same_files_by_other_names_are_the_same(real):
    plain = Plan.from_config(real)
    real["cohorts"]["hospital"] |= {"folder": ".", "table": "./table.csv"}
    other = Plan.from_config(real)
    assert other.given_files() == plain.given_files() == sorted(plain.given_files())
    assert [other.scan_settings(scan) for scan in other.scans()] == [
        plain.scan_settings(scan) for scan in plain.scans()
    ]
    assert other.outcome_settings(other.cohorts()) == plain.outcome_settings(plain.cohorts())
