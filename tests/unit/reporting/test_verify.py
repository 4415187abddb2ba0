"""A results folder is compared with its manifest file by file."""

from __future__ import annotations

import pytest

from livermets.errors import InputError
from livermets.io.atomic import write_json
from livermets.reporting.manifest import study_manifest
from livermets.reporting.verify import verify


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    contents = {
        "lesions.csv": b"a,b\n1,2\n",
        "model/model.safetensors": bytes(100),
        "c/segmentation/P1/baseline/lesions.nii.gz": b"mask",
        "c/intake/P1/baseline/image.nii.gz": b"volume",
        "report/report.html": b"<html>",
        "logs/intake.log": b"said",
    }
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    write_json(folder / "manifest.json", study_manifest(folder, {"seed": 4}))
    return folder


def wrong(results):
    return {problem.where.removeprefix(f"{results}/"): problem.what for problem in verify(results)[1]}


def test_an_untouched_folder_has_no_problem(results):
    assert verify(results) == (5, [])


def test_each_kind_of_file_is_named_when_it_changes(results):
    (results / "lesions.csv").write_bytes(b"a,b\n1,3\n")
    (results / "c/segmentation/P1/baseline/lesions.nii.gz").write_bytes(b"mosk")
    (results / "model/model.safetensors").unlink()
    (results / "c/intake/P1/baseline/image.nii.gz").write_bytes(b"longer volume")
    (results / "later.csv").write_bytes(b"x\n")
    (results / "logs/intake.log").write_bytes(b"other")
    found = wrong(results)
    assert set(found) == {
        "lesions.csv", "c/segmentation/P1/baseline/lesions.nii.gz", "model/model.safetensors",
        "c/intake/P1/baseline/image.nii.gz", "later.csv",
    }  # fmt: skip
    assert found["model/model.safetensors"] == "this file is in the manifest and is missing"
    assert found["c/intake/P1/baseline/image.nii.gz"] == "this image has 13 bytes and had 6"


def test_without_a_manifest_there_is_nothing_to_compare_with(tmp_path):
    with pytest.raises(InputError, match="no manifest that lists outputs"):
        verify(tmp_path)
