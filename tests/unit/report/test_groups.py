"""Results by cohort, timepoint and size: one row per group, differences in points, no number that is not in a table."""

from __future__ import annotations

import pytest
from tests.lesion_tables import lesion_table

from livermets.concordance.result import ConcordanceResult, concordance
from livermets.config.statistics import StatisticsSettings
from livermets.report.document import Details, Table
from livermets.report.sections.groups import group_blocks


@pytest.fixture(scope="module")
def result() -> ConcordanceResult:
    lesions = lesion_table()
    lesions["centre"] = lesions["patient_id"].str[-1].astype(int).map(lambda n: "A" if n < 5 else "B")
    return concordance(lesions, StatisticsSettings(bootstrap_replicates=200), seed=1)


def test_every_group_has_one_row_with_its_lesions_and_patients(result):
    overview = group_blocks("x", result.subgroups, result.subgroup_differences)[0]
    assert isinstance(overview, Table)
    names = [row[0].replace("\u00a0", " ") for row in overview.rows]
    assert names == [
        "Cohort north", "Cohort south", "Centre A", "Centre B", "Timepoint baseline", "Timepoint TP1",
        "Size < 20 mm", "Size ≥ 20 mm",
    ]  # fmt: skip
    compared = result.lesions[result.lesions["compared"]]
    north = compared[compared["cohort"] == "north"]
    assert overview.rows[0][1] == f"{len(north)}\n{north['patient_id'].nunique()}"
    assert overview.rows[0][2].startswith(f"{100 * north['agree'].mean():.0f}")


def test_shares_differ_by_points_and_areas_do_not(result):
    differences = group_blocks("x", result.subgroups, result.subgroup_differences)[1]
    assert isinstance(differences, Table)
    by_measure = {row[2]: row[3] for row in differences.rows if row[0] == "timepoint"}
    assert by_measure["Agreement"].endswith(" points")
    assert "points" not in by_measure["ROC AUC, manual mask"]
    assert "by chance alone" in differences.caption


def test_differences_between_centres_stand_apart(result):
    blocks = group_blocks("x", result.subgroups, result.subgroup_differences)
    assert [b.title for b in blocks if isinstance(b, Details)] == [
        "Differences between centres",
        "Every measure by group",
    ]
    assert not any(row[0] == "centre" for row in blocks[1].rows)


def test_no_groups_no_block(result):
    assert group_blocks("x", result.subgroups.iloc[:0], result.subgroup_differences.iloc[:0]) == []
