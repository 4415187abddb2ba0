"""Every wrong input of the corpus ends with exit status 2, its sentence, and nothing written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.small_study import SmallStudy
from tests.wrong_input.cases import CASES, Case


@pytest.fixture(scope="session")
def valid_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return SmallStudy.written(tmp_path_factory.mktemp("valid")).folder


def test_the_unbroken_study_passes(valid_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = SmallStudy.copied(valid_study, tmp_path)
    assert study.check() == 0
    assert "no errors" in capsys.readouterr().out
    assert (tmp_path / "results/check/scans.csv").exists()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_wrong_input(case: Case, valid_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = SmallStudy.copied(valid_study, tmp_path)
    case.break_it(study)
    status = study.check()
    said = capsys.readouterr().err
    errors = [line.removeprefix("error: ") for line in said.splitlines() if line.startswith("error: ")]
    assert errors == list(case.sentences)
    assert status == 2
    assert "Traceback" not in said
    assert not (tmp_path / "results").exists()
    assert not re.search(r"(Rossi|Giovanna|4711|19510423|ACC8839201|Bianchi|\d+(\.\d+){5,})", said)


def test_the_corpus_is_large_enough() -> None:
    assert len(CASES) >= 40
    assert len({case.name for case in CASES}) == len(CASES)
