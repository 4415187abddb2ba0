"""Which features keep their value when another mask of the lesion is taken, by the lesions of one fit alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.selection import MasksBy, SelectionSettings, StableFeaturesSettings
from livermets.errors import ProblemList, input_error
from livermets.model.data import TrainingData, lesion_means
from livermets.model.mask_values import MaskValues
from livermets.model.preparation import useful_features
from livermets.stats.one_way_icc import RatingSums, one_way_icc

UNSTABLE = "unstable"
"""The reason for which such a feature is dropped."""
LEAST_LESIONS = 5
"""Lesions with several masks that an ICC is computed from."""
SETTING = "selection.stable_features"
_WORDS: Mapping[MasksBy, str] = {"altered": "altered masks", "readers": "masks of further readers"}
_OPTIONS: Mapping[MasksBy, str] = {"altered": "--altered-features", "readers": "--reader-rois"}


def with_masks(
    data: TrainingData,
    tables: Mapping[MasksBy, Sequence[pd.DataFrame]],
    settings: StableFeaturesSettings,
    where: str,
) -> TrainingData:
    """The data with what its features are over other masks of its lesions, as the settings ask.

    Tables of altered masks have one row per lesion and mask; those of readers are ROI tables, and the training ROIs
    are one more reader's. Lesions with fewer than two masks that hold a ROI are left out. Raises `InputError` where
    there are no masks of a kind asked for, or a feature is not in their tables."""
    problems, found = ProblemList(), dict[MasksBy, MaskValues]()
    for by in settings.used:
        parts = [part for part in tables.get(by, ()) if len(part)]
        if not parts:
            what = f"stable features are asked for by {_WORDS[by]}, and there are none of the training lesions"
            problems.error(f"{SETTING}.by", what, f"Give them ({_OPTIONS[by]}), or leave {SETTING}.icc empty")
            continue
        absent = [name for name in data.names if any(name not in part for part in parts)]
        if absent:
            listed = ", ".join(absent[:5]) + (" …" if len(absent) > 5 else "")
            what = f"{len(absent)} candidate features are not known over {_WORDS[by]}: {listed}"
            problems.error(where, what, f"Leave these columns out, or leave {SETTING}.icc empty")
            continue
        with problems.collected():
            found[by] = _of_lesions(data, parts, by, where)
    problems.raise_if_errors()
    return replace(data, masks=found)


def _of_lesions(data: TrainingData, parts: Sequence[pd.DataFrame], by: MasksBy, where: str) -> MaskValues:
    keys = [str(name) for name in data.lesions if name != "group"]
    table = pd.concat(parts, ignore_index=True)
    lacking = [name for name in keys if name not in table]
    if lacking:
        what = f"the tables of {_WORDS[by]} do not name lesions by {', '.join(lacking)}"
        raise input_error(where, what, "Name the same columns in --group and --lesion as these tables have")
    names = list(data.names)
    if by == "readers":
        table = table.groupby([*keys, "mask_source"], sort=True, dropna=False)[names].mean().reset_index()
    known = data.lesions[keys].assign(_code=np.arange(data.n_lesions))
    rows = table.merge(known, on=keys, how="inner", validate="many_to_one")
    values, lesion = rows[names].to_numpy(np.float64), rows["_code"].to_numpy(np.intp)
    if by == "readers":
        values = np.concatenate([lesion_means(data), values])
        lesion = np.concatenate([np.arange(data.n_lesions, dtype=np.intp), lesion])
    finite = np.isfinite(values).all(axis=1)
    values, lesion = values[finite], lesion[finite]
    several = np.bincount(lesion, minlength=data.n_lesions)[lesion] >= 2
    order = np.argsort(lesion[several], kind="stable")
    return MaskValues(values[several][order], lesion[several][order])


def rating_sums(masks: MaskValues) -> RatingSums:
    """Masks as ratings of lesions; the targets are `MaskValues.lesions`, in their order."""
    return RatingSums.of(masks.values, np.searchsorted(masks.lesions, masks.lesion).astype(np.intp))


def icc_over_masks(data: TrainingData) -> dict[MasksBy, NDArray[np.float64]]:
    """ICC(1) of every feature over the masks of each kind, on the lesions of these data (`one_way_icc`)."""
    return {by: one_way_icc(rating_sums(masks)) for by, masks in data.masks.items()}


def is_stable(data: TrainingData, settings: StableFeaturesSettings) -> NDArray[np.bool_]:
    """Which features reach the ICC that is asked for over masks of every kind; all where none is asked for."""
    return np.ones(len(data.names), dtype=bool) if settings.icc is None else _lowest_icc(data) >= settings.icc


def _lowest_icc(data: TrainingData) -> NDArray[np.float64]:
    """The lower one, where there are masks of both kinds; -1 (no agreement at all) where a feature does not vary."""
    every = np.array(list(icc_over_masks(data).values())).reshape(-1, len(data.names))
    return np.asarray(np.nan_to_num(every, nan=-1.0).min(axis=0))


def candidate_features(data: TrainingData, settings: SelectionSettings) -> tuple[list[int], pd.DataFrame]:
    """`useful_features` among the stable ones, so that no unstable feature stands for a stable duplicate of it; the
    list of dropped ones begins with the unstable. Raises `InputError` where none is stable."""
    asked = settings.stable_features
    if asked.icc is None:
        return useful_features(data)
    stable_problems(data, asked, "the training lesions").raise_if_errors()
    stable = is_stable(data, asked)
    places = np.flatnonzero(stable)
    kept, dropped = useful_features(data.with_features(places.tolist()))
    unstable = [(name, UNSTABLE, "") for name, keeps in zip(data.names, stable, strict=True) if not keeps]
    everything = [pd.DataFrame(unstable, columns=list(dropped.columns)), dropped]
    return places[kept].tolist(), pd.concat(everything, ignore_index=True)


def stable_problems(data: TrainingData, settings: StableFeaturesSettings, of: str) -> ProblemList:
    """Why these lesions (``of``: in words) leave no stable feature to select; empty where they leave one."""
    problems = ProblemList()
    if settings.icc is None:
        return problems
    for by, masks in data.masks.items():
        if len(masks.lesions) < LEAST_LESIONS:
            what = (
                f"{len(masks.lesions)} of {of} have two or more {_WORDS[by]} with a ROI, "
                f"and an ICC needs at least {LEAST_LESIONS} such lesions"
            )
            problems.error(f"{SETTING}.by", what, f"Give more masks, or leave {SETTING}.icc empty")
    if not problems.errors and not is_stable(data, settings).any():
        words = " and by ".join(_WORDS[by] for by in data.masks)
        highest = _lowest_icc(data).max()
        what = f"no feature of {of} reaches an ICC of {settings.icc:g} by {words} (the highest is {highest:.2f})"
        problems.error(f"{SETTING}.icc", what, "Lower it, ask for masks nearer to the reference, or leave it empty")
    return problems
