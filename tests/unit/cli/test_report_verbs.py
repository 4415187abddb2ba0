"""The verbs `report` and `manifest`, as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import livermets.cli.report  # noqa: F401 - registers the verbs
from livermets.cli import app
from livermets.errors import InputError


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    folder.mkdir()
    pd.DataFrame(
        {
            "patient_id": ["A", "B"], "lesion_id": [1, 1], "response": [1, 0], "predicted_manual": [1, 0],
            "predicted_automatic": [1, 1], "dice": [0.5, 0.2], "longest_diameter_mm": [12, 25],
        }
    ).to_csv(folder / "lesions.csv", index=False)  # fmt: skip
    return folder


def run(*arguments: object):
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    if isinstance(result.exception, InputError):
        raise result.exception
    return result


def test_a_report_is_made_from_a_lesion_table_alone(results, tmp_path):
    out = tmp_path / "somewhere" / "report.html"
    assert run("report", results, "--out", out, "--settings", '{"report": {"title": "Two <lesions>"}}').exit_code == 0
    assert "<h1>Two &lt;lesions&gt;</h1>" in out.read_text(encoding="utf-8")
    assert (out.parent / "figures" / "dice-by-size.csv").exists()


def test_the_manifest_is_json_and_lists_the_table(results, tmp_path):
    out = tmp_path / "manifest.json"
    assert run("manifest", results, "--out", out, "--settings", '{"seed": 3}').exit_code == 0
    manifest = json.loads(out.read_text(encoding="utf-8"))
    assert manifest["seed"] == 3
    assert list(manifest["outputs"]) == ["lesions.csv"]


@pytest.mark.parametrize(
    "settings,said",
    [
        ('{"report": {"titel": "x"}}', "Did you mean `title`"),
        ('{"report": ', "not valid JSON"),
        ("nowhere.yaml", "does not exist"),
    ],
)
def test_wrong_settings_are_refused_and_nothing_is_written(results, tmp_path, settings, said):
    out = tmp_path / "report.html"
    with pytest.raises(InputError, match=said):
        run("report", results, "--out", out, "--settings", settings)
    assert not out.exists()


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        run("report", tmp_path / "nowhere", "--settings", "{}")
