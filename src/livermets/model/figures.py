"""Figures of the selection stage: convergence, selection frequency, training ROC, comparison, permutation null."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from livermets.features import STABLE_OVER
from livermets.figures.style import BLACK, BLUE, GREY, ORANGE, SERIES, VERMILION, figure, unit_axes
from livermets.model.names import MODEL_NAMES

MOST_FEATURES = 25
_RULES = {"cross_fitted": "networks cross-fitted", "resubstitution": "resubstitution"}


def selection_figures(tables: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """Every figure that the tables allow, by file name."""
    figures = {
        "convergence": convergence(tables["generations"]),
        "roc_training": training_roc(tables["roc_training"], tables["threshold"]),
        "frequency": selection_frequency(tables["frequency"], tables["selection"]),
    }
    if len(tables["comparison"]):
        figures["comparison"] = comparison(tables["comparison"])
    if len(tables["permutation"]):
        figures["permutation"] = permutation_null(tables["permutation"])
    if len(tables["stable_features"]):
        figures["stable_features"] = stable_features(tables["stable_features"])
    return figures


def stable_features(table: pd.DataFrame) -> Figure:
    """The ICC of every candidate feature over masks with its interval, from the most stable to the least."""
    with figure(150, 75) as (drawn, axes):
        for (by, part), look in zip(table.groupby("by", sort=False, dropna=False), SERIES, strict=False):
            shown = part.sort_values("icc", ascending=False, kind="stable")
            place = np.arange(1, len(shown) + 1)
            axes.vlines(place, shown["low"], shown["high"], color=look.colour, linewidth=0.8, alpha=0.5)
            label = STABLE_OVER.get(str(by), str(by))
            axes.plot(place, shown["icc"], look.marker, color=look.colour, markersize=3, label=label)
        threshold = float(table["threshold"].iloc[0])
        axes.axhline(threshold, color=BLACK, linewidth=0.8, linestyle="--", label=f"asked for: {threshold:g}")
        axes.set(xlabel="Candidate features, the most stable first", ylabel="ICC(1) over masks", ylim=(-0.1, 1.02))
        axes.legend(loc="lower left")
    return drawn


def convergence(generations: pd.DataFrame) -> Figure:
    """Best and mean fitness, and the number of features, over generations."""
    with figure(140, 85) as (drawn, axes):
        x = generations["generation"]
        mean, sd = generations["mean_fitness"], generations["sd_fitness"]
        axes.fill_between(x, mean - sd, mean + sd, color=BLUE, alpha=0.15, linewidth=0)
        axes.plot(x, mean, color=BLUE, linestyle="--", label="mean ± SD of the generation")
        axes.plot(x, generations["best_fitness"], color=BLUE, label="best so far")
        axes.set(xlabel="Generation", ylabel="Fitness (cross-validated score less parsimony)")
        other = axes.twinx()
        other.plot(x, generations["best_features"], color=ORANGE, linestyle=":", label="features of the best (right)")
        other.set_ylabel("Features")
        other.set_ylim(bottom=0)
        other.grid(visible=False)
        other.spines["right"].set_visible(True)
        lines = [*axes.get_lines(), *other.get_lines()]
        axes.legend(lines, [str(line.get_label()) for line in lines], loc="lower right")
    return drawn


def selection_frequency(frequency: pd.DataFrame, selection: pd.DataFrame) -> Figure:
    """The most often selected features; filled: in the final model."""
    shown = frequency.sort_values(["n_selected", "feature"], ascending=[False, True], kind="stable")
    shown = shown[shown["n_selected"] > 0].head(MOST_FEATURES).iloc[::-1]
    final = set(selection.loc[selection["selected"] == 1, "feature"])
    with figure(150, 24 + 4.5 * len(shown)) as (drawn, axes):
        colours = [BLUE if name in final else "white" for name in shown["feature"]]
        labels = [str(name).removeprefix("original_") for name in shown["feature"]]
        axes.barh(labels, shown["frequency"], color=colours, edgecolor=BLUE)
        searches = int(frequency["n_searches"].iloc[0])
        axes.set(xlabel=f"Share of {searches} searches that selected it\n(filled: in the model)", xlim=(0, 1))
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", labelsize=7)
    return drawn


def training_roc(roc: pd.DataFrame, thresholds: pd.DataFrame) -> Figure:
    """ROC curves of the training lesions' shares with the Youden points; optimistic by construction."""
    with figure(100, 95) as (drawn, axes):
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
        for (method, curve), look in zip(roc.groupby("method", sort=False, dropna=False), SERIES, strict=False):
            axes.plot(1 - curve["specificity"], curve["sensitivity"], color=look.colour, linestyle=look.line)
            at = thresholds[thresholds["method"] == method].iloc[0]
            label = f"{_RULES.get(str(method), str(method))}: share ≥ {at['threshold']:.2f}"
            axes.plot(1 - at["specificity"], at["sensitivity"], look.marker, color=look.colour, label=label)
        unit_axes(axes)
        axes.set(xlabel="1 − specificity", ylabel="Sensitivity", aspect="equal")
        axes.legend(loc="lower right")
    return drawn


def comparison(table: pd.DataFrame) -> Figure:
    """AUC within outer folds of every model with its interval."""
    rows = table[table["measure"] == "auc_within_folds"].iloc[::-1]
    with figure(130, 25 + 9 * len(rows)) as (drawn, axes):
        place = np.arange(len(rows))
        axes.axvline(0.5, color=GREY, linewidth=0.8)
        axes.hlines(place, rows["low"], rows["high"], color=BLUE)
        axes.plot(rows["value"], place, "o", color=BLUE)
        axes.set_yticks(place, [MODEL_NAMES.get(str(name), str(name)) for name in rows["model"]])
        axes.set(xlim=(0, 1.02), ylim=(-0.6, len(rows) - 0.4))
        axes.set_xlabel("AUC on held-out patients (within outer folds)")
        axes.grid(visible=False, axis="y")
    return drawn


def permutation_null(table: pd.DataFrame) -> Figure:
    """What the search reaches with permuted outcomes, and with the true ones."""
    null, observed = table["value"].iloc[1:], float(table["value"].iloc[0])
    what = "Best cross-validated score" if table["statistic"].iloc[0] == "search" else "Nested AUC"
    with figure(120, 75) as (drawn, axes):
        axes.hist(null, bins=min(20, max(5, len(null) // 3)), color=GREY, label=f"{len(null)} permutations by patient")
        p_value, smallest = table["p_value"].iloc[0], 1 / len(table)
        label = f"true outcomes (p = {p_value:.3g}, smallest possible {smallest:.2g})"
        axes.axvline(observed, color=VERMILION, label=label)
        axes.axvline(0.5, color=BLACK, linewidth=0.8, linestyle=":")
        axes.set(xlabel=what, ylabel="Permutations")
        axes.legend()
    return drawn
