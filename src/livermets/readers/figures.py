"""Pictures of readers and networks: Dice of every pair beside what two readers reach, and differences with margins."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from livermets.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, PALE, PURPLE, VERMILION, Look, panels
from livermets.readers.ceiling import READER_PAIR
from livermets.readers.origins import SAME_READER
from livermets.readers.scan import STRUCTURES

_LOOKS = {
    READER_PAIR: Look(BLUE, marker="o"),
    SAME_READER: Look(PURPLE, marker="v"),
    "adjusted-adjusted": Look(GREEN, marker="^"),
    "reader-adjusted": Look(GREEN, marker="v"),
    "network-reader": Look(VERMILION, marker="s"),
    "network-adjusted": Look(ORANGE, marker="D"),
}
_OTHER = Look(BLACK, marker="X")
_WORDS = {"lesion": "each lesion", "scan": "all lesions of a scan", "liver": "liver"}
_ROW_MM = 7


def dice_by_pair(pairs: pd.DataFrame) -> Figure:
    """Mean Dice of every pair with its interval by patient (thick) and quartiles (thin), one panel per structure; the
    band is what pairs of readers who began from nothing reach, from their lowest to their highest interval limit."""
    dice = pairs[(pairs["measure"] == "dice") & (pairs["n"] > 0)]
    dice = dice[dice["cohort"] == dice["cohort"].iloc[0]] if len(dice) else dice
    return _by_structure(dice, _dice_panel, "Dice")


def differences(ceiling: pd.DataFrame) -> Figure:
    """Dice of a network with two readers (mean of both) minus that of the readers with each other, with intervals by
    patient; left of the dashed line a network is worse by more than the margin."""
    dice = ceiling[(ceiling["measure"] == "dice") & (ceiling["against"] == "both") & (ceiling["n"] > 0)]
    dice = dice[dice["cohort"] == dice["cohort"].iloc[0]] if len(dice) else dice
    return _by_structure(dice, _difference_panel, "difference in Dice")


def _by_structure(rows: pd.DataFrame, draw: Callable[[Axes, pd.DataFrame], None], label: str) -> Figure:
    structures = [name for name in STRUCTURES if name in set(rows["structure"])]
    longest = max((int((rows["structure"] == name).sum()) for name in structures), default=1)
    number = max(len(structures), 1)
    with panels(number, 30 + 75 * number, 32 + _ROW_MM * longest, common=False) as (figure, places):
        for axes, structure in zip(places, structures, strict=False):
            draw(axes, rows[rows["structure"] == structure])
            axes.set(title=_WORDS[structure], xlabel=label)
        if not structures:
            places[0].set_axis_off()
            places[0].text(0.5, 0.5, "nothing to compare", ha="center", va="center", transform=places[0].transAxes)
    return figure


def _dice_panel(axes: Axes, rows: pd.DataFrame) -> None:
    readers = rows[rows["kind"] == READER_PAIR]
    edges = readers[["mean", "mean_low", "mean_high"]].to_numpy(float)
    if np.isfinite(edges).any():
        axes.axvspan(np.nanmin(edges), np.nanmax(edges), color=BLUE, alpha=0.2, linewidth=0)
    for place, row in enumerate(rows.to_dict("records")):
        look = _LOOKS.get(str(row["kind"]), _OTHER)
        axes.plot([row["q1"], row["q3"]], [place, place], color=look.colour, linewidth=0.8)
        axes.plot([row["mean_low"], row["mean_high"]], [place, place], color=look.colour, linewidth=2.4)
        axes.plot(row["mean"], place, color=look.colour, marker=look.marker, linestyle="none")
    names = [f"{row['source_a']} – {row['source_b']}\nn = {row['n']}" for row in rows.to_dict("records")]
    _names(axes, names)
    axes.set_xlim(-0.03, 1.03)


def _difference_panel(axes: Axes, rows: pd.DataFrame) -> None:
    for margin in rows["margin"].dropna().unique():
        axes.axvline(-margin, color=GREY, linestyle="--", linewidth=1)
    axes.axvline(0, color=GREY, linewidth=1)
    for place, row in enumerate(rows.to_dict("records")):
        axes.plot([row["low"], row["high"]], [place, place], color=VERMILION, linewidth=2.4)
        axes.plot(row["difference"], place, color=VERMILION, marker="s", linestyle="none")
    names = [
        f"{row['mask_source']}: {row['source_a']} – {row['source_b']}\nn = {row['n']}, {row['verdict']}"
        for row in rows.to_dict("records")
    ]
    _names(axes, names)


def _names(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.set_facecolor("none" if names else PALE)
