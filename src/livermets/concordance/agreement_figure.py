"""Expected agreement over Dice, from the fitted models."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from livermets.concordance.agreement_model import modelled
from livermets.config.statistics import StatisticsSettings
from livermets.figures.style import BLACK, BLUE, VERMILION, panels


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
