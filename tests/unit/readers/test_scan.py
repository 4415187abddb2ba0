"""Pairs of masks of one scan against closed forms, and what a source lacks."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from livermets.readers.scan import pairwise
from livermets.readers.tables import PAIRWISE_COLUMNS

SPACING = (5.0, 2.0, 1.5)


def plate(start: int, length: int = 10, label: int = 1, rows: slice = slice(2, 10)) -> NDArray[np.uint16]:
    """One slice of 8 rows (unless told otherwise), whose voxels are all surface."""
    labels = np.zeros((5, 12, 40), dtype=np.uint16)
    labels[2, rows, start : start + length] = label
    return labels


def of(table, structure, **where):
    chosen = table[table["structure"] == structure]
    for name, value in where.items():
        chosen = chosen[chosen[name] == value]
    (row,) = chosen.to_dict("records")
    return row


@pytest.mark.parametrize("structure", ["lesion", "scan", "liver"])
def test_two_plates_of_which_one_is_moved(structure):
    """Moved by 2 of 10 voxels of 1.5 mm: those outside are 1 and 2 voxels away, on both sides."""
    masks = {"manual": plate(5), "reader2": plate(7)}
    found = pairwise(masks, masks, SPACING)
    assert tuple(found.columns) == PAIRWISE_COLUMNS
    row = of(found, structure)
    assert row["dice"] == pytest.approx(0.8)
    assert row["volume_ratio"] == pytest.approx(1)
    assert row["assd_mm"] == pytest.approx((1 + 2) * 1.5 / 10)
    assert row["hausdorff_mm"] == pytest.approx(3.0)
    assert row["volume_a_ml"] == pytest.approx(80 * 15 / 1000)
    assert row["lacking"] == ""


def test_the_volume_ratio_is_that_of_the_second_over_the_first():
    found = pairwise({"manual": plate(5), "reader2": plate(5, length=5)}, {}, SPACING)
    row = of(found, "lesion")
    assert (row["source_a"], row["source_b"]) == ("manual", "reader2")
    assert row["volume_ratio"] == pytest.approx(0.5)
    assert row["dice"] == pytest.approx(2 / 3)


def test_every_pair_of_sources_has_every_lesion_and_each_is_measured_alone():
    two = plate(2) + plate(20, label=2)
    moved = plate(2) + plate(25, label=2)
    found = pairwise({"a": two, "b": moved, "c": two}, {}, SPACING)
    assert len(found) == 3 * 3
    assert of(found, "lesion", lesion_id=1, source_a="a", source_b="b")["dice"] == 1
    assert of(found, "lesion", lesion_id=2, source_a="a", source_b="b")["dice"] == pytest.approx(0.5)
    assert of(found, "lesion", lesion_id=2, source_a="a", source_b="c")["dice"] == 1
    assert of(found, "scan", source_a="b", source_b="c")["dice"] == pytest.approx(0.75)


@pytest.mark.parametrize("side,first,second", [("b", 1, 0), ("a", 0, 1)])
def test_a_missed_lesion_has_dice_0_and_no_distance_whichever_source_misses_it(side, first, second):
    found = pairwise({"one": plate(5, label=first), "other": plate(5, label=second)}, {}, SPACING)
    for structure in ("lesion", "scan"):
        row = of(found, structure)
        assert row["lacking"] == side
        assert row["dice"] == 0
        assert np.isnan([row["volume_ratio"], row["assd_mm"], row["hausdorff_mm"]]).all()


def test_a_lesion_that_both_miss_is_counted_and_not_measured():
    nothing = plate(5, label=0)
    found = pairwise({"manual": plate(5), "reader2": nothing, "automatic": nothing}, {}, SPACING)
    row = of(found, "lesion", source_a="reader2", source_b="automatic")
    assert row["lacking"] == "both"
    assert np.isnan(row["dice"])


def test_findings_without_a_lesion_of_the_reference_count_with_the_whole_scan():
    found = pairwise({"manual": plate(2), "reader2": plate(2) + plate(20, label=1001)}, {}, SPACING)
    assert found["structure"].tolist() == ["lesion", "scan"]
    assert of(found, "lesion")["dice"] == 1
    row = of(found, "scan")
    assert row["dice"] == pytest.approx(2 / 3)
    assert (row["n_unmatched_a"], row["n_unmatched_b"]) == (0, 1)


def test_masks_without_any_lesion_are_a_pair_of_the_scan():
    nothing = plate(5, label=0)
    (row,) = pairwise({"manual": nothing, "reader2": nothing}, {}, SPACING).to_dict("records")
    assert (row["structure"], row["lacking"]) == ("scan", "both")


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_two_sources_turns_the_volume_ratio_and_nothing_else(seed):
    random = np.random.default_rng(seed)
    a, b = (random.integers(0, 3, (4, 9, 8)) * (random.random((4, 9, 8)) < 0.6) for _ in range(2))
    one, other = (pairwise(masks, {}, SPACING) for masks in ({"a": a, "b": b}, {"b": b, "a": a}))
    for measure in ("dice", "assd_mm", "hausdorff_mm"):
        assert one[measure].to_numpy() == pytest.approx(other[measure].to_numpy())
    assert one["volume_ratio"].to_numpy() == pytest.approx(1 / other["volume_ratio"].to_numpy())
    assert one["volume_a_ml"].tolist() == other["volume_b_ml"].tolist()
