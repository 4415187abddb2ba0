"""Power and width of the interval against the number of patients."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from livermets.concordance.equivalence import AUC_DIFFERENCE
from livermets.figures.style import GREY, SERIES, panels

POWERS = (0.8, 0.9)


def power_curves(table: pd.DataFrame) -> Figure:
    """Left the power of the tests of equivalence with its interval for the number of simulated studies and lines at 80
    and 90 %, right half the width of the interval; one curve per measure."""
    with panels(2, 180, 80, common=False) as (drawn, (left, right)):
        for look, (measure, rows) in zip(SERIES, table.groupby("measure", sort=False, dropna=False), strict=False):
            label = "difference of the areas" if measure == AUC_DIFFERENCE else "agreement"
            style: Any = {"color": look.colour, "linestyle": look.line, "marker": look.marker, "label": label}
            left.plot(rows["n_patients"], rows["power"], **style)
            left.fill_between(rows["n_patients"], rows["power_low"], rows["power_high"], color=look.colour, alpha=0.2)
            right.plot(rows["n_patients"], rows["half_width"], **style)
        for power in POWERS:
            left.axhline(power, color=GREY, linestyle="--", linewidth=1)
        left.set(ylim=(0, 1.02), xlabel="Patients", ylabel="Power of the test of equivalence")
        right.set(xlabel="Patients", ylabel=f"Half-width of the {table['level'].iloc[0]:.0%} interval")
        right.set_ylim(bottom=0)
        left.legend(loc="lower right")
    return drawn
