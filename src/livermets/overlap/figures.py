"""Pictures of masks of networks: Dice by size, and quality by the number of training patients."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from livermets.figures.style import BLACK, BLUE, GREY, SERIES, Look, figure, panels
from livermets.overlap.learning_curve import MEASURES, shown_places

_MOST_POINTS = 400
_MOST_GROUPS = 8
_SPREAD = 0.012


def dice_by_size(lesions: pd.DataFrame, small_below_mm: float, by: str = "cohort") -> Figure:
    """Dice of small and big lesions, one pair of boxes per cohort (or network); single lesions too where they are
    few."""
    sized = lesions.dropna(subset=["dice", "longest_diameter_mm"])
    groups = list(dict.fromkeys(sized[by]))[:_MOST_GROUPS]
    small = sized["longest_diameter_mm"] < small_below_mm
    with figure(60 + 38 * max(len(groups), 1), 80) as (drawn, axes):
        ticks, names = [], []
        for index, group in enumerate(groups):
            of_group = sized[by] == group
            for offset, chosen, sign in ((0.0, of_group & small, "<"), (1.0, of_group & ~small, "≥")):
                dice = sized.loc[chosen, "dice"].to_numpy(float)
                place = 3.0 * index + offset
                _box(axes, dice, place)
                ticks.append(place)
                names.append(f"{sign} {small_below_mm:g} mm\nn = {len(dice)}")
            axes.text(3.0 * index + 0.5, 1.06, group, ha="center", fontweight="bold", fontsize=9)
        axes.set_xticks(ticks, names, fontsize=8)
        axes.set(ylabel="Dice", ylim=(-0.03, 1.03))
        axes.grid(visible=False, axis="x")
    return drawn


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
        _line(axes, of_size.sort_values("n_training_patients"), str(size), look, (number - 1) * _SPREAD * numbers[-1])


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
