"""From ROIs to lesions: a fitted model applied to the manual and automatic masks of one cohort."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.errors import input_error
from livermets.masks.detected import RULE_COLUMN
from livermets.masks.identity import (
    AUTOMATIC,
    CALIBRATED,
    LESION_KEY,
    MANUAL,
    PATIENT_KEY,
    PREDICTED,
    ROI_COUNTS,
    SHARES,
    SOURCES,
    present,
)
from livermets.masks.metrics import VOXEL_METRICS
from livermets.model.fitted import FittedModel
from livermets.model.scores import Score

KEYS = list(LESION_KEY)
_MEASURED = ("longest_diameter_mm", "volume_ml")
_MATCHED = (*VOXEL_METRICS, "detected", "volume_automatic_ml", RULE_COLUMN)
LESION_TABLE_COLUMNS = (
    *LESION_KEY,
    "response",
    *_MEASURED,
    *VOXEL_METRICS,
    "detected",
    *ROI_COUNTS,
    *SHARES,
    *PREDICTED,
    "kind",
    "centre",
    "volume_automatic_ml",
    RULE_COLUMN,
    "threshold",
    "minimum_rois",
    *CALIBRATED,
)
_ROI_PLACE = [*KEYS, "mask_source", "z", "y", "x"]


def roi_probabilities(model: FittedModel, rois: pd.DataFrame) -> pd.DataFrame:
    """Probability of R+ of every ROI: the ROI table's own columns and ``probability``."""
    probability = model.roi_probabilities(rois) if len(rois) else np.empty(0)
    return rois[present(_ROI_PLACE, rois)].assign(probability=probability)


def lesion_table(
    model: FittedModel,
    lesions: pd.DataFrame,
    matching: pd.DataFrame,
    probabilities: Mapping[str, pd.DataFrame],
    minimum_rois: int = 1,
) -> pd.DataFrame:
    """The lesion table of one cohort, one row per manual lesion whether or not anything was found or any ROI fits in
    it, then one row per automatic finding without a manual lesion (``kind`` is ``false_positive``, or ``automatic``
    where there is no manual mask).

    ``lesions``: manual lesions with their measures and outcome; ``matching``: manual against automatic masks;
    ``probabilities``: ROIs by mask source. A share is the share of ROIs with probability 0.5 or more; without ROIs it
    and the class are empty, and with fewer than ``minimum_rois`` the class is. A lesion that was not detected has no
    class from the automatic mask, whatever the few ROIs say that its overlap may hold: their number and share stay to
    be seen. ``calibrated_*`` is the probability of response that the model's recalibration makes of the share, empty
    where there is no class or no recalibration."""
    table = _merged(lesions, matching)
    for source in SOURCES:
        counted = _counted(probabilities.get(source), source, model.score)
        _refuse_unknown(counted, table, source)
        table = table.merge(counted, on=KEYS, how="left")
        number = table[f"n_roi_{source}"].fillna(0).astype("Int64")
        enough = number.to_numpy(dtype=np.float64) >= minimum_rois
        if source == AUTOMATIC:
            enough &= ~((table["kind"] == MANUAL) & table["detected"].eq(0).fillna(False)).to_numpy(dtype=bool)
        table = table.assign(**_called(model, table[f"share_{source}"], enough, source), **{f"n_roi_{source}": number})
    whole = {name: pd.to_numeric(table[name], errors="coerce").astype("Int64") for name in ("response", "detected")}
    table = table.assign(
        **whole,
        n_roi_manual=table["n_roi_manual"].mask(table["kind"] != MANUAL),
        threshold=model.threshold,
        minimum_rois=minimum_rois,
    )
    return table[list(LESION_TABLE_COLUMNS)]


def _called(model: FittedModel, share: pd.Series, enough: NDArray[np.bool_], source: str) -> dict[str, Any]:
    """Class and recalibrated probability of every lesion with one mask; none without enough ROIs."""
    values = share.to_numpy(dtype=np.float64)
    called = np.where(enough, model.classify(values), np.nan)
    return {
        f"predicted_{source}": pd.array(called, dtype="Float64").astype("Int64"),
        f"calibrated_{source}": np.where(enough, model.probability(values), np.nan),
    }


def _merged(lesions: pd.DataFrame, matching: pd.DataFrame) -> pd.DataFrame:
    wanted = [*KEYS, "centre", "response", *_MEASURED]
    manual = _keyed(lesions, wanted)
    duplicated = manual[manual.duplicated(KEYS)]
    if len(duplicated):
        name = " ".join(map(str, duplicated[KEYS].iloc[0]))
        raise input_error("lesions", f"lesion {name} is listed twice", "Give each scan's table once")
    matching = _keyed(matching, [*KEYS, "kind", *_MATCHED, "longest_diameter_mm"])
    of_manual = matching[matching["kind"] == MANUAL].drop(columns=["kind", "longest_diameter_mm"])
    paired = manual.merge(of_manual, on=KEYS, how="left").assign(kind=MANUAL)
    unmatched = matching[matching["kind"] != MANUAL]
    person = list(PATIENT_KEY)
    centres = manual.dropna(subset=["centre"]).drop_duplicates(person)[[*person, "centre"]]
    unmatched = unmatched.drop(columns="centre", errors="ignore").merge(centres, on=person, how="left")
    parts = [part.astype(object) for part in (paired, unmatched) if len(part)] or [paired]
    table = pd.concat(parts, ignore_index=True).astype({"lesion_id": "int64"})
    table = table.reindex(columns=list(dict.fromkeys([*paired.columns, *unmatched.columns])))
    numeric = ["response", *_MEASURED, *_MATCHED]
    return table.assign(**table[numeric].apply(pd.to_numeric, errors="coerce"))


def _keyed(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The columns, absent ones empty, identifiers typed even where there is no row to tell the type."""
    return table.reindex(columns=columns).astype({**dict.fromkeys(KEYS[:-1], object), "lesion_id": "int64"})


def _counted(rois: pd.DataFrame | None, source: str, score: Score) -> pd.DataFrame:
    """ROIs and share of R+ ROIs (or mean probability, if that is the model's score) per lesion."""
    names = {"count": f"n_roi_{source}", "mean": f"share_{source}"}
    if rois is None or rois.empty:
        return _keyed(pd.DataFrame(), [*KEYS, *names.values()])
    called = (rois["probability"] >= 0.5).astype(np.float64) if score == "share" else rois["probability"]
    groups = called.groupby([rois[key] for key in KEYS], sort=False, dropna=False)
    return _keyed(groups.agg(["count", "mean"]).rename(columns=names).reset_index(), [*KEYS, *names.values()])


def _refuse_unknown(counted: pd.DataFrame, table: pd.DataFrame, source: str) -> None:
    known = set(table[KEYS].itertuples(index=False, name=None))
    for key in counted[KEYS].itertuples(index=False, name=None):
        if key not in known:
            what = f"lesion {' '.join(map(str, key))} is in no lesion and no matching table"
            raise input_error(f"{source} ROIs", what, "Give the tables of the same scans")
