"""Which scans have masks to compare, and what the jobs that compare them read."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from livermets.errors import InputError
from livermets.workflow.estimate import jobs
from livermets.workflow.inputs import Inputs
from livermets.workflow.plan import Plan
from livermets.workflow.readers import Readers

FURTHER = "results/test/segmentation/reader2/{0}/baseline/lesions.nii.gz"
COHORTS = {
    "learn": {"role": "train", "phantom": {"patients": 3, "prefix": "T"}},
    "test": {"role": "validation", "phantom": {"patients": 2, "prefix": "V"}},
}


def readers(**changes) -> Readers:
    return Readers(Inputs(Plan.from_config({"cohorts": COHORTS, **changes})))


@pytest.fixture
def read_twice(tmp_path, monkeypatch):
    """A study whose first patient of the cohort `test` has masks of a second reader too."""
    monkeypatch.chdir(tmp_path)
    for patient in ("V001", "V002"):
        for name in ("ct", "m", "l"):
            (tmp_path / f"{patient}_{name}.nii.gz").touch()
    (tmp_path / "V001_m2.nii.gz").touch()
    (tmp_path / "t.csv").write_text("patient_id,lesion_id,response\nV001,1,1\nV002,1,0\n")
    given = {"role": "validation", "table": "t.csv", "image": "{patient}_ct.nii.gz", "liver": "{patient}_l.nii.gz"}
    masks = {"manual": "{patient}_m.nii.gz", "reader2": "{patient}_m2.nii.gz"}

    def study(**changes) -> Readers:
        cohorts = {**COHORTS, "test": {**given, "masks": masks}}
        return readers(cohorts=cohorts, outcome={"rule": "column"}, **changes)

    return study


def test_a_study_of_one_reader_and_networks_is_not_asked_for_readers():
    found = readers(networks={"paper": {"preset": "giannini2020"}})
    assert (found.wanted, found.tables) == ([], [])
    assert "readers_scan" not in jobs(found.plan)


def test_scans_with_a_second_reader_are_compared(read_twice):
    found = read_twice()
    assert found.wanted == ["results/readers/pairs.csv"]
    assert found.tables == ["results/test/readers/V001/baseline.csv"]
    sizes = jobs(found.plan)
    assert (len(sizes["readers_scan"]), len(sizes["readers"])) == (1, 1)
    assert "reader_scores" not in sizes


def test_a_job_reads_every_mask_and_what_a_network_says_of_itself(read_twice):
    job = SimpleNamespace(cohort="test", patient="V001", timepoint="baseline")
    folder = "results/test/segmentation/automatic/V001/baseline"
    assert read_twice().files(job) == [
        "results/test/intake/V001/baseline/image.nii.gz",
        f"{folder}/lesions.nii.gz",
        FURTHER.format("V001"),
        f"{folder}/scan_metrics.csv",
    ]
    assert read_twice().options(job).split() == [
        "--mask=manual=results/test/intake/V001/baseline/lesions.nii.gz",
        f"--mask=automatic={folder}/lesions.nii.gz",
        f"--mask=reader2={FURTHER.format('V001')}",
        "--liver=given=results/test/intake/V001/baseline/liver.nii.gz",
        f"--metrics=automatic={folder}/scan_metrics.csv",
    ]


def test_a_liver_that_was_found_is_set_beside_the_given_one(read_twice):
    job = SimpleNamespace(cohort="test", patient="V001", timepoint="baseline")
    found = read_twice(segmentation={"liver": {"source": "network"}})
    assert "--liver=network=results/test/liver/V001/baseline.nii.gz" in found.options(job)
    assert "results/test/liver/V001/baseline.nii.gz" in found.files(job)
    assert {"--network=automatic", "--network=network"} <= set(found.networks.split())


def table_study(tmp_path, monkeypatch, cell="4", **sources) -> Readers:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(f"patient_id,lesion_id,response,Score,Other\nP1,1,1,{cell},x\nP2,1,0,3,x\n")
    for patient in ("P1", "P2"):
        for name in ("ct", "m", "l"):
            (tmp_path / f"{patient}_{name}.nii.gz").touch()
    names = {"image": "ct", "lesions": "m", "liver": "l"}
    given = {"table": "t.csv"} | {key: f"{{patient}}_{name}.nii.gz" for key, name in names.items()}
    return readers(cohorts={"a": {"role": "train", **given}}, outcome={"rule": "column"}, sources=sources)


def test_scores_are_read_again_when_a_cell_of_theirs_changes_and_for_nothing_else(tmp_path, monkeypatch):
    source = {"manual": {"quality_column": "Score"}}
    first = table_study(tmp_path, monkeypatch, **source)
    assert first.scores == ["results/readers/given_scores.csv"]
    assert json.loads(first.score_settings)["sources"]["manual"]["quality_column"] == "Score"
    assert table_study(tmp_path, monkeypatch, **source).score_cells == first.score_cells
    assert table_study(tmp_path, monkeypatch, cell="5", **source).score_cells != first.score_cells
    assert table_study(tmp_path, monkeypatch, cell="5").scores == []


def test_a_column_of_scores_that_no_table_has_stops_a_study_before_its_first_job(tmp_path, monkeypatch):
    with pytest.raises(InputError, match='no table of a cohort has a column "Grade"'):
        table_study(tmp_path, monkeypatch, manual={"quality_column": "Grade"})
    with pytest.raises(InputError, match='"Score" is "7"'):
        table_study(tmp_path, monkeypatch, cell="7", manual={"quality_column": "Score"})
