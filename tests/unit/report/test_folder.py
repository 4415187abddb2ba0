"""Whoever reads a results folder gets the files of its study, and nothing that an earlier one has left."""

from __future__ import annotations

from pathlib import Path

import pytest

from livermets.report.configuration import ReportedConfig, reported_config
from livermets.report.folder import SCAN_METRICS, ResultsFolder

CONTENTS = {
    "a/intake/S1/baseline/scan.json": '{"image_sha256": "12"}',
    "a/segmentation/automatic/S1/baseline/scan_metrics.csv": "dice\n0.5\n",
    "gone/segmentation/automatic/P1/baseline/scan_metrics.csv": "dice\n0.1\n",
    "networks/automatic/network.json": "{}",
    "networks/automatic/fold0/network.json": "{}",
    "concordance/a/roc.csv": "",
    "concordance/gone/roc.csv": "",
}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    for name, content in CONTENTS.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


def test_what_an_earlier_configuration_made_is_not_read(results):
    study = {"role": "validation", "table": "/no/t.csv", "image": "{patient}.nii", "lesions": "{patient}_m.nii"}
    folder = ResultsFolder.of(results, reported_config({"cohorts": {"a": study}}))
    assert folder.whole_table(SCAN_METRICS.format(source="automatic"))["dice"].tolist() == [0.5]
    assert [path.name for path in folder.folders("concordance")] == ["a"]
    assert list(folder.trained_networks()) == ["automatic"]


def test_without_a_configuration_everything_is_read(results):
    folder = ResultsFolder.of(results, ReportedConfig())
    assert len(folder.whole_table(SCAN_METRICS.format(source="automatic"))) == 2
    assert sorted(folder.trained_networks()) == ["automatic", "automatic/fold0"]
    assert list(folder.scan_facts()) == [
        ({"cohort": "a", "patient_id": "S1", "timepoint": "baseline"}, {"image_sha256": "12"})
    ]
    assert folder.tables("concordance/a")["roc"].empty
