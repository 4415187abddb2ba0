"""What every refit says of the lesions that the study's model has not seen, beside what that model says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from livermets.errors import Problem, input_error
from livermets.masks.identity import LESION_KEY, MANUAL, PATIENT_KEY
from livermets.masks.pairs import SOURCE
from livermets.model.refits import Refit

KEYS = [*LESION_KEY, SOURCE]
_OF_STUDY = {"share": "share_study", "predicted": "predicted_study"}
_OF_LESION = ("longest_diameter_mm", "dice", "n_roi", *_OF_STUDY.values())
CLASS_COLUMNS = (*KEYS, *_OF_LESION, "retraining", "refit", "share", "threshold", "predicted")


def unseen_lesions(long: pd.DataFrame, fitted: pd.DataFrame) -> pd.DataFrame:
    """The rows of a long lesion table of reference lesions that the mask of their source gives a class: `KEYS`,
    ``longest_diameter_mm, dice`` (with the reference mask), ``n_roi, share_study, predicted_study``, without the
    patients that the model was fitted on (``fitted``)."""
    seen = pd.MultiIndex.from_frame(fitted[list(PATIENT_KEY)].astype(str))
    unseen = ~pd.MultiIndex.from_frame(long[list(PATIENT_KEY)].astype(str)).isin(seen)
    rows = long[unseen & long["kind"].eq(MANUAL) & long["predicted"].notna()]
    return rows.rename(columns=_OF_STUDY)[[*KEYS, *_OF_LESION]].reset_index(drop=True)


def problems_of(refits: Sequence[Refit], rois: pd.DataFrame, extraction: Mapping, where: object) -> list[Problem]:
    """Why a ROI table cannot be classified by all of them, each problem once."""
    found = (problem for refit in refits for problem in refit.model.problems_of(rois, extraction or None, where))
    return list(dict.fromkeys(found))


def scores(refits: Sequence[Refit], rois: pd.DataFrame, source: str) -> pd.DataFrame:
    """One row per lesion of a ROI table of a mask source: `KEYS`, and by the refit's place among ``refits`` the
    lesion's score: the share of R+ ROIs, or the mean probability where that is the model's."""
    values = {}
    for place, refit in enumerate(refits):
        probability = refit.model.roi_probabilities(rois) if len(rois) else np.empty(0)
        values[place] = (probability >= 0.5).astype(np.float64) if refit.model.score == "share" else probability
    lesion = [rois[key] for key in LESION_KEY]
    means = pd.DataFrame(values, index=rois.index).groupby(lesion, sort=False, dropna=False).mean().reset_index()
    return means.assign(**{SOURCE: source})


def refit_classes(refits: Sequence[Refit], lesions: pd.DataFrame, scored: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One row per lesion, mask source and refit (`CLASS_COLUMNS`): the refit's score, threshold and class beside the
    study's. ``lesions``: `unseen_lesions`; ``scored``: the `scores` of the ROI tables. Raises `InputError` for a lesion
    with a class and no ROIs."""
    everything = pd.concat(scored, ignore_index=True) if scored else pd.DataFrame(columns=[*KEYS, *range(len(refits))])
    joined = lesions.merge(everything, on=KEYS, how="left", indicator="found", validate="one_to_one")
    if (lost := joined[joined["found"] == "left_only"]).size:
        name = " ".join(map(str, lost[KEYS].iloc[0]))
        raise input_error("ROIs", f"lesion {name} has a class and no ROI", "Give the ROI tables of the same scans")
    parts = []
    for place, refit in enumerate(refits):
        share = joined[place].to_numpy(np.float64)
        named = joined.assign(retraining=refit.retraining, refit=refit.number, threshold=refit.model.threshold)
        parts.append(named.assign(share=share, predicted=refit.model.classify(share)))
    table = pd.concat(parts, ignore_index=True)[list(CLASS_COLUMNS)]
    return table.astype({"predicted": "int64", "predicted_study": "int64", "n_roi": "int64"})
