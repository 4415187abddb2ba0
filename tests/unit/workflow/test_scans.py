"""Scans are chosen by what they are, and named as paths or as words that bash makes the same paths of."""

import subprocess

import pytest

from livermets.workflow.plan import Plan
from livermets.workflow.scans import Scans

TEMPLATE = "--lesions=results/{cohort}/segmentation/{network}/{patient}/{timepoint}/lesions.csv"


@pytest.fixture
def plan() -> Plan:
    cohorts = {
        "learn": {"role": "train", "phantom": {"patients": 3, "prefix": "T"}},
        "test": {"role": "validation", "phantom": {"patients": 2, "prefix": "V"}},
    }
    return Plan.from_config({"cohorts": cohorts})


def test_what_is_chosen_is_again_scans_in_the_same_order(plan):
    scans = plan.scans()
    assert [scan.patient_id for scan in scans] == ["T001", "T002", "T003", "V001", "V002"]
    assert scans.filter() == scans
    assert [scan.patient_id for scan in scans.filter(cohorts=["test"])] == ["V001", "V002"]
    assert scans.filter(cohorts=["test"], has_lesions=True) == scans[3:]
    assert scans.filter(has_lesions=False) == scans.filter(timepoints=["later"]) == Scans()
    assert isinstance(scans.filter(cohorts=["learn"]), Scans)


def test_bash_expands_the_words_to_the_paths(plan):
    words = plan.scans().words(TEMPLATE, network="paper")
    printed = subprocess.run(["bash", "-c", f"printf '%s\\n' {words}"], capture_output=True, text=True, check=True)
    assert printed.stdout.split() == plan.scans().expand(TEMPLATE, network="paper")
    assert words.count("{") == 2
    assert "{" not in Scans(plan.scans()[:1]).words(TEMPLATE, network="paper")
    assert Scans().words(TEMPLATE, network="paper") == ""


def test_a_thousand_patients_fit_a_command_line():
    big = {"learn": {"role": "train", "phantom": {"patients": 999, "prefix": "T"}}}
    scans = Plan.from_config({"cohorts": big}).scans()
    assert len(scans.words("--x=results/{cohort}/features/{patient}/{timepoint}/rois_manual.parquet")) < 20_000
