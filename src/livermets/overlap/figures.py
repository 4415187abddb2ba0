"""Pictures of masks of networks: Dice by size, and quality by the number of training patients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from livermets.figures.style import BLACK, BLUE, GREY, SERIES, Look, panels
from livermets.masks.sizes import size_groups, size_labels
from livermets.overlap.learning_curve import MEASURES, shown_places

_MOST_POINTS = 400
_MOST_GROUPS, _MOST_BOXES_IN_A_ROW = 8, 16
_SPREAD = 0.012


def dice_by_size(lesions: pd.DataFrame, cuts_mm: Sequence[float], by: str = "cohort") -> Figure:
    """Dice of lesions by size (between cuts of the longest diameter), one set of boxes per cohort (or network), in as
    many rows as they need; single lesions too where they are few."""
    sized = lesions.dropna(subset=["dice", "longest_diameter_mm"])
    groups = list(dict.fromkeys(sized[by]))[:_MOST_GROUPS]
    boxes = max(len(size_labels(cuts_mm)), 1)
    rows = max(-(-len(groups) * boxes // _MOST_BOXES_IN_A_ROW), 1)
    in_a_row = max(-(-len(groups) // rows), 1)
    width_mm = 60 + max(19 * boxes, 38) * in_a_row
    with panels(rows, width_mm, 80 * rows, rows, common=False) as (drawn, places):
        for number, axes in enumerate(places):
            shown = groups[number * in_a_row : (number + 1) * in_a_row]
            _boxes(axes, {str(group): sized[sized[by] == group] for group in shown}, cuts_mm)
            if rows > 1:  # boxes as wide in a row with fewer groups
                axes.set_xlim(-0.75, (boxes + 1) * in_a_row - 1.25)
    return drawn


def _boxes(axes: Axes, groups: dict[str, pd.DataFrame], cuts_mm: Sequence[float]) -> None:
    """The boxes of a row: of every group one per size, or one of all its lesions without a cut."""
    ticks, names = [], []
    for index, (group, lesions) in enumerate(groups.items()):
        every, *by_size = size_groups(lesions, cuts_mm)
        parts = by_size or [every]
        first = float((len(parts) + 1) * index)
        for place, (size, part) in enumerate(parts):
            dice = part["dice"].to_numpy(float)
            _box(axes, dice, first + place)
            ticks.append(first + place)
            names.append(f"{size if by_size else 'all sizes'}\nn = {len(dice)}")
        axes.text(first + (len(parts) - 1) / 2, 1.06, group, ha="center", fontweight="bold", fontsize=9)
    axes.set_xticks(ticks, names, fontsize=8)
    axes.set(ylabel="Dice", ylim=(-0.03, 1.03))
    axes.grid(visible=False, axis="x")


def _box(axes: Axes, dice: np.ndarray, place: float) -> None:
    if len(dice) == 0:
        return
    line = {"color": BLUE, "linewidth": 1.2}
    axes.boxplot(
        dice,
        positions=[place],
        widths=0.5,
        showfliers=len(dice) > _MOST_POINTS,
        boxprops=line,
        whiskerprops=line,
        capprops=line,
        medianprops={"color": BLACK, "linewidth": 1.6},
        flierprops={"marker": ".", "markersize": 2, "markeredgecolor": GREY, "rasterized": True},
    )
    if len(dice) <= _MOST_POINTS:
        # Spread sideways by rank, not at random: the same picture every time.
        offsets = 0.16 * np.sin(2.4 * np.arange(len(dice)))
        axes.scatter(place + offsets, np.sort(dice), s=8, color=GREY, alpha=0.6, linewidths=0, zorder=3)


def learning_curve_figure(curve: pd.DataFrame) -> Figure:
    """Mean Dice and detection sensitivity of the networks of each recipe by their number of training patients, with
    intervals; a row per curve, cohort and timepoint, a line per size of lesions."""
    places = shown_places(curve)
    rows = max(len(places), 1)
    with panels(2 * rows, 170, 12 + 62 * rows, rows, common=False) as (drawn, axes):
        for index, (name, part) in enumerate(places.items()):
            for place, (measure, words) in zip(axes[2 * index : 2 * index + 2], MEASURES.items(), strict=True):
                _lines(place, part[part["measure"].eq(measure)])
                place.set(title=name, xlabel="Training patients", ylabel=words, ylim=(-0.03, 1.03))
        axes[0].legend(title="Longest diameter", loc="best")
    return drawn


def _lines(axes: Axes, part: pd.DataFrame) -> None:
    """One line per size, moved a little apart so that intervals at one number of patients are seen."""
    numbers = sorted(part["n_training_patients"].unique())
    axes.set_xticks(numbers, [f"{number:.3g}" for number in numbers])
    by_size = part.groupby("size", sort=False, dropna=False)
    for number, ((size, of_size), look) in enumerate(zip(by_size, SERIES, strict=False)):
        offset = (number - (by_size.ngroups - 1) / 2) * _SPREAD * numbers[-1]
        _line(axes, of_size.sort_values("n_training_patients"), str(size), look, offset)


def _line(axes: Axes, rows: pd.DataFrame, size: str, look: Look, offset: float) -> None:
    value = rows["value"].to_numpy(float)
    ends = np.stack([value - rows["low"].to_numpy(float), rows["high"].to_numpy(float) - value])
    axes.errorbar(
        rows["n_training_patients"].to_numpy(float) + offset,
        value,
        yerr=np.nan_to_num(ends.clip(min=0)),
        label=size,
        color=look.colour,
        linestyle=look.line,
        marker=look.marker,
        capsize=2,
        elinewidth=0.9,
    )
