"""Pictures of the continuous answer and of what the agreement owes to threshold and ROIs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from livermets.concordance.shares import ALL_SIZES
from livermets.figures.style import BLACK, BLUE, GREY, VERMILION, figure, panels

_LOOKS = (("same class", 1, "o", BLUE, BLUE), ("other class", 0, "^", VERMILION, "none"))
_MEASURES = {
    "agreement": ("same class, of lesions that both masks classify", BLUE, "-", "o"),
    "kept": ("same class, of all that the reader's mask classifies", VERMILION, "--", "s"),
}


def continuous_figures(tables: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """Every figure that the tables allow, by the name of the table that holds its data."""
    figures = {}
    if len(tables["share_differences"]):
        figures["share_differences"] = difference_over_dice(tables["share_differences"], tables["share_by_dice"])
    if len(tables["share_agreement"]):
        figures["share_agreement"] = bland_altman(tables["share_differences"], tables["share_agreement"])
    if len(tables["threshold_curve"]):
        figures["threshold_curve"] = agreement_over_thresholds(tables["threshold_curve"])
    if len(tables["minimum_rois"]):
        figures["minimum_rois"] = agreement_over_rois(tables["minimum_rois"])
    return figures


def difference_over_dice(differences: pd.DataFrame, by_dice: pd.DataFrame) -> Figure:
    """|difference of shares| of every lesion over its Dice, a panel per size; bars: median of the lesions between two
    cuts of Dice, with their number."""
    sizes = [size for size in dict.fromkeys(by_dice["size"]) if size != ALL_SIZES] or [ALL_SIZES]
    with panels(len(sizes), 165, 85) as (drawn, all_axes):
        for size, axes in zip(sizes, all_axes, strict=True):
            own = differences if size == ALL_SIZES else differences[differences["size"] == size]
            for name, value, marker, edge, face in _LOOKS:
                part = own[own["agree"] == value]
                axes.scatter(part["dice"], part["absolute_difference"], marker=marker, s=28, linewidths=1.2, alpha=0.85,
                             edgecolors=edge, facecolors=face, label=name, clip_on=False, zorder=3)  # fmt: skip
            for stratum in by_dice[(by_dice["size"] == size) & (by_dice["n_lesions"] > 0)].itertuples():
                axes.hlines(stratum.median, stratum.dice_low, stratum.dice_high, color=BLACK, linewidth=2, zorder=4)
                middle = (stratum.dice_low + stratum.dice_high) / 2
                axes.text(middle, 1.02, f"n={stratum.n_lesions}", ha="center", va="bottom", fontsize=7)
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
            rows = agreement[agreement["measure"] == measure]
            value, (lows, highs) = float(rows["value"].iloc[0]), rows[["low", "high"]].to_numpy(float).T
            axes.hlines(value, 0, 1, color=BLACK, linewidth=1.2, linestyle=line)
            if np.isfinite(highs - lows).any():
                widest = int(np.nanargmax(highs - lows))
                low, high = lows[widest], highs[widest]
                axes.errorbar(1.04, value, yerr=[[value - low], [high - value]], color=BLACK, capsize=3, elinewidth=1)
            axes.text(1.06, value, f"{value:.2f}", va="center", fontsize=8)
        for name, value, marker, edge, face in _LOOKS:
            part = differences[differences["agree"] == value]
            axes.scatter(part["mean_share"], part["difference"], marker=marker, s=28, linewidths=1.2, alpha=0.85,
                         edgecolors=edge, facecolors=face, label=name, zorder=3)  # fmt: skip
        axes.set(xlabel="Mean of the two shares of R+ ROIs", ylabel="Share automatic - share manual", xlim=(0, 1.14))
        axes.set_ylim(-1.05, 1.05)
        axes.set_xticks(np.linspace(0, 1, 6))
        axes.grid(False)
        drawn.legend(loc="outside upper center", ncols=3)
    return drawn


def agreement_over_thresholds(curve: pd.DataFrame) -> Figure:
    """Agreement over thresholds of the share, with pointwise intervals; the fitted threshold is the vertical line."""
    with figure(130, 90) as (drawn, axes):
        for measure, (label, colour, line, _) in _MEASURES.items():
            own = curve[curve["measure"] == measure]
            axes.plot(own["threshold"], own["value"], color=colour, linestyle=line, label=label)
            axes.fill_between(own["threshold"], own["low"], own["high"], color=colour, alpha=0.12, linewidth=0)
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
        for shift, (measure, (label, colour, line, marker)) in zip((-0.08, 0.08), _MEASURES.items(), strict=True):
            own = minimum[minimum["measure"] == measure].sort_values("minimum_rois")
            at, value = np.arange(len(own)) + shift, own["value"].to_numpy(float)
            reach = np.abs(np.vstack([value - own["low"], own["high"] - value]))
            axes.errorbar(at, value, yerr=reach, color=colour, linestyle=line, marker=marker, capsize=2, label=label)
            _counts(axes, at, own, colour, 0.08 if measure == "agreement" else 0.02)
        axes.set_xticks(range(len(numbers)), [f"{number:g}" for number in numbers])
        axes.set(xlabel="Fewest ROIs for a class (below: lesions behind each point)", ylabel="Same class")
        axes.set_ylim(0, 1.03)
        drawn.legend(loc="outside upper center", ncols=1)
    return drawn


def _counts(axes: Axes, at: np.ndarray, own: pd.DataFrame, colour: str, height: float) -> None:
    for x, n in zip(at, own["n"], strict=True):
        axes.text(x, height, f"{n:g}", ha="center", fontsize=7, color=colour)
