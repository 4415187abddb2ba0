"""Pictures of segmentation for the report: Dice by size, and a training's curves."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from livermets.figures.style import BLUE, GREY, SERIES, figure

_MOST_POINTS = 400
_MOST_GROUPS = 8


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


def _box(axes, dice: np.ndarray, place: float) -> None:  # type: ignore[no-untyped-def]
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
        medianprops={"color": "black", "linewidth": 1.6},
        flierprops={"marker": ".", "markersize": 2, "markeredgecolor": GREY, "rasterized": True},
    )
    if len(dice) <= _MOST_POINTS:
        # Spread sideways by rank, not at random: the same picture every time.
        offsets = 0.16 * np.sin(2.4 * np.arange(len(dice)))
        axes.scatter(place + offsets, np.sort(dice), s=8, color=GREY, alpha=0.6, linewidths=0, zorder=3)


def curves_by_epoch(log: pd.DataFrame) -> Figure:
    """Every numeric column of a training log over epochs: losses left, overlaps (0 to 1) right."""
    epoch = log["epoch"] if "epoch" in log else pd.Series(np.arange(1, len(log) + 1))
    numeric = [c for c in log.select_dtypes("number").columns if c != "epoch" and log[c].notna().any()]
    losses = [c for c in numeric if "loss" in c]
    overlaps = [c for c in numeric if "dice" in c]
    with figure(140, 80) as (drawn, axes):
        other = axes.twinx() if overlaps else None
        lines = []
        for column, (colour, style, _) in zip([*losses, *overlaps], SERIES, strict=False):
            target = other if column in overlaps and other is not None else axes
            lines += target.plot(epoch, log[column], color=colour, linestyle=style, label=column.replace("_", " "))
        axes.set(xlabel="Epoch", ylabel="Loss")
        if other is not None:
            other.set(ylabel="Dice", ylim=(0, 1))
            other.spines["right"].set_visible(True)
            other.grid(visible=False)
        drawn.legend(handles=lines, loc="outside upper center", ncols=min(len(lines), 3))
    return drawn
