"""Patients of several tables as codes, so that they are resampled together."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.masks.identity import PATIENT_KEY


def patients_of(*tables: pd.DataFrame) -> list[NDArray[np.intp]]:
    """The codes of the patients of the rows of some tables, the same person having the same one in all."""
    keys = pd.concat([table[list(PATIENT_KEY)].astype(str) for table in tables], ignore_index=True)
    code = keys.groupby(list(PATIENT_KEY), dropna=False, sort=False).ngroup().to_numpy().astype(np.intp)
    return np.split(code, np.cumsum([len(table) for table in tables])[:-1])
