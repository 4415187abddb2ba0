"""Scores of masks out of the cohorts' tables: one per scan and source, and what cannot be one."""

from __future__ import annotations

import pytest

from livermets.cohort.lesion_row import LesionRow
from livermets.cohort.scores import ScanScore, scan_scores
from livermets.cohort.study import Cohort
from livermets.config.cohorts import CohortSettings
from livermets.config.sources import SourceSettings
from livermets.errors import InputError

SOURCES = {
    "manual": SourceSettings(minutes_column="Min"),
    "adjusted": SourceSettings(start="automatic", quality_column="Score", minutes_column="Min adj"),
}


def cohort(*rows: tuple[str, dict[str, str]], **settings: object) -> Cohort:
    """A cohort of rows (patient, cells), numbered from 2."""
    made = CohortSettings.model_validate(
        {"role": "train", "table": "t.csv", "image": "{patient}", "lesions": "{patient}", **settings}
    )
    found = [LesionRow(patient, "baseline", row=row, cells=cells) for row, (patient, cells) in enumerate(rows, start=2)]
    return Cohort("a", made, rows=tuple(found))


def cells(minutes: str = "40", score: str = "5", adjusted: str = "12,5") -> dict[str, str]:
    return {"Min": minutes, "Score": score, "Min adj": adjusted}


def said(*rows: tuple[str, dict[str, str]], **settings: object) -> list[str]:
    with pytest.raises(InputError) as error:
        scan_scores([cohort(*rows, **settings)], SOURCES)
    return [str(problem) for problem in error.value.problems]


def test_a_scan_has_one_score_however_many_rows_its_lesions_have():
    found = scan_scores([cohort(("P1", cells()), ("P1", cells(minutes="")), ("P2", cells("30", "", "n/a")))], SOURCES)
    assert found == [
        ScanScore("a", "P1", "baseline", "manual", minutes=40),
        ScanScore("a", "P2", "baseline", "manual", minutes=30),
        ScanScore("a", "P1", "baseline", "adjusted", quality=5, minutes=12.5),
    ]


def test_what_the_cohort_calls_missing_is_no_score():
    assert scan_scores([cohort(("P1", cells("99", "99", "99")), missing=["99"])], SOURCES) == []


def test_everything_that_is_no_score_is_said_at_once():
    assert said(("P1", cells()), ("P1", cells("41")), ("P2", cells("-3", "6", "long"))) == [
        'cohort a, table row 3, patient P1: "Min" is 41 here and 40 in an earlier row of the same scan. '
        "A scan has one score; make them equal.",
        'cohort a, table row 4, patient P2: "Min" is "-3". Give a number of minutes from 0 up, or leave it empty.',
        'cohort a, table row 4, patient P2: "Score" is "6". Give a number from 1 (worst) to 5 (best), '
        "or leave it empty.",
        'cohort a, table row 4, patient P2: "Min adj" is "long". Give a number of minutes from 0 up, '
        "or leave it empty.",
    ]


def test_a_column_that_no_table_has_is_named_by_its_setting():
    assert said(("P1", {"Min": "40", "Score": "3"})) == [
        'sources.adjusted.minutes_column: no table of a cohort has a column "Min adj". Their columns: Min, Score.'
    ]


def test_a_table_without_the_column_of_another_is_passed_over():
    one, other = cohort(("P1", cells())), cohort(("P2", {"Min": "20"}))
    assert [score.minutes for score in scan_scores([one, other], SOURCES)] == [40, 12.5, 20]
