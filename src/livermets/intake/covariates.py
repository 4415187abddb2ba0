"""Clinical covariates as columns of numbers, one row per lesion."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.cohort.covariates import Cells
from livermets.config.covariates import Covariates, CovariateSettings
from livermets.features import COVARIATE_PREFIX
from livermets.masks.identity import LESION_KEY, SCAN_KEY


def with_covariates(lesions: pd.DataFrame, cells: Cells, covariates: Covariates) -> pd.DataFrame:
    """The table of lesions with a column of numbers per covariate and per word of a category; empty where not known.

    The words are those of all lesions given. That is no fitting: a word that no training lesion has gets no weight."""
    keys = list(lesions[list(LESION_KEY)].itertuples(index=False, name=None))
    columns: dict[str, NDArray[np.float64]] = {}
    for name, one in covariates.items():
        if one.derived == "lesion_count":
            counts = lesions.groupby(list(SCAN_KEY), dropna=False)["lesion_id"].transform("count")
            columns[f"{COVARIATE_PREFIX}{name}"] = counts.to_numpy(float)
        elif one.derived == "longest_diameter_mm":
            columns[f"{COVARIATE_PREFIX}{name}"] = lesions["longest_diameter_mm"].to_numpy(float)
        else:
            said = [cells.get(key if one.level == "lesion" else key[:3], {}).get(name) for key in keys]
            columns |= _numbers(name, one, said)
    return lesions.assign(**columns)


def _numbers(name: str, covariate: CovariateSettings, said: list[str | float | None]) -> dict[str, NDArray[np.float64]]:
    if covariate.kind == "number":
        return {f"{COVARIATE_PREFIX}{name}": np.array(said, dtype=float)}
    known = np.array([word is not None for word in said])
    return {
        f"{COVARIATE_PREFIX}{name}={word}": np.where(known, [float(one == word) for one in said], np.nan)
        for word in sorted({str(word) for word in said if word is not None})
    }
