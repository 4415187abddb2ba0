"""Pictures of manual against automatic masks: which lesions are classified alike."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from livermets.concordance.agreement_figure import agreement_over_dice
from livermets.concordance.continuous_figures import continuous_figures
from livermets.concordance.result import ConcordanceResult
from livermets.concordance.strata import TOO_FEW, quoted_interval
from livermets.config.statistics import StatisticsSettings
from livermets.figures.curves import calibration_figure, decision_figure, roc_figure
from livermets.figures.style import BLACK, BLUE, GREY, VERMILION, figure
from livermets.masks.lesion_table import NO_CLASS, OTHER, SAME, dice_of


def concordance_figures(result: ConcordanceResult, settings: StatisticsSettings) -> dict[str, Figure]:
    """Every figure that the tables allow, by the name of the table that holds its data."""
    lesions = result.lesions[result.lesions["headline"]]
    figures = {"lesions": dice_against_diameter(lesions, settings), "strata": strata_heat(result.strata)}
    figures |= continuous_figures(vars(result))
    if len(result.agreement_curve):
        figures["agreement_curve"] = agreement_over_dice(result.agreement_curve, lesions, settings)
    if len(result.roc):
        figures["roc"] = roc_figure(result.roc, result.diagnostics)
    if len(result.calibration):
        figures["calibration"] = calibration_figure(result.calibration)
        figures["decision"] = decision_figure(result.decision)
    return figures


def dice_against_diameter(lesions: pd.DataFrame, settings: StatisticsSettings) -> Figure:
    """Every lesion that has both by longest diameter and Dice, marked by its fate; lines = cuts. The legend counts what
    is drawn. An undetected lesion without a Dice has Dice 0."""
    lesions = lesions.assign(dice=dice_of(lesions)).dropna(subset=["dice", "longest_diameter_mm"])
    looks = (
        ("same", lesions["fate"] == SAME, "o", BLUE, BLUE),
        ("other", lesions["fate"] == OTHER, "^", VERMILION, "none"),
        ("none with at least one mask", lesions["fate"] == NO_CLASS, "x", GREY, GREY),
    )
    with figure(130, 95) as (drawn, axes):
        for cut in settings.dice_cuts:
            axes.axhline(cut, color=GREY, linewidth=0.6, linestyle=":")
        for cut_mm in settings.diameter_cuts_mm:
            axes.axvline(cut_mm, color=GREY, linewidth=0.6, linestyle=":")
        for name, chosen, marker, edge, face in looks:
            part = lesions[chosen]
            if len(part):
                label = f"{name} ({len(part)})"
                colours: dict[str, Any] = {"c": edge} if marker == "x" else {"edgecolors": edge, "facecolors": face}
                axes.scatter(part["longest_diameter_mm"], part["dice"], marker=marker, s=32,
                             linewidths=1.2, alpha=0.85, label=label, clip_on=False, zorder=3, **colours)  # fmt: skip
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


def strata_heat(strata: pd.DataFrame) -> Figure:
    """Agreement in every Dice x diameter stratum, with counts and interval, and how many lesions have no class; hatched
    where too few to say."""
    cells = strata.dropna(subset=["dice_low"])
    dice = sorted(set(zip(cells["dice_low"], cells["dice_high"], strict=True)))
    diameter = sorted(set(zip(cells["diameter_low_mm"], cells["diameter_high_mm"], strict=True)))
    with figure(45 + 32 * len(diameter), 25 + 17 * len(dice)) as (drawn, axes):
        colours = matplotlib.colormaps["cividis"]
        for cell in cells.to_dict("records"):
            x = diameter.index((cell["diameter_low_mm"], cell["diameter_high_mm"]))
            y = dice.index((cell["dice_low"], cell["dice_high"]))
            few = cell["statement"] == TOO_FEW
            face = "#F2F2F2" if few else colours(cell["value"])
            edge = "#BBBBBB" if few else "white"
            axes.add_patch(Rectangle((x, y), 1, 1, facecolor=face, edgecolor=edge, hatch="////" if few else None))
            ink = BLACK if few or cell["value"] > 0.55 else "white"
            axes.text(x + 0.5, y + 0.5, _cell_text(cell, few), ha="center", va="center", fontsize=8, color=ink,
                      bbox={"facecolor": face, "edgecolor": "none", "pad": 1.5})  # fmt: skip
        axes.set(xlim=(0, len(diameter)), ylim=(0, len(dice)), xlabel="Longest diameter (mm)", ylabel="Dice")
        axes.set_xticks(np.arange(len(diameter)) + 0.5, [_diameter_label(*bounds) for bounds in diameter])
        axes.set_yticks(np.arange(len(dice)) + 0.5, [f"{low:g} to {high:g}" for low, high in dice])
        axes.tick_params(length=0)
        axes.grid(False)
    return drawn


def _cell_text(cell: Mapping[Hashable, Any], few: bool) -> str:
    if cell["n_lesions"] == 0:
        return "no lesion"
    none = f"{cell['no_class']} without class"
    if cell["n"] == 0:
        return f"0 compared\n{none}"
    low, high = quoted_interval(cell)
    lines = [f"{cell['agree']}/{cell['n']}", TOO_FEW if few else f"{low:.2f} to {high:.2f}"]
    return "\n".join([*lines, none] if cell["no_class"] else lines)


def _diameter_label(low: float, high: float) -> str:
    if math.isinf(high):
        return f"{low:g} and more"
    return f"below {high:g}" if low == 0 else f"{low:g} to below {high:g}"
