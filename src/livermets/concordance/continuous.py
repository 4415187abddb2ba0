"""The tables of the continuous answer, of the lesions that changed class, and of what both rest on."""

from __future__ import annotations

import pandas as pd

from livermets.concordance.false_positives import false_positive_classes
from livermets.concordance.sensitivity import (
    CURVE_COLUMNS,
    MINIMUM_COLUMNS,
    changed_lesions,
    minimum_rois_table,
    threshold_curve,
    threshold_of,
    threshold_range,
)
from livermets.concordance.shares import limits_without_one, share_agreement, share_by_dice, share_differences
from livermets.config.statistics import StatisticsSettings
from livermets.masks.identity import ROI_COUNTS, SHARES
from livermets.stats.resampling import PatientBootstrap
from livermets.stats.results import to_frame


def continuous_tables(
    lesions: pd.DataFrame, table: pd.DataFrame, settings: StatisticsSettings, boot: PatientBootstrap
) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Every table by name, and what could not be computed. ``lesions`` as given (with false positives), ``table`` as
    checked."""
    notes: list[str] = []
    differences = share_differences(table, settings)
    threshold, why = threshold_of(table)
    with_shares = set(SHARES) <= set(table)
    if len(table) and with_shares and why:
        notes.append(why)
    curve, minimum = pd.DataFrame(columns=list(CURVE_COLUMNS)), pd.DataFrame(columns=list(MINIMUM_COLUMNS))
    if threshold is not None and with_shares:
        curve = threshold_curve(table, threshold, settings.level)
    if len(table) and set(ROI_COUNTS) <= set(table):
        minimum = minimum_rois_table(table, threshold, settings)
    return {
        "share_differences": differences.drop(columns="patient"),
        "share_agreement": to_frame(share_agreement(differences, boot) if len(differences) else []),
        "share_limits_without_one": limits_without_one(differences),
        "share_by_dice": share_by_dice(differences, settings),
        "changed": changed_lesions(table, settings.few_rois),
        "minimum_rois": minimum,
        "threshold_curve": curve,
        "threshold_range": threshold_range(curve),
        "false_positive_classes": false_positive_classes(lesions),
    }, notes
