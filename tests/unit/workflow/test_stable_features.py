"""Masks are altered, and readers' masks asked for, only where features are to be stable over them."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from livermets.config.altered_features import AlteredFeaturesStudy
from livermets.config.load import sections_from_option
from livermets.errors import InputError
from livermets.workflow.estimate import estimate, jobs
from livermets.workflow.inputs import Inputs
from livermets.workflow.plan import Plan
from livermets.workflow.stable_features import ALTERED, StableFeatures

COHORTS = {
    "learn": {"role": "train", "phantom": {"patients": 3, "prefix": "T"}},
    "test": {"role": "validation", "phantom": {"patients": 2, "prefix": "V"}},
}
ROIS = "results/{cohort}/features/{patient}/{timepoint}/rois_{source}.parquet"


def made(cohorts=None, stable=None, **changes) -> StableFeatures:
    selection = {"selection": {"stable_features": stable}} if stable else {}
    return StableFeatures(Inputs(Plan.from_config({"cohorts": cohorts or COHORTS, **selection, **changes})))


@pytest.fixture
def read_twice(tmp_path, monkeypatch):
    """Training patients, of whom the first was drawn by a second reader and by a tool too."""
    monkeypatch.chdir(tmp_path)
    for patient in ("L1", "L2"):
        for name in ("ct", "m", "l"):
            (tmp_path / f"{patient}_{name}.nii.gz").touch()
    for source in ("reader2", "tool"):
        (tmp_path / f"L1_{source}.nii.gz").touch()
    (tmp_path / "t.csv").write_text(
        "patient_id,lesion_id,baseline_diameter_mm,followup_diameter_mm\nL1,1,20,9\nL2,1,20,40\n"
    )
    masks = {"manual": "{patient}_m.nii.gz"} | {s: f"{{patient}}_{s}.nii.gz" for s in ("reader2", "tool")}
    return {
        "learn": {"role": "train", "table": "t.csv", "image": "{patient}_ct.nii.gz", "liver": "{patient}_l.nii.gz",
                  "masks": masks},
        "test": COHORTS["test"],
    }  # fmt: skip


def test_nothing_is_made_unless_it_is_asked_for() -> None:
    plain = made()
    assert plain.altered == ()
    assert plain.options(ALTERED, ROIS) == ""
    assert "altered_features" not in jobs(plain.plan)


def test_every_training_scan_and_no_other_is_altered() -> None:
    asked = made(stable={"icc": 0.75})
    assert [scan.patient_id for scan in asked.altered] == ["T001", "T002", "T003"]
    options = asked.options(ALTERED, ROIS)
    place = "results/learn/features/{T001/baseline,T002/baseline,T003/baseline}/altered.parquet"
    assert options == f"--altered-features={place}"
    before = estimate(made().plan).set_index("rule")["cpu_hours"]
    after = estimate(asked.plan).set_index("rule")
    assert after.loc["altered_features", "jobs"] == 3
    assert after.loc["select", "cpu_hours"] > before["select"]  # the selection without the filter, in every fold


def test_readers_are_persons_who_drew_training_scans(read_twice) -> None:
    asked = made(read_twice, {"icc": 0.75, "by": ["readers"]}, sources={"tool": {"tool": True}})
    assert asked.altered == ()
    assert asked.options(ALTERED, ROIS) == "--reader-rois=results/learn/features/L1/baseline/rois_reader2.parquet"
    assert asked.reader_files(ROIS) == ["results/learn/features/L1/baseline/rois_reader2.parquet"]
    plain = made(read_twice, sources={"tool": {"tool": True}})
    assert len(jobs(asked.plan)["features"]) == len(jobs(plain.plan)["features"]) + 1


def test_readers_who_drew_no_training_scan_are_said_before_the_start(read_twice) -> None:
    with pytest.raises(InputError, match=r"stable_features.by: no training scan has a mask of a further reader"):
        made(stable={"icc": 0.75, "by": ["altered", "readers"]})
    only_tools = {name: {"tool": True} for name in ("tool", "reader2")}
    with pytest.raises(InputError, match="no training scan has a mask of a further reader"):
        made(read_twice, {"icc": 0.75, "by": ["readers"]}, sources=only_tools)
    assert made(stable={"by": ["readers"]}).altered == ()  # without an ICC nothing is asked for


def test_features_that_cannot_be_computed_for_altered_masks_are_said_before_the_start() -> None:
    radiomics = {"binning": "mask", "image_types": ["original", "log"]}
    with pytest.raises(InputError, match="radiomics: binning mask and filtered images together"):
        made(stable={"icc": 0.75}, radiomics=radiomics)
    assert made(radiomics=radiomics).altered == ()


def test_a_scan_is_made_again_for_other_masks_or_features_alone() -> None:
    settings = made(stable={"icc": 0.75}).settings
    assert made(stable={"icc": 0.9}, statistics={"level": 0.9}).settings == settings
    assert made(stable={"icc": 0.75, "draws": 30}).settings != settings
    assert made(stable={"icc": 0.75}, radiomics={"step": 3}).settings != settings
    assert set(json.loads(settings)["selection"]["stable_features"]) == {"draws", "kinds", "dice"}
    assert sections_from_option(settings, AlteredFeaturesStudy).selection.stable_features.draws == 20


def test_a_liver_is_waited_for_only_where_masks_leak_into_it() -> None:
    job = SimpleNamespace(cohort="learn", patient="T001", timepoint="baseline")
    plain = made(stable={"icc": 0.75})
    assert plain.liver(job) == []
    assert plain.liver_option(job) == ""
    leaking = made(stable={"icc": 0.75, "kinds": ["leakage"]})
    assert leaking.liver(job) == ["results/learn/liver/T001/baseline.nii.gz"]
    assert leaking.liver_option(job) == "--liver results/learn/liver/T001/baseline.nii.gz"
