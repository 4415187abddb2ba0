"""Does a radiomic feature keep its value when the automatic mask replaces the manual one?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.concordance.optional_tables import OPTIONAL_TABLES
from livermets.config.statistics import IccKind
from livermets.errors import input_error
from livermets.features import feature_columns
from livermets.masks.identity import AUTOMATIC, LESION_KEY, MANUAL, present
from livermets.masks.lesion_table import patient_numbers
from livermets.stats.icc import REFERENCE, bootstrap_icc, icc
from livermets.stats.resampling import PatientBootstrap

QUANTITY = "median over the lesion's ROIs"
"""What is compared between the masks."""


def lesion_medians(rois: pd.DataFrame, features: Sequence[str]) -> pd.DataFrame:
    """One row per lesion (and mask source): the median of every feature over its ROIs, since ROIs at one place are the
    same in both masks and only the lesion as a whole can differ."""
    keys = present((*LESION_KEY, "mask_source"), rois)
    return rois.groupby(keys, sort=True, dropna=False)[list(features)].median().reset_index()


def feature_medians(rois: pd.DataFrame) -> pd.DataFrame:
    """`lesion_medians` of every feature column there is."""
    return lesion_medians(rois, feature_columns(rois))


def feature_icc(
    manual: pd.DataFrame,
    automatic: pd.DataFrame,
    features: Sequence[str],
    kind: IccKind,
    level: float,
    replicates: int,
    random: np.random.Generator,
    selected: Sequence[str] = (),
) -> pd.DataFrame:
    """ICC of every feature's median over the lesion's ROIs between the two masks, over the lesions that both tables
    hold (one row per lesion); the model's features (``selected``) come first.

    Two intervals: F (lesions independent) and resampled patients. A feature that does not vary gets a reason."""
    keys = present(LESION_KEY, manual.columns.intersection(automatic.columns))
    for name, table in ((MANUAL, manual), (AUTOMATIC, automatic)):
        if table.duplicated(keys).any():
            raise input_error(f"{name} features", "a lesion has more than one row", "Give one row per lesion")
    both = manual.merge(automatic, on=keys, suffixes=("_manual", "_automatic"))
    patient = patient_numbers(both)
    patients = len(np.unique(patient))
    boot = PatientBootstrap.draw(patients, replicates, level, random) if patients else None
    rows = []
    for feature in sorted(features, key=lambda name: name not in selected):
        pair = both[[f"{feature}_manual", f"{feature}_automatic"]].to_numpy(float)
        rows.append(_feature_row(feature, pair, patient, kind, level, boot))
    columns = list(OPTIONAL_TABLES["feature_icc"])
    frame = pd.DataFrame(rows, columns=columns[:-2])
    chosen = frame["feature"].isin(list(selected)) if len(selected) else np.nan
    frame = frame.assign(quantity=QUANTITY, selected=chosen)[columns]
    return frame.astype({"n_lesions": "Int64", "n_patients": "Int64", "selected": "Int64"})


def _feature_row(
    feature: str, pair: NDArray, patient: NDArray, kind: IccKind, level: float, boot: PatientBootstrap | None
) -> tuple[object, ...]:
    finite = np.isfinite(pair).all(axis=1)
    pair, patient = pair[finite], patient[finite]
    n, patients = len(pair), len(np.unique(patient))
    method = f"{kind}, F interval"
    if n < 3 or boot is None or np.ptp(pair) == 0:
        why = "the same value in every lesion" if n >= 3 else f"{n} lesions with this feature in both masks"
        return (feature, *[np.nan] * 3, level, method, *[np.nan] * 2, n, patients, REFERENCE, why)
    result = icc(pair, kind, level)
    if np.isnan(result.value):
        why = "lesions do not differ in this feature"
        return (feature, *[np.nan] * 3, level, method, *[np.nan] * 2, n, patients, REFERENCE, why)
    (low, high), why = boot.interval(bootstrap_icc(pair, patient, boot, kind), patients)
    return (feature, result.value, result.low, result.high, level, method, low, high, n, patients, REFERENCE, why)
