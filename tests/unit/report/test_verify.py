"""A results folder is compared with its manifest file by file."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from livermets.errors import InputError
from livermets.io.atomic import write_json
from livermets.report.configuration import ReportedConfig, reported_config
from livermets.report.manifest import study_manifest
from livermets.report.verify import Workflow, verify


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    contents = {
        "lesions.csv": b"a,b\n1,2\n",
        "model/model.safetensors": bytes(100),
        "c/segmentation/automatic/P1/baseline/lesions.nii.gz": b"mask",
        "c/intake/P1/baseline/image.nii.gz": b"volume",
        "report/report.html": b"<html>",
        "logs/intake.log": b"said",
    }
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    write_json(folder / "manifest.json", study_manifest(folder, ReportedConfig(seed=4)))
    return folder


def wrong(results):
    return {problem.where.removeprefix(f"{results}/"): problem.what for problem in verify(results)[1]}


def test_an_untouched_folder_has_no_problem(results):
    assert verify(results) == (5, [])


def test_each_kind_of_file_is_named_when_it_changes(results):
    (results / "lesions.csv").write_bytes(b"a,b\n1,3\n")
    (results / "c/segmentation/automatic/P1/baseline/lesions.nii.gz").write_bytes(b"mosk")
    (results / "model/model.safetensors").unlink()
    (results / "c/intake/P1/baseline/image.nii.gz").write_bytes(b"longer volume")
    (results / "later.csv").write_bytes(b"x\n")
    (results / "logs/intake.log").write_bytes(b"other")
    found = wrong(results)
    assert set(found) == {
        "lesions.csv", "c/segmentation/automatic/P1/baseline/lesions.nii.gz", "model/model.safetensors",
        "c/intake/P1/baseline/image.nii.gz", "later.csv",
    }  # fmt: skip
    assert found["model/model.safetensors"] == "this file is in the manifest and is missing"
    assert found["c/intake/P1/baseline/image.nii.gz"] == "this image has 13 bytes and had 6"


def test_without_a_manifest_there_is_nothing_to_compare_with(tmp_path):
    with pytest.raises(InputError, match="no manifest that lists outputs"):
        verify(tmp_path)


def _made_by(folder, **rules):
    """Snakemake's records of outputs and their rules."""
    for output, rule in rules.items():
        name = base64.urlsafe_b64encode(output.encode()).decode()
        parts = [name[i : i + 100] for i in range(0, len(name), 100)]
        record = folder.joinpath(".snakemake/metadata", *(f"@{part}" for part in parts[:-1]), parts[-1])
        write_json(record, {"rule": rule})


def test_the_advice_names_what_the_workflow_can_make_again(results):
    deep = f"results/c/intake/{'P' * 90}/baseline"
    records = {
        "results/lesions.csv": "lesion_table", "results/c/phantom": "phantom", f"{deep}/image.nii.gz": "intake",
        "results/concordance/c/agreement.csv": "concordance", "results/concordance/c/strata.csv": "concordance",
        "results/concordance/c/roi_agreement.csv": "roi_concordance",
    }  # fmt: skip
    _made_by(results.parent, **records)
    workflow = Workflow(results.parent)
    assert workflow.rules == records
    for file, targets in {
        "results/lesions.csv": ["results/lesions.csv"],
        "results/c/phantom/P1/ct.nii.gz": ["results/c/phantom"],
        f"{deep}/lesions.nii.gz": [f"{deep}/image.nii.gz"],
        "results/concordance/c/roc.csv": [
            "results/concordance/c/agreement.csv", "results/concordance/c/roi_agreement.csv",
        ],
        "results/elsewhere/x.csv": [],
    }.items():  # fmt: skip
        assert workflow.targets(Path(file)) == targets, file
    (results / "lesions.csv").unlink()
    (problem,) = verify(results)[1]
    assert problem.fix.endswith("start the workflow with --forcerun results/lesions.csv")


def test_without_records_of_the_workflow_nothing_is_promised(results):
    (results / "lesions.csv").unlink()
    (problem,) = verify(results)[1]
    assert problem.fix.startswith("Put the file back; there is no record here")


def test_what_is_left_over_is_named_as_a_whole_and_no_output(results):
    for name in ("old/intake/P1/baseline/image.nii.gz", "old/lesions.csv", "concordance/old/roc.csv"):
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        (results / name).write_text("x\n")
    cohorts = {"c": {"role": "train", "phantom": {"patients": 3}}}
    manifest = study_manifest(results, reported_config({"seed": 4, "cohorts": cohorts}))
    assert not [name for name in (*manifest["outputs"], *manifest["image_bytes"]) if "old" in name]
    write_json(results / "manifest.json", manifest)
    compared, problems = verify(results)
    assert {problem.severity for problem in problems} == {"warning"}
    assert sorted(problem.where.removeprefix(f"{results}/") for problem in problems) == [
        "c/intake/P1", "c/segmentation/automatic/P1", "concordance/old", "old",
    ]  # fmt: skip
    assert compared == len(manifest["outputs"])
