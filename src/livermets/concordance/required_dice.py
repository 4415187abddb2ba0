"""What the agreement model says of a lesion: the agreement expected at a Dice, and the Dice that agreement needs."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.concordance.agreement_model import LARGEST_LOG_ODDS, AgreementModel
from livermets.config.statistics import StatisticsSettings
from livermets.stats.fieller import fieller


def required_dice(model: AgreementModel, settings: StatisticsSettings) -> pd.DataFrame:
    """The Dice above which a lesion of a given diameter is expected to reach the target agreement.

    Interval: Fieller's, cut to [0, 1]. It is empty, and ``statement`` says so, where agreement does not clearly rise
    with Dice at that diameter; so does it for a cut interval and for a diameter beyond the lesions'."""
    return pd.DataFrame([_required(model, diameter, settings) for diameter in settings.target_diameters_mm])


def agreement_curve(model: AgreementModel, dice: NDArray, diameter_mm: float, level: float) -> pd.DataFrame:
    """Expected agreement over Dice at one diameter, with pointwise interval (on the logit scale)."""
    overlap, size = model.overlap(dice), np.full(len(dice), model.size(diameter_mm))
    design = np.column_stack([np.ones_like(overlap), overlap, size, overlap * size])
    centre = design @ model.coefficients
    spread = np.sqrt(np.einsum("ij,jk,ik->i", design, model.covariance, design))
    reach = model.quantile(level) * spread
    shares = {
        name: 1 / (1 + np.exp(-np.clip(logit, -LARGEST_LOG_ODDS, LARGEST_LOG_ODDS)))
        for name, logit in (("value", centre), ("low", centre - reach), ("high", centre + reach))
    }
    return pd.DataFrame(
        {"longest_diameter_mm": diameter_mm, "dice": dice, **shares, "level": level, "outcome": model.outcome}
    )


def _required(model: AgreementModel, diameter_mm: float, settings: StatisticsSettings) -> dict[str, object]:
    size = model.size(diameter_mm)
    contrast = np.array([[1.0, 0.0, size, 0.0], [0.0, 1.0, 0.0, size]])
    (level_at_mean, slope), covariance = contrast @ model.coefficients, contrast @ model.covariance @ contrast.T
    gap = level_at_mean - math.log(settings.target_agreement / (1 - settings.target_agreement))
    ends = fieller(gap, slope, covariance, model.quantile(settings.level)) if slope > 0 else None
    value = model.dice(-gap / slope) if slope > 0 else math.nan
    low, high = (math.nan, math.nan) if ends is None else (model.dice(end) for end in ends)
    said = [_uncertainty(slope, low, high), _outside_the_lesions(model, diameter_mm)]
    if value > 1 or value < 0:
        reached = "not reached at any Dice" if value > 1 else "reached at any Dice"
        said.insert(0, f"target agreement {reached} (by the fitted curve)")
        value = math.nan
    low, high = (min(max(end, 0.0), 1.0) for end in (low, high))
    return {
        "longest_diameter_mm": diameter_mm,
        "target_agreement": settings.target_agreement,
        "value": value,
        "low": low,
        "high": high,
        "level": settings.level,
        "method": "fieller",
        "statement": "; ".join(filter(None, said)),
        "n_lesions": model.n_lesions,
        "n_patients": model.n_patients,
        "outcome": model.outcome,
    }


def _uncertainty(slope: float, low: float, high: float) -> str:
    """What the interval of the needed Dice (not yet cut) leaves open; empty if nothing."""
    if slope <= 0:
        return "the data cannot tell: agreement does not rise with Dice at this diameter"
    if math.isnan(low):
        return "the data cannot tell: the rise of agreement with Dice is too uncertain at this diameter"
    if low <= 1 < high:
        return "that even a perfect mask suffices is not certain: the interval is cut at 1"
    return ""


def _outside_the_lesions(model: AgreementModel, diameter_mm: float) -> str:
    smallest, largest = model.diameter_range_mm
    if smallest <= diameter_mm <= largest:
        return ""
    return f"extrapolated: the lesions measure {smallest:.3g} to {largest:.3g} mm"
