from __future__ import annotations

from pathlib import Path

import pytest
from tests.finished_study import finished_study

from livermets.bundle.handover import write_bundle


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a finished study; the test runs in it."""
    folder = tmp_path / "study"
    folder.mkdir()
    monkeypatch.chdir(folder)
    finished_study(folder)
    return folder


@pytest.fixture
def bundle(study: Path, tmp_path: Path) -> Path:
    """Its bundle."""
    out = tmp_path / "study.zip"
    write_bundle(out, study / "results", ["config.yaml"])
    return out
