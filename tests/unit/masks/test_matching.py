"""Matching on masks that one can check by eye."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage

from livermets.masks.matching import components_of, match_lesions

SPACING = (2.0, 1.0, 1.0)


def row(text: str) -> np.ndarray:
    """One line of digits as a volume with a single slice and a single row."""
    return np.array([[[int(letter) for letter in text.replace(".", "0")]]])


def ids(labels: np.ndarray) -> list[int]:
    return [int(value) for value in labels.ravel()]


def test_a_component_over_two_lesions_is_split_at_the_nearest_voxel():
    manual = row("11......22.")
    found = row(".111111111.")
    matched = match_lesions(found, manual, SPACING)
    assert ids(matched.labels)[:5] == [0, 1, 1, 1, 1]
    assert ids(matched.labels)[6:] == [2, 2, 2, 2, 0]
    assert matched.table["kind"].tolist() == ["manual", "manual"]


def test_the_split_is_in_millimetres():
    manual, found = np.zeros((2, 6, 6, 1), dtype=int)
    manual[0, 0], manual[4, 4] = 1, 2
    found[:, 0], found[4, :] = 1, 1
    far_slices = match_lesions(found, manual, (10.0, 1.0, 1.0)).labels
    near_slices = match_lesions(found, manual, (0.1, 1.0, 1.0)).labels
    # Voxel (3, 0) is 3 slices from lesion 1, and one slice and 4 pixels from lesion 2.
    assert int(far_slices[3, 0, 0]) == 2
    assert int(near_slices[3, 0, 0]) == 1


def test_components_that_touch_nothing_are_false_positives_by_falling_volume():
    matched = match_lesions(row("1.1.111.11."), row("3.........."), SPACING)
    assert ids(matched.labels) == [3, 0, 1003, 0, 1001, 1001, 1001, 0, 1002, 1002, 0]
    assert matched.table["lesion_id"].tolist() == [3, 1001, 1002, 1003]
    assert matched.table["kind"].tolist() == ["manual"] + ["false_positive"] * 3
    assert matched.table["detected"].isna().tolist() == [False, True, True, True]


def test_several_components_may_be_one_lesion():
    matched = match_lesions(row("1.1...."), row("111...."), SPACING)
    lesion = matched.table.iloc[0]
    assert lesion["recall"] == pytest.approx(2 / 3)
    assert lesion["precision"] == 1
    assert len(matched.table) == 1


def test_lesions_that_touch_and_are_drawn_as_two_stay_two():
    manual, drawn = row("11......."), row(".22333...")
    matched = match_lesions(drawn, manual, SPACING)
    assert ids(matched.labels) == [0, 1, 1, 1001, 1001, 1001, 0, 0, 0]
    assert matched.table["kind"].tolist() == ["manual", "false_positive"]
    as_one = match_lesions(drawn > 0, manual, SPACING)
    assert ids(as_one.labels) == [0, 1, 1, 1, 1, 1, 0, 0, 0]


def test_pieces_of_one_label_are_matched_one_by_one_and_labels_say_nothing_of_the_reference():
    matched = match_lesions(row("5.5..77"), row("1.....2"), SPACING)
    assert ids(matched.labels) == [1, 0, 1001, 0, 0, 2, 2]


@pytest.mark.parametrize("seed", range(5))
def test_a_binary_mask_is_one_label_whatever_its_value_and_type(seed):
    random = np.random.default_rng(seed)
    found = random.random((5, 16, 16)) > 0.8
    manual = np.where(random.random(found.shape) > 0.95, random.integers(1, 4, found.shape), 0)
    binary = match_lesions(found, manual, SPACING)
    for drawn in (found.astype(np.uint8), found.astype(np.uint16) * 300, found.astype(np.float32)):
        matched = match_lesions(drawn, manual, SPACING)
        assert (matched.labels == binary.labels).all()
        pd.testing.assert_frame_equal(matched.table, binary.table)


@pytest.mark.parametrize("seed", range(3))
def test_components_are_those_of_every_label_by_itself(seed):
    labels = np.random.default_rng(seed).integers(0, 4, (4, 9, 9))
    components, count = components_of(labels)
    assert sorted(np.unique(components)) == list(range(count + 1))
    for label in (1, 2, 3):
        pieces, number = ndimage.label(labels == label, np.ones((3, 3, 3)))
        pairs = np.unique(np.stack([pieces, components])[:, labels == label], axis=1)
        assert pairs.shape[1] == number  # one to one


def test_a_missed_lesion_keeps_its_row():
    lesion = match_lesions(row("......."), row("11....."), SPACING).table.iloc[0]
    assert (lesion["dice"], lesion["recall"], lesion["detected"]) == (0, 0, 0)
    assert np.isnan(lesion["precision"])
    assert lesion["volume_ml"] == pytest.approx(2 * 2 / 1000)


def test_detection_is_above_the_threshold_not_at_it():
    manual, found = row("1111....."), row("...111111")  # Dice 2 · 1 / 10
    assert match_lesions(found, manual, SPACING, detection_dice=0.2).table["detected"].item() == 0
    assert match_lesions(found, manual, SPACING, detection_dice=0.19).table["detected"].item() == 1


def test_without_a_manual_mask_nothing_is_called_false():
    matched = match_lesions(row(".11.1"), None, SPACING)
    assert matched.table["kind"].tolist() == ["automatic", "automatic"]
    assert matched.table["lesion_id"].tolist() == [1001, 1002]


def test_ids_of_unmatched_components_never_meet_manual_ones():
    assert match_lesions(row("11..1"), row("9....") * 500, SPACING).table["lesion_id"].tolist() == [4500, 4501]


def test_empty_masks_give_an_empty_table():
    matched = match_lesions(row("....."), row("....."), SPACING)
    assert matched.table.empty
    assert "hd95_mm" in matched.table.columns


@pytest.mark.parametrize("seed", range(5))
def test_every_voxel_of_the_mask_is_kept_and_counted_once(seed):
    random = np.random.default_rng(seed)
    found = random.random((6, 20, 20)) > 0.8
    manual = np.where(random.random((6, 20, 20)) > 0.97, random.integers(1, 4, (6, 20, 20)), 0)
    matched = match_lesions(found, manual, SPACING)
    assert ((matched.labels > 0) == found).all()
    assert matched.table["volume_automatic_ml"].sum() == pytest.approx(found.sum() * 2 / 1000)
    inside = found & (manual > 0)
    assert (matched.labels[inside] == manual[inside]).all()
