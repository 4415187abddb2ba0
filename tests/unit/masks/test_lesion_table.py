"""Wrong lesion tables give one sentence per problem; small ones are never refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.lesion_tables import minimal

from livermets.errors import InputError
from livermets.masks.lesion_table import (
    checked_lesions,
    false_positive_count,
    joined,
    of_cohorts,
    with_headline,
    without_other_roles,
)

GOOD = [("A", 1, 1, 1, 0.8, 20.0), ("A", 0, 1, 0, 0.5, 12.0), ("B", 0, 0, 0, 0.3, 30.0)]


def problems_of(table: pd.DataFrame) -> list[str]:
    with pytest.raises(InputError) as caught:
        checked_lesions(table, "lesions.csv")
    return [str(problem) for problem in caught.value.problems]


def test_missing_columns_are_named_together() -> None:
    (problem,) = problems_of(minimal(GOOD).drop(columns=["dice", "response"]))
    assert "missing columns response, dice" in problem


@pytest.mark.parametrize(
    "column, value, expected",
    [
        ("response", 2, "It must be 0, 1 or empty"),
        ("predicted_manual", "R+", "found 'R+'. It must be 0, 1 or empty"),
        ("predicted_automatic", 0.5, "It must be 0, 1 or empty"),
        ("dice", 1.2, "found '1.2'. It must be between 0 and 1, or empty"),
        ("dice", -0.1, "It must be between 0 and 1, or empty"),
        ("longest_diameter_mm", -5, "It must be a length in mm (0: a single voxel), or empty"),
        ("longest_diameter_mm", np.inf, "It must be a length in mm (0: a single voxel), or empty"),
        ("patient_id", None, "Every lesion needs one"),
    ],
)
def test_a_wrong_cell_is_named_with_its_row(column: str, value: object, expected: str) -> None:
    table = minimal(GOOD).astype(object)
    table.loc[1, column] = value
    (problem,) = problems_of(table)
    assert problem.startswith(f"lesions.csv, column {column}, row 3: ")
    assert expected in problem


def test_all_problems_come_at_once() -> None:
    table = minimal([*GOOD, ("B", 3, 1, 1, 1.7, -2.0)])
    assert len(problems_of(table)) == 3


def test_a_lesion_twice_is_a_problem() -> None:
    table = pd.concat([minimal(GOOD), minimal(GOOD).iloc[:1]])
    (problem,) = problems_of(table)
    assert "rows 2, 5: the same patient_id, lesion_id more than once" in problem


def test_an_empty_table_is_a_problem() -> None:
    assert "no lesions" in problems_of(minimal([]))[0]


def test_blank_text_cells_are_empty() -> None:
    table = minimal(GOOD).astype(object)
    table.loc[0, "predicted_automatic"] = "  "
    assert checked_lesions(table)["compared"].tolist() == [False, True, True]


def test_same_patient_id_in_two_cohorts_is_two_people() -> None:
    table = minimal(GOOD).assign(cohort=["x", "y", "y"])
    table["patient_id"] = "P1"
    assert checked_lesions(table)["patient"].nunique() == 2


def test_fates() -> None:
    table = minimal([("A", 1, 1, np.nan, 0.0, 9.0), ("A", 1, np.nan, np.nan, 0.4, 9.0), ("A", 1, 1, np.nan, 0.4, 9.0)])
    table["n_roi_manual"] = [3, 0, 3]
    table["n_roi_automatic"] = [0, 0, np.nan]
    checked = checked_lesions(table)
    assert checked["manual_fate"].tolist() == ["classified", "no ROI", "classified"]
    assert checked["automatic_fate"].tolist() == ["undetected", "no ROI", "no class given"]


def test_false_positive_rows_are_counted_but_are_no_lesions() -> None:
    table = minimal(GOOD).assign(kind=["manual", "manual", "false_positive"])
    assert false_positive_count(table) == 1
    assert len(checked_lesions(table)) == 2


def test_unknown_cohort_is_refused() -> None:
    table = minimal(GOOD).assign(cohort="north")
    assert len(of_cohorts(table, ["north"])) == 3
    with pytest.raises(InputError, match="no lesion of cohort 'nrth'"):
        of_cohorts(table, ["nrth"])


def test_joined_tables_name_the_file_of_each_problem() -> None:
    bad = minimal(GOOD).assign(dice=3.0)
    with pytest.raises(InputError, match=r"second\.csv, column dice, rows 2 to 4"):
        joined({"first.csv": minimal(GOOD), "second.csv": bad})


def test_nullable_integers_and_findings_without_a_reader_s_lesion() -> None:
    """As `classify` writes it: Int64 classes with gaps, and automatic findings below the lesions."""
    table = minimal([*GOOD, ("B", np.nan, np.nan, 1, np.nan, 8.0)]).assign(kind=["manual"] * 3 + ["automatic"])
    for column in ("response", "predicted_manual", "predicted_automatic"):
        table[column] = table[column].astype("Int64")
    checked = checked_lesions(table)
    assert len(checked) == 3
    assert checked["response"].tolist() == [1.0, 0.0, 0.0]


def test_every_wrong_row_is_named() -> None:
    table = pd.concat([minimal(GOOD)] * 4, ignore_index=True)
    table["lesion_id"] = range(len(table))
    table["dice"] = 2.0
    (problem,) = problems_of(table)
    assert f"rows 2 to {len(table) + 1}: found '2.0'" in problem


ROLES = [("A", 1, 1, 1, 0.8, 20.0), ("B", 0, 1, 0, 0.5, 12.0), ("C", 0, 0, 0, 0.3, 30.0), ("D", 1, 0, 0, 0.3, 30.0)]


def with_roles() -> pd.DataFrame:
    """One lesion of each role."""
    return minimal(ROLES).assign(role=["train", "validation", "predict", None], cohort="c", timepoint="baseline")


@pytest.mark.parametrize(
    "roles, counted",
    [
        (("train", "validation"), [True, True, False, False]),
        (("validation",), [False, True, False, False]),
        (("train",), [True, False, False, False]),
    ],
)
def test_lesions_of_the_roles_are_the_headline(roles: tuple[str, ...], counted: list[bool]) -> None:
    assert with_headline(with_roles(), [], roles=roles)["headline"].tolist() == counted


def test_a_timepoint_that_is_named_narrows_the_roles() -> None:
    table = with_roles().assign(role="validation", timepoint=["baseline", "TP1", "baseline", "TP1"])
    assert with_headline(table, ["TP1"])["headline"].tolist() == [False, True, False, True]


def test_a_cohort_or_table_without_roles_counts_all_its_lesions() -> None:
    assert with_headline(minimal(ROLES), [], roles=["validation"])["headline"].all()
    table = with_roles().assign(cohort=["c", "c", "hand", "hand"], role=["train", "validation", None, None])
    assert with_headline(table, [], roles=["validation"])["headline"].tolist() == [False, True, True, True]


def test_lesions_of_the_other_role_are_left_out_and_said() -> None:
    kept, said = without_other_roles(with_roles(), ["validation"], "t.csv")
    assert kept["role"].tolist() == ["validation", "predict", None]
    assert said == ["1 lesion of scans with the role train left out"]
    assert without_other_roles(minimal(ROLES), ["validation"], "t.csv")[1] == []
    with pytest.raises(InputError, match=r"t\.csv: every lesion is of a scan with the role train\. .*--role"):
        without_other_roles(with_roles().assign(role="train"), ["validation"], "t.csv")
