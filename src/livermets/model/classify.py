"""From ROIs to lesions: a fitted model applied to the manual and automatic masks of one cohort."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from livermets.errors import input_error
from livermets.masks.detected import RULE_COLUMN
from livermets.masks.identity import SOURCES
from livermets.model.data import LESION_COLUMNS
from livermets.model.fitted import FittedModel
from livermets.model.scores import Score

KEYS = list(LESION_COLUMNS)
LESION_TABLE_COLUMNS = (
    *KEYS, "response", "longest_diameter_mm", "volume_ml", "dice", "precision", "recall", "detected",
    "n_roi_manual", "n_roi_automatic", "share_manual", "share_automatic", "predicted_manual", "predicted_automatic",
    "kind", "centre", "volume_automatic_ml", RULE_COLUMN, "threshold", "minimum_rois", "calibrated_manual",
    "calibrated_automatic",
)  # fmt: skip
_FROM_MATCHING = ["kind", "dice", "precision", "recall", "detected", "volume_automatic_ml", RULE_COLUMN]
_MEASURED = ["longest_diameter_mm", "volume_ml"]
_ROI_PLACE = [*KEYS, "mask_source", "z", "y", "x"]


def roi_probabilities(model: FittedModel, rois: pd.DataFrame) -> pd.DataFrame:
    """Probability of R+ of every ROI: the ROI table's own columns and ``probability``."""
    place = [column for column in _ROI_PLACE if column in rois]
    found = rois[place].copy()
    found["probability"] = model.roi_probabilities(rois) if len(rois) else np.empty(0)
    return found


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
        table[f"n_roi_{source}"] = table[f"n_roi_{source}"].fillna(0).astype("Int64")
        share = table[f"share_{source}"].to_numpy(dtype=np.float64)
        enough = table[f"n_roi_{source}"].to_numpy(dtype=np.float64) >= minimum_rois
        if source == "automatic":
            enough &= ~((table["kind"] == "manual") & table["detected"].eq(0).fillna(False)).to_numpy(dtype=bool)
        called = np.where(enough, model.classify(share), np.nan)
        table[f"predicted_{source}"] = pd.array(called, dtype="Float64").astype("Int64")
        table[f"calibrated_{source}"] = np.where(enough, model.probability(share), np.nan)
    table["threshold"], table["minimum_rois"] = model.threshold, minimum_rois
    only_automatic = table["kind"] != "manual"
    table.loc[only_automatic, "n_roi_manual"] = pd.NA
    for column in ("response", "detected"):
        table[column] = pd.to_numeric(table[column], errors="coerce").astype("Int64")
    return table[list(LESION_TABLE_COLUMNS)]


def _merged(lesions: pd.DataFrame, matching: pd.DataFrame) -> pd.DataFrame:
    wanted = [*KEYS, "centre", "response", *_MEASURED]
    manual = _keyed(lesions, wanted)
    duplicated = manual[manual.duplicated(KEYS)]
    if len(duplicated):
        name = " ".join(map(str, duplicated[KEYS].iloc[0]))
        raise input_error("lesions", f"lesion {name} is listed twice", "Give each scan's table once")
    matching = _keyed(matching, [*KEYS, *_FROM_MATCHING, "longest_diameter_mm"])
    of_manual = matching[matching["kind"] == "manual"].drop(columns=["kind", "longest_diameter_mm"])
    paired = manual.merge(of_manual, on=KEYS, how="left").assign(kind="manual")
    unmatched = matching[matching["kind"] != "manual"].copy()
    person = KEYS[:2]  # the same patient_id in two cohorts is two people
    centres = manual.dropna(subset=["centre"]).drop_duplicates(person)[[*person, "centre"]]
    unmatched = unmatched.drop(columns="centre", errors="ignore").merge(centres, on=person, how="left")
    parts = [part.astype(object) for part in (paired, unmatched) if len(part)] or [paired]
    table = pd.concat(parts, ignore_index=True).astype({"lesion_id": "int64"})
    table = table.reindex(columns=list(dict.fromkeys([*paired.columns, *unmatched.columns])))
    numeric = ["response", *_MEASURED, "dice", "precision", "recall", "detected", "volume_automatic_ml", RULE_COLUMN]
    table[numeric] = table[numeric].apply(pd.to_numeric, errors="coerce")
    return table


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
            raise input_error(
                f"{source} ROIs", f"lesion {' '.join(map(str, key))} is in no lesion and no matching table",
                "Give the tables of the same scans",
            )  # fmt: skip
