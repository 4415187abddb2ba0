"""Single lesions as points, marked by what the change of masks does to their class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from livermets.config.statistics import StatisticsSettings
from livermets.figures.style import BLUE, GREY, VERMILION, figure
from livermets.masks.lesion_table import NO_CLASS, OTHER, SAME, dice_of


@dataclass(frozen=True)
class Points:
    """How the lesions of one fate are drawn; an unfilled marker is told from a filled one in any colour."""

    marker: str
    colour: str
    filled: bool = True

    def draw(self, axes: Axes, lesions: pd.DataFrame, x: str, y: str, label: str, size: float = 28) -> None:
        """One point per lesion, at two columns of their table."""
        colours: dict[str, Any] = {"c": self.colour}
        if self.marker != "x":
            colours = {"edgecolors": self.colour, "facecolors": self.colour if self.filled else "none"}
        axes.scatter(
            lesions[x],
            lesions[y],
            s=size,
            marker=self.marker,
            linewidths=1.2,
            alpha=0.85,
            label=label,
            clip_on=False,
            zorder=3,
            **colours,
        )


SAME_CLASS = Points("o", BLUE)
OTHER_CLASS = Points("^", VERMILION, filled=False)
WITHOUT_CLASS = Points("x", GREY)


def draw_by_class(axes: Axes, lesions: pd.DataFrame, x: str, y: str) -> None:
    """Lesions that both masks classify, by whether the classes are the same (column ``agree``)."""
    for name, value, points in (("same class", 1, SAME_CLASS), ("other class", 0, OTHER_CLASS)):
        points.draw(axes, lesions[lesions["agree"] == value], x, y, name)


def dice_against_diameter(lesions: pd.DataFrame, settings: StatisticsSettings) -> Figure:
    """Every lesion that has both by longest diameter and Dice, marked by its fate; lines = cuts. The legend counts what
    is drawn. An undetected lesion without a Dice has Dice 0."""
    lesions = lesions.assign(dice=dice_of(lesions)).dropna(subset=["dice", "longest_diameter_mm"])
    fates = (
        ("same", SAME, SAME_CLASS),
        ("other", OTHER, OTHER_CLASS),
        ("none with at least one mask", NO_CLASS, WITHOUT_CLASS),
    )
    with figure(130, 95) as (drawn, axes):
        for cut in settings.dice_cuts:
            axes.axhline(cut, color=GREY, linewidth=0.6, linestyle=":")
        for cut_mm in settings.diameter_cuts_mm:
            axes.axvline(cut_mm, color=GREY, linewidth=0.6, linestyle=":")
        for name, fate, points in fates:
            part = lesions[lesions["fate"] == fate]
            if len(part):
                points.draw(axes, part, "longest_diameter_mm", "dice", f"{name} ({len(part)})", size=32)
        axes.set(xlabel="Longest diameter (mm)", ylabel="Dice, manual against automatic mask", ylim=(0, 1))
        axes.set_xlim(left=0)
        axes.grid(False)
        drawn.legend(
            loc="outside upper center",
            ncols=3,
            title="class when the automatic mask replaces the manual one",
            title_fontsize=8,
        )
    return drawn
