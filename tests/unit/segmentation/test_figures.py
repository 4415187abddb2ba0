"""Curves of a training, and masks on slices, show what there is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from livermets.imaging.geometry import Grid, Volume
from livermets.segmentation.figures import example_panes, examples, masks_on_slices, training_curves
from livermets.segmentation.training_scan import TrainingScan

NAN = float("nan")


@pytest.mark.parametrize("kept", [2, None])
def test_curves_mark_the_epoch_whose_weights_were_kept(kept) -> None:
    log = pd.DataFrame({"epoch": [1, 2, 3], "training_loss": [3.0, 2, 1], "validation_loss": [3.0, 1, 2]})
    loss, dice = training_curves(log.assign(validation_dice=[0.1, 0.6, 0.5]), kept).axes
    marks = [] if kept is None else [kept, kept]
    assert [list(line.get_ydata()) for line in loss.lines[:2]] == [[3, 2, 1], [3, 1, 2]]
    assert [list(line.get_xdata()) for line in [*loss.lines[2:], *dice.lines[1:]]] == [[mark, mark] for mark in marks]
    assert dice.get_ylim() == (0, 1)


def test_epochs_without_a_validation_are_left_out_of_the_line() -> None:
    log = pd.DataFrame({"epoch": [1, 2, 3, 4], "training_loss": 1.0, "validation_dice": [NAN, 0.4, NAN, 0.6]})
    _, dice = training_curves(log, None).axes
    assert [list(xy) for xy in dice.lines[0].get_xydata()] == [[2, 0.4], [4, 0.6]]


def test_nothing_is_drawn_of_a_validation_that_there_was_not() -> None:
    log = pd.DataFrame({"epoch": [1, 2], "training_loss": [2.0, 1], "validation_loss": NAN, "validation_dice": NAN})
    loss, dice = training_curves(log, None).axes
    assert [line.get_label() for line in loss.lines] == ["training"]
    assert not dice.lines


def _legend(figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_slices_are_those_of_the_lesions_and_else_of_the_liver() -> None:
    image = Volume(np.zeros((9, 20, 20), np.int16), Grid((20, 20, 9), (1.0, 1.0, 3.0)))
    none, lesion, liver = (np.zeros(image.array.shape, np.uint8) for _ in range(3))
    lesion[4, 5:9, 5:9] = 1
    liver[2:4, 2:18, 2:18] = 1
    of_lesion = masks_on_slices(image, lesion, None, liver)
    assert [axes.get_title() for axes in of_lesion.axes] == ["slice 4"]
    assert _legend(of_lesion) == ["automatic", "liver"]
    assert [axes.get_title() for axes in masks_on_slices(image, none, lesion, liver).axes] == ["slice 4"]
    assert [axes.get_title() for axes in masks_on_slices(image, none, none, liver).axes] == ["slice 2", "slice 3"]
    assert [axes.get_title() for axes in masks_on_slices(image, none, None, None).axes] == ["slice 4"]


def test_examples_of_scans_of_several_sizes_share_one_window() -> None:
    panes = []
    for patient, size, grey in (("A", 16, 0.0), ("B", 24, 1.0)):
        shape = (3, size, size)
        target = np.zeros(shape, np.uint8)
        target[1, 4:8, 4:8], target[2, 4:7, 4:7] = 1, 1
        scan = TrainingScan("scan", patient, np.full(shape, grey, np.float32), target, np.ones(shape, np.uint8))
        panes += example_panes(scan, scan.target, target > 0)
    drawn = examples(panes)
    assert [axes.get_title() for axes in drawn.axes] == ["A, slice 1", "A, slice 2", "B, slice 1", "B, slice 2"]
    assert {axes.images[0].get_clim() for axes in drawn.axes} == {(-0.5, 1.5)}
    assert _legend(drawn) == ["manual", "automatic", "liver"]
