"""Rows of all timepoints together stand first; no row is lost or shown twice."""

from __future__ import annotations

import pandas as pd
import pytest

from livermets.report.document import Column, Details, Table
from livermets.report.sections.by_timepoint import by_timepoint


def shown(*places: tuple[str, str]) -> tuple[Table, pd.DataFrame]:
    rows = pd.DataFrame(places, columns=["cohort", "timepoint"])
    cells = [[f"{cohort}, {timepoint}"] for cohort, timepoint in places]
    return Table("made", "Made.", [Column("Cohort")], cells), rows


def test_cohorts_seen_once_stand_with_the_others_as_a_whole():
    table, rows = shown(("a", "baseline"), ("b", "all"), ("b", "baseline"), ("b", "TP1"), ("c", "TP1"))
    first, below = by_timepoint(table, rows)
    assert isinstance(first, Table)
    assert isinstance(below, Details)
    assert first.rows == [["a, baseline"], ["b, all"], ["c, TP1"]]
    (each,) = below.blocks
    assert isinstance(each, Table)
    assert (each.id, each.rows) == ("made-timepoints", [["b, baseline"], ["b, TP1"]])


@pytest.mark.parametrize("timepoints", [["baseline", "baseline"], ["baseline", "TP1"]])
def test_without_a_row_of_all_of_them_there_is_one_table(timepoints):
    table, rows = shown(*(("a", timepoint) for timepoint in timepoints))
    assert by_timepoint(table, rows) == [table]


def test_rows_that_are_by_no_cohort_are_pooled_together():
    table, rows = shown(("", "all"), ("", "TP0"), ("", "all"), ("", "TP1"))
    first, _ = by_timepoint(table, rows[["timepoint"]])
    assert isinstance(first, Table)
    assert len(first.rows) == 2


def test_other_places_than_rows_are_a_defect():
    table, rows = shown(("a", "all"), ("a", "TP0"))
    with pytest.raises(ValueError, match="1 places for 2 rows of made"):
        by_timepoint(table, rows[:1])
