"""ROC, calibration and decision curves from their tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from livermets.figures.style import BLACK, GREY, SIDE_LOOK, Look, figure, unit_axes
from livermets.stats.results import shown_interval


def roc_figure(roc: pd.DataFrame, diagnostics: pd.DataFrame) -> Figure:
    """ROC curves of both mask sources, the AUC and its quoted interval in the legend, and the study's working point
    (sensitivity and specificity at the training threshold) as a marker."""
    with figure(110, 105) as (drawn, axes):
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":")
        for side, curve in roc.groupby("mask_source", sort=False, dropna=False):
            look, label = SIDE_LOOK[str(side)], _auc_label(str(side), diagnostics)
            x, y = curve["one_minus_specificity"], curve["sensitivity"]
            axes.plot(x, y, color=look.colour, linestyle=look.line, label=label)
            own = diagnostics[diagnostics["mask_source"] == side].drop_duplicates("measure")
            point = own.set_index("measure")["value"].to_dict()
            if {"sensitivity", "specificity"} <= set(point):
                x, y = 1 - point["specificity"], point["sensitivity"]
                axes.plot(x, y, look.marker, color=look.colour, markersize=8, clip_on=False)
        axes.set(xlabel="1 - specificity", ylabel="Sensitivity", aspect="equal")
        unit_axes(axes)
        axes.legend(loc="lower right", title="markers: at the training threshold", title_fontsize=7)
    return drawn


def calibration_figure(calibration: pd.DataFrame) -> Figure:
    """Observed share of R+ against the mean probability of each group, with intervals; dotted: perfect calibration."""
    with figure(110, 105) as (drawn, axes):
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":", label="perfect")
        for side, curve in calibration.groupby("mask_source", sort=False, dropna=False):
            look = SIDE_LOOK[str(side)]
            score, observed, low, high = curve[["mean_score", "observed", "low", "high"]].to_numpy(float).T
            axes.errorbar(
                score,
                observed,
                yerr=np.vstack([observed - low, high - observed]),
                label=f"{side} mask",
                color=look.colour,
                linestyle=look.line,
                marker=look.marker,
                capsize=2,
                elinewidth=0.8,
            )
        axes.set(
            xlabel="Mean probability of response (recalibrated share)",
            ylabel="Observed share of responding lesions",
            aspect="equal",
        )
        unit_axes(axes)
        axes.legend(loc="upper left")
    return drawn


def decision_figure(decision: pd.DataFrame) -> Figure:
    """Net benefit over the threshold probability for both masks, treating all and treating none."""
    looks = {**SIDE_LOOK, "treat all": Look(GREY, "-."), "treat none": Look(BLACK, ":")}
    with figure(120, 90) as (drawn, axes):
        for strategy, curve in decision.groupby("strategy", sort=False, dropna=False):
            look, of_a_mask = looks[str(strategy)], str(strategy) in SIDE_LOOK
            label = f"{strategy} mask" if of_a_mask else str(strategy)
            axes.plot(curve["threshold"], curve["net_benefit"], color=look.colour, linestyle=look.line, label=label)
            if of_a_mask:
                band = curve["low"], curve["high"]
                axes.fill_between(curve["threshold"], *band, color=look.colour, alpha=0.12, linewidth=0)
        top = max(float(decision["net_benefit"].max()), 0.05)
        # Treating all falls without bound; below -0.1 nobody needs to see how far.
        axes.set(xlabel="Threshold probability", ylabel="Net benefit per lesion", ylim=(-0.1, 1.1 * top), xlim=(0, 1))
        axes.legend(loc="upper right")
    return drawn


def _auc_label(side: str, diagnostics: pd.DataFrame) -> str:
    rows = diagnostics[(diagnostics["mask_source"] == side) & (diagnostics["measure"] == "auc")]
    auc = shown_interval(rows.dropna(subset=["low"]))
    if auc is not None:
        return f"{side}: AUC {auc['value']:.2f} ({auc['low']:.2f} to {auc['high']:.2f})"
    return f"{side} mask"
