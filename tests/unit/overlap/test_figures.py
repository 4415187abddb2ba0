"""The picture of Dice by size: a box for every size of every group, and how many lesions each has."""

from __future__ import annotations

import pandas as pd
import pytest

from livermets.overlap.figures import dice_by_size, learning_curve_figure


def lesions(groups: int) -> pd.DataFrame:
    """Five lesions per group, of 5, 10, 15, 20 and 25 mm."""
    one = pd.DataFrame({"longest_diameter_mm": [5.0, 10, 15, 20, 25], "dice": [0.1, 0.2, 0.3, 0.4, 0.5]})
    return pd.concat([one.assign(network=f"n{number}") for number in range(groups)], ignore_index=True)


def labels(drawn) -> list[list[str]]:
    return [[text.get_text() for text in axes.get_xticklabels()] for axes in drawn.axes]


@pytest.mark.parametrize(
    "cuts_mm, names",
    [
        ([], ["all sizes\nn = 5"]),
        ([20], ["< 20 mm\nn = 3", "≥ 20 mm\nn = 2"]),
        ([10, 20], ["< 10 mm\nn = 1", "10–20 mm\nn = 2", "≥ 20 mm\nn = 2"]),
    ],
)
def test_every_group_has_a_box_for_every_size(cuts_mm, names):
    (of_row,) = labels(dice_by_size(lesions(2), cuts_mm, by="network"))
    assert of_row == names * 2


def test_many_boxes_stand_in_several_rows_of_one_width():
    drawn = dice_by_size(lesions(7), [10, 20], by="network")
    assert [len(row) for row in labels(drawn)] == [12, 9]
    assert drawn.axes[0].get_xlim() == drawn.axes[1].get_xlim()
    assert [text.get_text() for axes in drawn.axes for text in axes.texts] == [f"n{number}" for number in range(7)]
    assert [len(row) for row in labels(dice_by_size(lesions(7), [20], by="network"))] == [14]


def test_a_learning_curve_has_a_line_for_every_size():
    sizes = ["all", "< 10 mm", "10–20 mm", "20–30 mm", "≥ 30 mm"]
    rows = [
        {"curve": "a", "cohort": "c", "timepoint": "baseline", "size": size, "measure": measure, "value": 0.5,
         "low": 0.4, "high": 0.6, "n_training_patients": patients}
        for size in sizes
        for measure in ("dice", "detection")
        for patients in (2.0, 4.0)
    ]  # fmt: skip
    dice, _ = learning_curve_figure(pd.DataFrame(rows)).axes
    assert [text.get_text() for text in dice.get_legend().get_texts()] == sizes
    at_two = sorted(container.lines[0].get_xdata()[0] for container in dice.containers)
    assert at_two == pytest.approx([2 - 0.096, 2 - 0.048, 2, 2 + 0.048, 2 + 0.096])
