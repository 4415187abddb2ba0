"""Volumes, their changes and what is to be doubted, from small tables that one can add up by eye."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.unit.follow_up.phantom import STILL

from livermets.config.follow_up import FollowUpSettings
from livermets.follow_up.links import Link
from livermets.follow_up.registration import Registration
from livermets.follow_up.tables import Timepoint, lesion_table, scan_table
from livermets.follow_up.tracks import Followed

SETTINGS = FollowUpSettings()


def measured(**volumes: float) -> pd.DataFrame:
    ids = [int(name[1:]) for name in volumes]
    return pd.DataFrame(
        {"lesion_id": ids, "volume_ml": list(volumes.values()), "longest_diameter_mm": [10.0 * i for i in ids]}
    )


def matching(found: dict[int, float], unmatched: float = 0.0) -> pd.DataFrame:
    rows = [(i, "manual", volume) for i, volume in found.items()]
    rows += [(1001, "false_positive", unmatched)] if unmatched else []
    return pd.DataFrame(rows, columns=["lesion_id", "kind", "volume_automatic_ml"])


SERIES = [
    Timepoint("before", measured(l1=4.0, l2=2.0), 1500.0, 0, {"net": matching({1: 3.0, 2: 0.0})}),
    Timepoint("after", measured(l2=1.0, l3=5.0), 1600.0, 61, {"net": matching({2: 1.5, 3: 4.0}, 0.5)}),
]
LINK = Link(3.0, 0.5)
FOLLOWED = [
    Followed(0, 1, "first", 1), Followed(0, 2, "first", 2), Followed(1, 1, "linked", 2, LINK),
    Followed(1, 2, "merged", with_track=1), Followed(1, 3, "new", 3),
]  # fmt: skip
STEPS = [Registration(STILL, 0.95)]


def rows(table: pd.DataFrame, source: str, column: str) -> list[object]:
    found = table.loc[table["mask_source"].eq(source), column]
    return [None if pd.isna(value) else value for value in found]


def test_every_lesion_has_its_volume_by_source_and_its_change_since_it_was_first_seen() -> None:
    table = lesion_table(SERIES, FOLLOWED, STEPS, "manual")
    assert rows(table, "manual", "volume_ml") == [4, 2, 1, None, 5]
    assert rows(table, "manual", "volume_change") == [0, 0, -0.75, None, 0]
    assert rows(table, "manual", "diameter_change") == [0, 0, 1, None, 0]
    assert rows(table, "manual", "distance_mm") == [None, None, 3, None, None]
    assert rows(table, "net", "track") == [1, 2, 1, 3]
    assert rows(table, "net", "volume_ml") == [3, 0, 1.5, 4]
    assert rows(table, "net", "volume_change") == [0, None, -0.5, 0]
    assert rows(table, "manual", "liver_dice") == [None, None, 0.95, 0.95, 0.95]


def test_a_lesion_that_is_gone_has_no_volume_and_lost_all_of_it() -> None:
    series = [SERIES[0], Timepoint("after", measured())]
    gone = [*FOLLOWED[:2], Followed(1, 1, "gone"), Followed(1, 2, "outside")]
    table = lesion_table(series, gone, STEPS, "manual")
    assert rows(table, "manual", "volume_ml") == [4, 2, 0, None]
    assert rows(table, "manual", "volume_change") == [0, 0, -1, None]
    assert rows(table, "net", "track") == [1, 2]


def test_totals_count_what_no_lesion_of_the_reference_meets() -> None:
    table = scan_table(SERIES, FOLLOWED, STEPS, "manual", False, SETTINGS)
    assert rows(table, "manual", "volume_ml") == [6, 6]
    assert rows(table, "net", "volume_ml") == [3, 6]
    assert rows(table, "net", "unmatched_ml") == [0, 0.5]
    assert rows(table, "net", "n_lesions") == [1, 3]
    assert rows(table, "net", "volume_change") == [0, 1]
    assert [rows(table, "manual", f"n_{name}")[1] for name in ("linked", "new", "merged", "gone")] == [1, 1, 1, 0]
    assert rows(table, "manual", "liver_ml") == [1500, 1600]
    assert rows(table, "manual", "linked_by") == ["position", "position"]


@pytest.mark.parametrize("later,same", [(2.0, 1), (7.0, 0), (3.0, 0)])
def test_a_source_agrees_on_the_direction_of_change_or_not(later: float, same: int) -> None:
    """The reference shrinks from 6 to 1 ml, the source goes from 3 ml down, up, or stays."""
    series = [SERIES[0], Timepoint("after", measured(l2=1.0), matching={"net": matching({2: later})})]
    table = scan_table(series, FOLLOWED[:3], STEPS, "manual", False, SETTINGS)
    assert rows(table, "net", "same_direction") == [None, same]
    assert rows(table, "manual", "same_direction") == [None, None]


def test_a_source_that_misses_the_first_timepoint_is_compared_from_its_own_first_one() -> None:
    third = Timepoint("late", measured(l2=3.0), matching={"net": matching({2: 2.0})})
    second = Timepoint("after", measured(l2=1.0), matching={"net": matching({2: 1.5})})
    series = [Timepoint("before", measured(l1=4.0)), second, third]
    table = scan_table(series, [], [None, None], "manual", True, SETTINGS)
    assert rows(table, "net", "same_direction") == [None, 1]
    assert rows(table, "manual", "volume_change")[1:] == [-0.75, -0.25]


def test_what_is_to_be_doubted_is_said() -> None:
    def notes(steps: list[Registration | None], by_id: bool, link: Link = LINK) -> str:
        series = [SERIES[0], Timepoint("after", measured(l2=1.0), None if steps == [None] else 1.0)]
        followed = [*FOLLOWED[:2], Followed(1, 2, "linked", 2, link)]
        return str(scan_table(series, followed, steps, "manual", by_id, SETTINGS)["note"][1])

    assert notes(STEPS, False) == ""
    assert notes([None], False) == "lesions of before and after are not linked: no liver mask at after"
    assert notes([None], True) == ""
    poor = "the livers of before and after agree with a Dice of 0.86 after registration, below 0.9: the links may be"
    assert notes([Registration(STILL, 0.86)], False) == f"{poor} wrong"
    far = "lesion 2: the same id at before and after, more than 15 mm apart after registration"
    assert notes(STEPS, True, Link(40.0, 0.0)) == far
    assert notes(STEPS, True, Link(40.0, 0.8)) == ""
    assert notes(STEPS, False, Link(40.0, 0.0)) == ""


def test_days_stand_in_every_row() -> None:
    for table in (
        lesion_table(SERIES, FOLLOWED, STEPS, "manual"),
        scan_table(SERIES, FOLLOWED, STEPS, "manual", False, SETTINGS),
    ):
        np.testing.assert_array_equal(table["days"], np.where(table["timepoint"].eq("before"), 0, 61))
