"""Pictures of one mask source against the reference."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.text import Text

from livermets.concordance.figures.agreement import agreement_over_dice, strata_heat
from livermets.concordance.figures.class_rule import agreement_over_rois, agreement_over_thresholds
from livermets.concordance.figures.curves import calibration_figure, decision_figure, roc_figure
from livermets.concordance.figures.lesions import dice_against_diameter
from livermets.concordance.figures.shares import bland_altman, difference_over_dice
from livermets.concordance.result import ConcordanceResult
from livermets.config.statistics import StatisticsSettings
from livermets.masks.identity import SIDES


def concordance_figures(
    result: ConcordanceResult, settings: StatisticsSettings, names: Sequence[str] = SIDES
) -> dict[str, Figure]:
    """Every figure that the tables allow, by the name of the table that holds its data; the sides of the pair are
    called by the ``names`` of their mask sources."""
    lesions = result.lesions[result.lesions["headline"]]
    figures = {"lesions": dice_against_diameter(lesions, settings), "strata": strata_heat(result.strata)}
    if len(result.share_differences):
        figures["share_differences"] = difference_over_dice(result.share_differences, result.share_by_dice)
    if len(result.share_agreement):
        figures["share_agreement"] = bland_altman(result.share_differences, result.share_agreement)
    if len(result.threshold_curve):
        figures["threshold_curve"] = agreement_over_thresholds(result.threshold_curve)
    if len(result.minimum_rois):
        figures["minimum_rois"] = agreement_over_rois(result.minimum_rois)
    if len(result.agreement_curve):
        figures["agreement_curve"] = agreement_over_dice(result.agreement_curve, lesions, settings)
    if len(result.roc):
        figures["roc"] = roc_figure(result.roc, result.diagnostics)
    if len(result.calibration):
        figures["calibration"] = calibration_figure(result.calibration)
        figures["decision"] = decision_figure(result.decision)
    for drawn in figures.values():
        _call(drawn, dict(zip(SIDES, names, strict=True)))
    return figures


def _call(drawn: Figure, names: Mapping[str, str]) -> None:
    """Puts the names of mask sources in the place of the sides, wherever these are written."""
    for text in drawn.findobj(Text):
        assert isinstance(text, Text)
        written = text.get_text()
        named = re.sub(rf"\b({'|'.join(names)})\b", lambda found: names[found[0]], written)
        if named != written:
            text.set_text(named)
