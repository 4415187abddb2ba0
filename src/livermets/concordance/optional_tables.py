"""Columns of the tables that may stay empty: an empty one still has its header, so that R reads it."""

from __future__ import annotations

import pandas as pd

from livermets.stats.results import COLUMNS

_INTERVAL = ("value", "low", "high", "level", "method")
OPTIONAL_TABLES: dict[str, tuple[str, ...]] = {
    "agreement_model": (
        "term", "coefficient", "std_error", "low", "high", "p", "odds_ratio", "level", "method", "dice_mean",
        "diameter_mean_mm", "working_correlation", "n_lesions", "n_patients", "reference", "outcome", "n_events",
    ),
    "agreement_curve": ("longest_diameter_mm", "dice", "value", "low", "high", "level", "outcome"),
    "required_dice": (
        "longest_diameter_mm", "target_agreement", *_INTERVAL, "statement", "n_lesions", "n_patients", "outcome",
    ),
    "roc": ("mask_source", "threshold", "sensitivity", "one_minus_specificity"),
    "auc_comparison": (
        "measure", "auc_manual", "auc_automatic", "method", "value", "low", "high", "p", "level", "n_lesions",
        "n_patients",
    ),
    "calibration": (
        "mask_source", "bin", "n", "k", "mean_score", "observed", "low", "high", "level", "method",
    ),
    "calibration_summary": (
        "mask_source", "measure", *_INTERVAL, "n_lesions", "n_patients", "k", "n", "reference", "note",
    ),
    "decision": (
        "strategy", "threshold", "net_benefit", "low", "high", "n_treated", "level", "method", "n_lesions",
        "n_patients",
    ),
    "subgroups": ("grouping", "group", "mask_source", *COLUMNS),
    "subgroup_differences": ("grouping", "group", *COLUMNS),
    "agreement_by_timepoint": (
        "timepoint", "headline", "same", "other", "no_class", "population", *COLUMNS,
    ),
    "feature_icc": (
        "feature", *_INTERVAL, "cluster_low", "cluster_high", "n_lesions", "n_patients", "reference", "note",
        "quantity", "selected",
    ),
}  # fmt: skip


def empty(*names: str) -> dict[str, pd.DataFrame]:
    """The named tables without rows."""
    return {name: pd.DataFrame(columns=list(OPTIONAL_TABLES[name])) for name in names}
