"""Shares of R+ ROIs with the manual and with the automatic mask: the continuous answer behind the classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from livermets.concordance.figures.lesions import draw_by_class
from livermets.concordance.shares import ALL_SIZES
from livermets.figures.style import BLACK, GREY, figure, panels


def difference_over_dice(differences: pd.DataFrame, by_dice: pd.DataFrame) -> Figure:
    """|difference of shares| of every lesion over its Dice, a panel per size; bars: median of the lesions between two
    cuts of Dice, with their number."""
    sizes = [size for size in dict.fromkeys(by_dice["size"]) if size != ALL_SIZES] or [ALL_SIZES]
    with panels(len(sizes), 165, 85) as (drawn, all_axes):
        for size, axes in zip(sizes, all_axes, strict=True):
            own = differences if size == ALL_SIZES else differences[differences["size"] == size]
            draw_by_class(axes, own, "dice", "absolute_difference")
            _draw_medians(axes, by_dice[by_dice["size"] == size])
            for cut in sorted(set(by_dice["dice_low"]) - {0.0}):
                axes.axvline(cut, color=GREY, linewidth=0.6, linestyle=":")
            axes.set(xlim=(0, 1), ylim=(0, 1), xticks=(0, 0.5, 1))
            axes.set_title(size, pad=16)
            axes.grid(False)
        all_axes[0].set_ylabel("|share automatic - share manual|")
        drawn.supxlabel("Dice, manual against automatic mask (bar: median between two cuts)", size=8)
        handles, labels = all_axes[0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside upper center", ncols=2)
    return drawn


def bland_altman(differences: pd.DataFrame, agreement: pd.DataFrame) -> Figure:
    """Difference of the shares over their mean, bias and 95 % limits, each with the wider of its intervals.

    Outside the grey diamond no difference is possible, since shares lie between 0 and 1."""
    with figure(130, 95) as (drawn, axes):
        axes.plot([0, 0.5, 1, 0.5, 0], [0, 1, 0, -1, 0], color=GREY, linewidth=0.8, linestyle=":", label="possible")
        for measure, line in (("bias", "-"), ("lower_limit", "--"), ("upper_limit", "--")):
            _draw_limit(axes, agreement[agreement["measure"] == measure], line)
        draw_by_class(axes, differences, "mean_share", "difference")
        axes.set(xlabel="Mean of the two shares of R+ ROIs", ylabel="Share automatic - share manual", xlim=(0, 1.14))
        axes.set_ylim(-1.05, 1.05)
        axes.set_xticks(np.linspace(0, 1, 6))
        axes.grid(False)
        drawn.legend(loc="outside upper center", ncols=3)
    return drawn


def _draw_medians(axes: Axes, strata: pd.DataFrame) -> None:
    columns = ["median", "dice_low", "dice_high", "n_lesions"]
    for median, low, high, n in strata.loc[strata["n_lesions"] > 0, columns].to_numpy(float):
        axes.hlines(median, low, high, color=BLACK, linewidth=2, zorder=4)
        axes.text((low + high) / 2, 1.02, f"n={n:.0f}", ha="center", va="bottom", fontsize=7)


def _draw_limit(axes: Axes, rows: pd.DataFrame, line: str) -> None:
    """Bias or a limit of agreement across the figure, with the wider of its intervals at the right."""
    value, (lows, highs) = float(rows["value"].iloc[0]), rows[["low", "high"]].to_numpy(float).T
    axes.hlines(value, 0, 1, color=BLACK, linewidth=1.2, linestyle=line)
    if np.isfinite(highs - lows).any():
        widest = int(np.nanargmax(highs - lows))
        low, high = lows[widest], highs[widest]
        axes.errorbar(1.04, value, yerr=[[value - low], [high - value]], color=BLACK, capsize=3, elinewidth=1)
    axes.text(1.06, value, f"{value:.2f}", va="center", fontsize=8)
