"""From ROIs to lesions: a fitted model applied to the masks of every source in one cohort."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from livermets.errors import input_error
from livermets.masks.detected import RULE_COLUMN
from livermets.masks.identity import LESION_KEY, MANUAL, PATIENT_KEY, REFERENCE, SCAN_KEY, present
from livermets.masks.metrics import VOXEL_METRICS
from livermets.masks.pairs import LONG_COLUMNS, SOURCE, below_each_other
from livermets.model.fitted import FittedModel
from livermets.model.scores import Score

KEYS = list(LESION_KEY)
_MEASURED = ("longest_diameter_mm", "volume_ml")
_OF_A_SCAN = ("centre", "role")
_MASK_VOLUME = "volume_mask_ml"
_MATCHED = (*VOXEL_METRICS, "detected", RULE_COLUMN)
_ROI_PLACE = [*KEYS, SOURCE, "z", "y", "x"]


def roi_probabilities(model: FittedModel, rois: pd.DataFrame) -> pd.DataFrame:
    """Probability of R+ of every ROI: the ROI table's own columns and ``probability``."""
    probability = model.roi_probabilities(rois) if len(rois) else np.empty(0)
    return rois[present(_ROI_PLACE, rois)].assign(probability=probability)


def long_table(
    model: FittedModel,
    lesions: pd.DataFrame,
    matching: Mapping[str, pd.DataFrame],
    probabilities: Mapping[str, pd.DataFrame],
    reference: str = REFERENCE,
    minimum_rois: int = 1,
) -> pd.DataFrame:
    """The lesion table of one cohort in long form. Of the reference, one row per lesion whether or not any ROI fits in
    it; of every other source, one row per lesion of the scans that it has a mask of, whether or not it found it, then
    one per finding without a reference lesion (``kind`` is ``false_positive``, or ``automatic`` where there is no
    reference mask).

    ``lesions``: reference lesions with their measures and outcome; ``matching``: by source, its masks against the
    reference; without one every lesion counts as seen. ``probabilities``: ROIs by source. A share is the share of ROIs
    with probability 0.5 or more; without ROIs it and the class are empty, and with fewer than ``minimum_rois`` the
    class is. A lesion that a source did not detect has no class from it, whatever the few ROIs say that its overlap may
    hold: their number and share stay to be seen. ``calibrated`` is the probability of response that the model's
    recalibration makes of the share, empty where there is no class or no recalibration."""
    drawn, parts = _drawn(lesions), []
    for source in dict.fromkeys([reference, *matching, *probabilities]):
        rois = probabilities.get(source)
        counted = _counted(rois, model.score)
        seen = drawn if source == reference else _seen(drawn, matching.get(source), counted)
        _refuse_unknown(counted, seen, source)
        parts.append(_called(model, seen.merge(counted, on=KEYS, how="left"), minimum_rois).assign(**{SOURCE: source}))
    table = below_each_other(parts, LONG_COLUMNS).assign(threshold=model.threshold, minimum_rois=minimum_rois)
    return table.reindex(columns=list(LONG_COLUMNS)).astype({"lesion_id": "int64"})


def _called(model: FittedModel, table: pd.DataFrame, minimum_rois: int) -> pd.DataFrame:
    """Class and recalibrated probability of every lesion with one mask; none without enough ROIs, none undetected."""
    number = table["n_roi"].fillna(0).astype("Int64")
    missed = (table["kind"] == MANUAL) & table["detected"].eq(0).fillna(False)
    enough = (number.to_numpy(dtype=np.float64) >= minimum_rois) & ~missed.to_numpy(dtype=bool)
    share = table["share"].to_numpy(dtype=np.float64)
    predicted = np.where(enough, model.classify(share), np.nan)
    return table.assign(
        n_roi=number, predicted=predicted, calibrated=np.where(enough, model.probability(share), np.nan)
    )


def _drawn(lesions: pd.DataFrame) -> pd.DataFrame:
    """The reference lesions, with the columns of the overlap still empty."""
    drawn = _keyed(lesions, [*KEYS, *_OF_A_SCAN, "response", *_MEASURED])
    duplicated = drawn[drawn.duplicated(KEYS)]
    if len(duplicated):
        name = " ".join(map(str, duplicated[KEYS].iloc[0]))
        raise input_error("lesions", f"lesion {name} is listed twice", "Give each scan's table once")
    return drawn.assign(kind=MANUAL, **dict.fromkeys((*_MATCHED, _MASK_VOLUME), np.nan))


def _seen(drawn: pd.DataFrame, matching: pd.DataFrame | None, counted: pd.DataFrame) -> pd.DataFrame:
    """What one other source has to do with: the lesions of the scans that it has a mask of, and its own findings."""
    if matching is None:
        return drawn
    matching = _keyed(
        matching.rename(columns={"volume_automatic_ml": _MASK_VOLUME}),
        [*KEYS, "kind", *_MATCHED, _MASK_VOLUME, "longest_diameter_mm"],
    )
    of_lesions = matching[matching["kind"] == MANUAL].drop(columns=["kind", "longest_diameter_mm"])
    lesions = drawn.drop(columns=[*_MATCHED, _MASK_VOLUME]).merge(of_lesions, on=KEYS, how="left", indicator="matched")
    with_rois = pd.MultiIndex.from_frame(lesions[KEYS]).isin(pd.MultiIndex.from_frame(counted[KEYS]))
    lesions = lesions[(lesions["matched"] == "both") | with_rois].drop(columns="matched")
    findings = _with_facts_of_scan(matching[matching["kind"] != MANUAL], drawn)
    return below_each_other([lesions, findings], LONG_COLUMNS).astype({"lesion_id": "int64"})


def _with_facts_of_scan(findings: pd.DataFrame, drawn: pd.DataFrame) -> pd.DataFrame:
    """Findings without a reference lesion, with the centre of their patient and the role of their scan: that of its
    lesions, or of the others of its cohort and timepoint."""
    centres = _one_each(drawn, PATIENT_KEY, "centre")
    findings = findings.merge(centres, on=list(PATIENT_KEY), how="left")
    findings = findings.merge(_one_each(drawn, SCAN_KEY, "role"), on=list(SCAN_KEY), how="left")
    at_timepoint = ["cohort", "timepoint"]
    others = _one_each(drawn, at_timepoint, "role").rename(columns={"role": "of_others"})
    findings = findings.merge(others, on=at_timepoint, how="left")
    return findings.assign(role=findings["role"].fillna(findings["of_others"])).drop(columns="of_others")


def _one_each(drawn: pd.DataFrame, key: tuple[str, ...] | list[str], column: str) -> pd.DataFrame:
    """The first value of a column for every value of a key."""
    return drawn.dropna(subset=[column]).drop_duplicates(list(key))[[*key, column]]


def _keyed(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The columns, absent ones empty, identifiers typed even where there is no row to tell the type."""
    return table.reindex(columns=columns).astype({**dict.fromkeys(KEYS[:-1], object), "lesion_id": "int64"})


def _counted(rois: pd.DataFrame | None, score: Score) -> pd.DataFrame:
    """ROIs and share of R+ ROIs (or mean probability, if that is the model's score) per lesion."""
    names = {"count": "n_roi", "mean": "share"}
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
