"""What becomes of lesions through several timepoints."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.follow_up.phantom import MOVED, STILL, Ball, lesions

from livermets.config.follow_up import FollowUpSettings
from livermets.follow_up.registration import Registration
from livermets.follow_up.tracks import Followed, follow
from livermets.imaging.geometry import Volume

SETTINGS = FollowUpSettings()
SAME = Registration(STILL, 1.0)
A, B, C = (0.0, 0.0, -30.0, 12.0), (40.0, 0.0, 0.0, 12.0), (-50.0, 10.0, 30.0, 12.0)


def said(rows: list[Followed]) -> dict[tuple[int, int], tuple[str, int | None]]:
    """Status and id by track and timepoint."""
    return {(row.track, row.timepoint): (row.status, row.lesion_id) for row in rows}


def followed(*balls: dict[int, Ball], by_id: bool = False) -> dict[tuple[int, int], tuple[str, int | None]]:
    return said(follow([lesions(one) for one in balls], [SAME] * (len(balls) - 1), by_id, SETTINGS))


def test_tracks_are_numbered_from_feet_to_head_and_keep_their_number() -> None:
    found = followed({5: C, 6: A, 7: B}, {1: A, 2: C, 3: B})
    assert found == {
        (1, 0): ("first", 6), (2, 0): ("first", 7), (3, 0): ("first", 5),
        (1, 1): ("linked", 1), (2, 1): ("linked", 3), (3, 1): ("linked", 2),
    }  # fmt: skip


def test_gone_and_new_and_back() -> None:
    found = followed({1: A, 2: B}, {1: B, 2: C}, {1: A, 2: B})
    assert [found[1, t] for t in range(3)] == [("first", 1), ("gone", None), ("back", 1)]
    assert [found[2, t] for t in range(3)] == [("first", 2), ("linked", 1), ("linked", 2)]
    assert [found[3, t] for t in (1, 2)] == [("new", 2), ("gone", None)]


def test_merged_and_split_name_the_other_track() -> None:
    whole, left, right = (10.0, 0.0, 0.0, 30.0), (0.0, 0.0, 0.0, 12.0), (28.0, 0.0, 0.0, 8.0)
    together = follow([lesions({1: left, 2: right}), lesions({1: whole})], [SAME], False, SETTINGS)
    assert [(row.track, row.status, row.with_track) for row in together[2:]] == [(1, "linked", None), (2, "merged", 1)]
    apart = follow([lesions({1: whole}), lesions({1: left, 2: right})], [SAME], False, SETTINGS)
    assert [(row.track, row.status, row.with_track) for row in apart[1:]] == [(1, "linked", None), (2, "split", 1)]


def test_what_a_scan_does_not_show_is_neither_gone_nor_new() -> None:
    low = lesions({1: A, 2: C})
    part = low.within((slice(0, 20), slice(0, 60), slice(0, 64)))
    assert said(follow([low, part], [SAME], False, SETTINGS))[2, 1] == ("outside", None)
    assert said(follow([part, low], [SAME], False, SETTINGS))[2, 1] == ("first", 2)
    assert said(follow([low, part], [SAME], True, SETTINGS))[2, 1] == ("outside", None)


def test_lesions_are_carried_by_the_registration() -> None:
    step = Registration(MOVED, 0.97)
    series = [lesions({1: A, 2: B, 3: C}), lesions({1: C, 2: A, 3: B}, MOVED)]
    rows = follow(series, [step], False, SETTINGS)
    assert [(row.track, row.lesion_id) for row in rows[3:]] == [(1, 2), (2, 3), (3, 1)]
    assert max(row.link.distance_mm for row in rows[3:] if row.link) < 1
    unmoved = said(follow(series, [SAME], False, FollowUpSettings(gate_mm=5)))
    assert unmoved[1, 1][0] == "gone"


def test_without_a_registration_every_lesion_begins_a_track() -> None:
    rows = follow([lesions({1: A}), lesions({1: A}), lesions({1: A})], [None, SAME], False, SETTINGS)
    assert said(rows) == {(1, 0): ("first", 1), (2, 1): ("unlinked", 1), (2, 2): ("linked", 1)}


def test_ids_are_believed_wherever_the_lesions_lie() -> None:
    found = followed({1: A, 4: B}, {1: C, 9: A}, by_id=True)
    assert found[1, 1] == ("linked", 1)
    assert (found[4, 1], found[9, 1]) == (("gone", None), ("new", 9))
    rows = follow([lesions({1: A}), lesions({1: C})], [SAME], True, SETTINGS)
    assert rows[1].link is not None
    assert rows[1].link.distance_mm == pytest.approx(np.linalg.norm(np.subtract(A, C)[:3]), abs=1)
    assert follow([lesions({1: A}), lesions({1: C})], [None], True, SETTINGS)[1].link is None


def test_a_timepoint_without_lesions_is_one_at_which_all_are_gone() -> None:
    assert followed({1: A}, {}, {3: A}) == {(1, 0): ("first", 1), (1, 1): ("gone", None), (1, 2): ("back", 3)}
    assert followed({}, {2: B}) == {(1, 1): ("new", 2)}


SERIES = [{1: A, 2: B, 3: C}, {1: B, 2: (-46.0, 10.0, 30.0, 8.0)}, {1: A, 2: (44.0, 0.0, 0.0, 16.0), 3: C}]


def renumbered(balls: dict[int, Ball], ids: list[int]) -> Volume:
    return lesions(dict(zip(ids, balls.values(), strict=False)))


@given(st.lists(st.permutations(range(1, 8)), min_size=3, max_size=3))
@settings(deadline=None, max_examples=15)
def test_other_ids_give_the_same_tracks(ids: list[list[int]]) -> None:
    plain = follow([lesions(balls) for balls in SERIES], [SAME, SAME], False, SETTINGS)
    other = follow([renumbered(*one) for one in zip(SERIES, ids, strict=True)], [SAME, SAME], False, SETTINGS)
    assert [(r.track, r.timepoint, r.status, r.link) for r in other] == [
        (r.track, r.timepoint, r.status, r.link) for r in plain
    ]
