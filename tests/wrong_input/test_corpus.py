"""Every wrong input of the corpus ends with exit status 2, its sentence, and nothing written but the tables of
problems; the workflow, before it opens an image, says nothing else."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest
from tests.small_study import SmallStudy
from tests.wrong_input.cases import CASES, HEADINGS, Case

from livermets.config.load import read_yaml
from livermets.errors import Finding, InputError, Problem
from livermets.workflow.plan import Plan


@pytest.fixture(scope="session")
def valid_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return SmallStudy.written(tmp_path_factory.mktemp("valid")).folder


def test_the_unbroken_study_passes(valid_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = SmallStudy.copied(valid_study, tmp_path)
    assert study.check() == 0
    assert "no errors" in capsys.readouterr().out
    assert (tmp_path / "results/check/scans.csv").exists()
    assert "no errors" in (tmp_path / "results/check/summary.txt").read_text()
    assert planning_errors(study) == []


def planning_errors(study: SmallStudy) -> list[str]:
    """What the workflow says of the same study before its first job."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(study.folder)
        try:
            Plan.from_config(read_yaml("config.yaml"), source=Path("config.yaml"))
        except InputError as error:
            return [str(problem) for problem in error.problems]
    return []


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
    written = [path.relative_to(tmp_path / "results").as_posix() for path in sorted(tmp_path.rglob("results/**/*.*"))]
    assert written == ["check/problems.csv", "check/scans.csv"]
    table = pd.read_csv(tmp_path / "results/check/problems.csv", keep_default_na=False)
    listed = [str(Problem(row.where, row.what, row.fix)) for row in table.itertuples() if row.severity == "error"]
    assert len(listed) == len(errors)  # the same, but that the table says "the CT" where the screen shows its path
    assert not [sentence for sentence in listed if re.search(r"\.(csv|xlsx|nii|dcm|nrrd)\b.*: ", sentence)]
    assert set(planning_errors(study)) <= set(errors)
    assert not re.search(r"(Rossi|Giovanna|4711|19510423|ACC8839201|Bianchi|\d+(\.\d+){5,})", said)


def test_every_module_of_cases_is_a_heading_that_has_cases() -> None:
    modules = {path.stem for path in Path(__file__).with_name("cases").glob("*.py")} - {"__init__", "corpus"}
    assert set(HEADINGS) == modules == {case.heading for case in CASES}


def test_no_two_cases_have_the_same_name() -> None:
    counts = Counter(case.name for case in CASES)
    assert [name for name, count in counts.items() if count > 1] == []


def test_no_two_cases_of_a_heading_are_the_same_mistake() -> None:
    """The same sentence twice is meant for a file that is cut short: it has more than one way of being so."""
    counts = Counter((case.heading, case.sentences) for case in CASES if "cut short" not in case.sentences[0])
    assert [same for same, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("finding", get_args(Finding))
def test_whatever_a_cohort_may_accept_is_refused_by_a_case(finding: str) -> None:
    way = f'accept it with a reason: `accept: {{{finding}: "..."}}`.'
    assert [case.name for case in CASES if any(sentence.endswith(way) for sentence in case.sentences)]
