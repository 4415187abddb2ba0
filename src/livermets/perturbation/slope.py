"""By how much the share of R+ ROIs moves as a mask loses Dice."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.perturbation.altered import Altered
from livermets.perturbation.means import COLUMNS as _MEAN
from livermets.perturbation.means import mean_of_lesions
from livermets.stats.resampling import PatientBootstrap

STEP = 0.1
"""Slopes are per so much Dice lost."""
SLOPE_COLUMNS = ("size", *_MEAN, "n_without_share")
"""``value``: mean absolute move of the share (0 to 1) per 0.1 of Dice lost."""


def slope_table(altered: Altered, diameter_cuts_mm: tuple[float, ...], boot: PatientBootstrap) -> pd.DataFrame:
    """Per size: the mean absolute move of the share of R+ ROIs (0 to 1) per 0.1 of Dice lost, as the mean over lesions
    of each one's least-squares line through the origin. ``n_without_share``: masks without a ROI, which have none."""
    if not len(altered.masks):
        return pd.DataFrame(columns=list(SLOPE_COLUMNS))
    slopes = lesion_slopes(altered)
    lesion, without = altered.masks["lesion"].to_numpy(), altered.masks["share"].isna().to_numpy()
    no_share = np.bincount(lesion, without, len(altered.lesions))
    rows = []
    for size, inside in altered.size_groups(diameter_cuts_mm).items():
        found = mean_of_lesions(slopes[inside], altered.patient[inside], boot, share=False)
        rows.append({"size": size, **found, "n_without_share": int(no_share[inside].sum())})
    return pd.DataFrame(rows, columns=list(SLOPE_COLUMNS))


def lesion_slopes(altered: Altered) -> NDArray[np.float64]:
    """Each lesion's slope; NaN without a mask that has a share and a Dice below 1."""
    masks = altered.masks
    moved = (masks["share"] - masks["share_reference"]).abs().to_numpy(float)
    known = np.isfinite(moved)
    lost = (1 - masks["dice"].to_numpy(float)) / STEP
    weight, lesion = masks["weight"].to_numpy()[known], masks["lesion"].to_numpy()[known]
    product, square = (
        np.bincount(lesion, weight * lost[known] * other[known], len(altered.lesions)) for other in (moved, lost)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(square > 0, product / square, np.nan)
