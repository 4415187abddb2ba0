from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.unit.report.results_factory import make_results

from livermets.config.report import ReportSettings
from livermets.report.build import build_report
from livermets.report.configuration import ReportedConfig, reported_config
from livermets.report.document import Report
from livermets.report.manifest import study_manifest
from livermets.report.render import render_html
from livermets.report.results import StudyResults, read_results


@dataclass(frozen=True)
class MadeStudy:
    """A made-up results folder, read, reported and rendered."""

    folder: Path
    values: Mapping[str, Any]
    config: ReportedConfig
    results: StudyResults
    report: Report
    html: str


@pytest.fixture(scope="session")
def made_study(tmp_path_factory: pytest.TempPathFactory) -> MadeStudy:
    folder = tmp_path_factory.mktemp("study") / "results"
    values = make_results(folder)
    config = reported_config(values)
    results = read_results(folder, config, study_manifest(folder, config))
    report = build_report(results, ReportSettings(), {})
    return MadeStudy(folder, values, config, results, report, render_html(report))


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one made-up study run in one process, so that it is made once."""
    for item in items:
        if "made_study" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("report"))
