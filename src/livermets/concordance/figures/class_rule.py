"""What the agreement owes to the rule that makes a class of a lesion: the threshold, and the fewest ROIs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from livermets.figures.style import BLACK, SERIES, figure

_MEASURES = {
    "agreement": ("same class, of lesions that both masks classify", SERIES[0]),
    "kept": ("same class, of all that the reader's mask classifies", SERIES[1]),
}


def agreement_over_thresholds(curve: pd.DataFrame) -> Figure:
    """Agreement over thresholds of the share, with pointwise intervals; the fitted threshold is the vertical line."""
    with figure(130, 90) as (drawn, axes):
        for measure, (label, look) in _MEASURES.items():
            own = curve[curve["measure"] == measure]
            axes.plot(own["threshold"], own["value"], color=look.colour, linestyle=look.line, label=label)
            axes.fill_between(own["threshold"], own["low"], own["high"], color=look.colour, alpha=0.12, linewidth=0)
        fitted = float(curve.loc[curve["fitted"] == 1, "threshold"].iloc[0])
        axes.axvline(fitted, color=BLACK, linewidth=1)
        axes.text(fitted + 0.01, 0.02, f"fitted: {fitted:.3f}", fontsize=8)
        axes.set(xlabel="Threshold of the share of R+ ROIs", ylabel="Same class", xlim=(0, 1), ylim=(0, 1.03))
        drawn.legend(loc="outside upper center", ncols=1)
    return drawn


def agreement_over_rois(minimum: pd.DataFrame) -> Figure:
    """Agreement if a class needed at least so many ROIs, with intervals and the lesions behind each point."""
    numbers = sorted(minimum["minimum_rois"].unique())
    with figure(130, 90) as (drawn, axes):
        for shift, (measure, (label, look)) in zip((-0.08, 0.08), _MEASURES.items(), strict=True):
            own = minimum[minimum["measure"] == measure].sort_values("minimum_rois")
            at, value = np.arange(len(own)) + shift, own["value"].to_numpy(float)
            reach = np.abs(np.vstack([value - own["low"], own["high"] - value]))
            axes.errorbar(
                at,
                value,
                yerr=reach,
                label=label,
                color=look.colour,
                linestyle=look.line,
                marker=look.marker,
                capsize=2,
            )
            _counts(axes, at, own, look.colour, 0.08 if measure == "agreement" else 0.02)
        axes.set_xticks(range(len(numbers)), [f"{number:g}" for number in numbers])
        axes.set(xlabel="Fewest ROIs for a class (below: lesions behind each point)", ylabel="Same class")
        axes.set_ylim(0, 1.03)
        drawn.legend(loc="outside upper center", ncols=1)
    return drawn


def _counts(axes: Axes, at: np.ndarray, own: pd.DataFrame, colour: str, height: float) -> None:
    for x, n in zip(at, own["n"], strict=True):
        axes.text(x, height, f"{n:g}", ha="center", fontsize=7, color=colour)
