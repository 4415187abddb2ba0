"""Which slices are shown, how much of them, and that the contours lie where the masks are."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from livermets.figures.overlay import slices_figure
from livermets.figures.slices import (
    Pane,
    largest_slice,
    largest_slices,
    slices_at,
    slices_through_lesions,
    spread_slices,
    square_around,
)
from livermets.figures.style import CONTOUR_LOOK
from livermets.figures.window import LIVER, window_of
from livermets.figures.writing import png_bytes


def _mask(areas: list[int]) -> np.ndarray:
    """A mask with this many voxels on each slice."""
    mask = np.zeros((len(areas), 4, 5), bool)
    for z, area in enumerate(areas):
        mask[z].flat[:area] = True
    return mask


def test_the_largest_slices_are_shown_from_bottom_to_top():
    mask = _mask([1, 9, 3, 0, 7])
    assert largest_slice(mask) == 1
    assert largest_slices(mask, 2) == [1, 4]
    assert largest_slice(np.moveaxis(mask, 0, 1), axis=1) == 1


@pytest.mark.parametrize(
    "areas,shown",
    [([0, 2, 3, 1, 5, 4, 0], [2, 4]), ([0, 0, 2, 0], [2]), ([0, 0, 0, 0], [2]), ([1, 0, 0, 0, 1], [0, 4])],
)
def test_slices_are_spread_over_the_mask(areas, shown):
    assert spread_slices(_mask(areas), 2) == shown


def test_the_largest_lesions_are_shown_at_their_largest_slice():
    lesions = np.zeros((6, 4, 4), np.uint16)
    lesions[0, :2, :2], lesions[1, :3, :3] = 1, 1
    lesions[5, 0, 0] = 2
    lesions[3:5, 2:, 2:], lesions[4, 1, 2] = 7, 7
    boxes = {1: np.s_[0:2, 0:3, 0:3], 2: np.s_[5:6, 0:1, 0:1], 7: np.s_[3:5, 1:4, 2:4]}
    assert slices_through_lesions(lesions, boxes, 2) == [1, 4]


def test_shares_of_the_way_are_of_the_mask_or_of_the_scan():
    mask = _mask([0, 1, 1, 1, 1, 1, 0, 0])
    assert slices_at((0.0, 0.5, 1.0), mask, 8) == [1, 3, 5]
    assert slices_at((0.0, 1.0), None, 8) == slices_at((0.0, 1.0), np.zeros_like(mask), 8) == [0, 7]


def test_a_square_is_wide_enough_and_stays_in_the_slice():
    mask = np.zeros((300, 200), bool)
    mask[100:110, 5:10] = True
    rows, columns = square_around(mask, (0.5, 1.0))
    assert (rows.start, rows.stop) == (34, 175)  # 70 mm around the middle
    assert (columns.start, columns.stop) == (0, 43)


def test_windows_are_told_by_level_and_width():
    assert LIVER.limits == (-60.0, 200.0)
    assert window_of(np.linspace(0, 1, 10001)).limits == pytest.approx((-0.49, 1.49))


def test_contours_lie_around_the_masks_and_only_what_is_drawn_is_named():
    masks = {name: np.zeros((40, 40), bool) for name in CONTOUR_LOOK}
    for name, place in zip(masks, (np.s_[5:15, 5:15], np.s_[5:15, 25:35], np.s_[25:35, 5:15]), strict=True):
        masks[name][place] = True
    panes = [Pane("one", np.full((40, 40), -1000), (1.0, 1.0), masks), Pane("two", np.zeros((40, 40)), (2.0, 1.0))]
    drawn = slices_figure(panes, 2, (50, 50), title="both", legend=True)
    assert [text.get_text() for text in drawn.legends[0].get_texts()] == list(CONTOUR_LOOK)
    assert [axes.get_title() for axes in drawn.axes] == ["one", "two"]
    one, two = drawn.axes
    assert one.get_xlim() == (0, 40)
    assert two.get_ylim() == (80, 0)  # millimetres, the front on top
    middles = [np.mean(lines.get_paths()[0].vertices, axis=0) for lines in one.collections]
    assert np.allclose(middles, [(10, 10), (30, 10), (10, 30)], atol=0.7)
    bare = slices_figure([panes[1]], 1, (50, 50), legend=True)
    assert not bare.legends


def test_lesions_are_numbered_where_they_are():
    lesions = np.zeros((40, 40), np.uint16)
    lesions[5:15, 5:15], lesions[25:35, 20:30] = 3, 12
    drawn = slices_figure([Pane("", np.zeros((40, 40)), (1.0, 1.0), {}, lesions)], 1, (50, 50), legend=True)
    texts = {text.get_text(): text.get_position() for text in drawn.axes[0].texts}
    assert texts == {"3": (10.0, 10.0), "12": (25.0, 30.0)}
    assert [text.get_text() for text in drawn.legends[0].get_texts()] == ["manual"]
    pixels = np.asarray(Image.open(io.BytesIO(png_bytes(drawn))).convert("RGB")).astype(int)
    assert ((pixels[..., 2] > 180) & (pixels[..., 0] < 130)).sum() > 50
