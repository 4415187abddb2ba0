"""Agreement over Dice and diameter: counted in strata, and expected by the fitted models."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from livermets.concordance.agreement_model import modelled
from livermets.concordance.strata import TOO_FEW, quoted_interval
from livermets.config.statistics import StatisticsSettings
from livermets.figures.style import BLACK, BLUE, PALE, VERMILION, figure, panels


def strata_heat(strata: pd.DataFrame) -> Figure:
    """Agreement in every Dice x diameter stratum, with counts and interval, and how many lesions have no class; hatched
    where too few to say."""
    cells = strata.dropna(subset=["dice_low"])
    dice = sorted(set(zip(cells["dice_low"], cells["dice_high"], strict=True)))
    diameter = sorted(set(zip(cells["diameter_low_mm"], cells["diameter_high_mm"], strict=True)))
    with figure(45 + 32 * len(diameter), 25 + 17 * len(dice)) as (drawn, axes):
        for cell in cells.to_dict("records"):
            x = diameter.index((cell["diameter_low_mm"], cell["diameter_high_mm"]))
            y = dice.index((cell["dice_low"], cell["dice_high"]))
            _draw_cell(axes, cell, x, y)
        axes.set(xlim=(0, len(diameter)), ylim=(0, len(dice)), xlabel="Longest diameter (mm)", ylabel="Dice")
        axes.set_xticks(np.arange(len(diameter)) + 0.5, [_diameter_label(*bounds) for bounds in diameter])
        axes.set_yticks(np.arange(len(dice)) + 0.5, [f"{low:g} to {high:g}" for low, high in dice])
        axes.tick_params(length=0)
        axes.grid(False)
    return drawn


def _draw_cell(axes: Axes, cell: Mapping[Hashable, Any], x: int, y: int) -> None:
    few = cell["statement"] == TOO_FEW
    face = PALE if few else matplotlib.colormaps["cividis"](cell["value"])
    edge, hatch = ("#BBBBBB", "////") if few else ("white", None)
    axes.add_patch(Rectangle((x, y), 1, 1, facecolor=face, edgecolor=edge, hatch=hatch))
    ink = BLACK if few or cell["value"] > 0.55 else "white"
    behind = {"facecolor": face, "edgecolor": "none", "pad": 1.5}
    text = _cell_text(cell, few)
    axes.text(x + 0.5, y + 0.5, text, ha="center", va="center", fontsize=8, color=ink, bbox=behind)


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


def agreement_over_dice(curves: pd.DataFrame, lesions: pd.DataFrame, settings: StatisticsSettings) -> Figure:
    """Expected agreement over Dice, one panel for a small, a middle and a large diameter, one row per outcome.

    Band = interval, dotted line = target agreement, ticks = lesions of any diameter."""
    diameters = sorted(curves["longest_diameter_mm"].unique())
    shown = sorted({diameters[0], diameters[len(diameters) // 2], diameters[-1]})
    outcomes = list(dict.fromkeys(curves["outcome"]))
    places = [(outcome, diameter) for outcome in outcomes for diameter in shown]
    with panels(len(places), 165, 10 + 65 * len(outcomes), rows=len(outcomes)) as (drawn, all_axes):
        for (outcome, diameter), axes in zip(places, all_axes, strict=True):
            curve = curves[(curves["outcome"] == outcome) & (curves["longest_diameter_mm"] == diameter)]
            axes.fill_between(curve["dice"], curve["low"], curve["high"], color=BLUE, alpha=0.15, linewidth=0)
            axes.plot(curve["dice"], curve["value"], color=BLUE)
            axes.axhline(settings.target_agreement, color=BLACK, linewidth=0.8, linestyle=":")
            used = modelled(lesions, outcome)
            for value, height, colour in ((1, 1.04, BLUE), (0, -0.04, VERMILION)):
                dice = used.loc[used["agree"] == value, "dice"]
                axes.plot(dice, np.full(len(dice), height), "|", color=colour, markersize=6)
            axes.set(title=f"Lesion of {diameter:g} mm", xlim=(0, 1), ylim=(-0.08, 1.08), xticks=(0, 0.5, 1))
            if diameter == shown[0]:
                axes.set_ylabel(f"Expected: {outcome}")
        drawn.supxlabel("Dice, manual against automatic mask (ticks: lesions; above unchanged, below changed)", size=8)
    return drawn
