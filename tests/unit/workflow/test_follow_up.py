"""Which patients are followed, and what their jobs are given."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from livermets.workflow.estimate import jobs
from livermets.workflow.follow_up import FollowUp
from livermets.workflow.inputs import Inputs
from livermets.workflow.plan import Plan

FILES = {
    "image": "{patient}_{timepoint}.nii.gz",
    "liver": "{patient}_{timepoint}_liver.nii.gz",
    "lesions": "{patient}_{timepoint}_l.nii.gz",
    "masks": {"reader2": "{patient}_{timepoint}_2.nii.gz"},
}
JUDGED = {"role": {"segmentation": "validation", "response": "none"}}
P1 = SimpleNamespace(cohort="a", patient="P1")


@pytest.fixture
def follow_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Of a cohort of two patients with two timepoints each; of P1 at TP1 a second reader has drawn nothing."""
    monkeypatch.chdir(tmp_path)
    for patient in ("P1", "P2"):
        for timepoint in ("baseline", "TP1"):
            for mask in ("", "_liver", "_l", "_2"):
                if (patient, timepoint, mask) != ("P1", "TP1", "_2"):
                    Path(f"{patient}_{timepoint}{mask}.nii.gz").touch()

    def made(study: dict | None = None, **cohort: object) -> FollowUp:
        settings = {**JUDGED, **FILES, "patients": ["P1", "P2"], "timepoints": ["baseline", "TP1"], **cohort}
        return FollowUp(Inputs(Plan.from_config({"cohorts": {"a": settings}, **(study or {})}, check_files=False)))

    return made


def test_every_patient_with_masks_at_several_timepoints_is_followed(follow_up) -> None:
    found = follow_up()
    assert found.wanted == [f"results/a/follow_up/{patient}/lesions.csv" for patient in ("P1", "P2")]
    assert len(jobs(found.plan)["follow_up"]) == 2


def test_one_timepoint_asks_for_nothing(follow_up) -> None:
    found = follow_up(timepoints=["baseline"])
    assert found.wanted == []
    assert "follow_up" not in jobs(found.plan)


def test_a_job_has_masks_images_livers_and_matchings_in_the_order_of_time(follow_up) -> None:
    found = follow_up()
    intake, liver = "results/a/intake/P1", "results/a/liver/P1"
    matched = "results/a/segmentation/reader2/P1/baseline/matching.csv"
    assert found.options(P1) == " ".join(
        [
            f"--lesions baseline={intake}/baseline/lesions.nii.gz --lesions TP1={intake}/TP1/lesions.nii.gz",
            f"--image baseline={intake}/baseline/image.nii.gz --image TP1={intake}/TP1/image.nii.gz",
            f"--liver baseline={liver}/baseline.nii.gz --liver TP1={liver}/TP1.nii.gz",
            f"--matching baseline/reader2={matched}",
            "--by-id",
        ]
    )
    images = [f"{intake}/{timepoint}/image.nii.gz" for timepoint in ("baseline", "TP1")]
    assert found.files(P1) == [*images, f"{liver}/baseline.nii.gz", f"{liver}/TP1.nii.gz", matched]


def test_a_given_liver_that_nothing_else_uses_is_taken_from_the_intake(follow_up) -> None:
    unused = {"role": {"segmentation": "none", "response": "predict"}, "masks": {}}
    learns = {"role": "train", "phantom": {"patients": 3, "prefix": "T"}}
    config = {"cohorts": {"learn": learns, "a": {**FILES, **unused, "patients": ["P1"], "timepoints": ["b", "c"]}}}
    found = FollowUp(Inputs(Plan.from_config(config, check_files=False)))
    assert "--liver b=results/a/intake/P1/b/liver.nii.gz" in found.options(P1)
    assert found.files(P1) == [f"results/a/intake/P1/{timepoint}/image.nii.gz" for timepoint in "bc"]
    del config["cohorts"]["a"]["liver"]
    found = FollowUp(Inputs(Plan.from_config(config, check_files=False)))
    assert "--liver" not in found.options(P1)


@pytest.mark.parametrize(
    "link,lesion_ids,option",
    [
        ("cohort", "labels", "--by-id"),
        ("cohort", "components", "--by-position"),
        ("ids", "components", "--by-id"),
        ("position", "labels", "--by-position"),
    ],
)
def test_components_are_linked_by_position_unless_the_study_says_otherwise(follow_up, link, lesion_ids, option) -> None:
    found = follow_up({"follow_up": {"link": link}}, lesion_ids=lesion_ids)
    assert found.options(P1).endswith(option)
    assert json.loads(found.plan.settings("follow_up"))["link"] == link


def test_days_of_a_table_reach_the_job_in_the_order_of_time(follow_up) -> None:
    rows = ["patient_id,timepoint,scan_date", "P1,late,2024-03-01", "P1,early,2023-12-31"]
    Path("table.csv").write_text("\n".join(rows) + "\n")
    files = {key: path for key, path in FILES.items() if key != "masks"}
    cohort = {"role": {"segmentation": "train", "response": "none"}, "table": "table.csv", **files}
    found = FollowUp(Inputs(Plan.from_config({"cohorts": {"a": cohort}}, check_files=False)))
    words = found.options(P1)
    assert "--days early=0 --days late=61" in words
    assert words.startswith("--lesions early=")
