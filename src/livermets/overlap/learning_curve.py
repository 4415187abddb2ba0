"""How good one recipe is by the number of patients that it was trained on: the learning curve.

Chlebus et al. (CURAC 2018) found that quality grows with the number of training cases. Values are those of
``overlap.csv`` and ``detection.csv``, by network, laid along the patients trained on. Their intervals (of Dice
by bootstrap of patients, of detection the one that is quoted) are over those who are judged: how much it matters which
patients a share has drawn, they do not say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from livermets.masks.detected import RULE_COLUMN, measured, segmented
from livermets.masks.sizes import size_groups
from livermets.overlap.networks import NetworkMasks, headline_scans
from livermets.overlap.tables import EVERY_TIMEPOINT, patient_codes
from livermets.stats.resampling import PatientBootstrap, Resampling, per_patient_sum
from livermets.stats.results import shown_interval

DICE, SENSITIVITY = "dice", "detection"
"""Mean Dice over all lesions, a missed one with 0; the share of them that were detected by the study's rule."""
MEASURES = {DICE: "Mean Dice, all lesions", SENSITIVITY: "Share of lesions detected"}
_MOST_SHOWN = 4
_PLACE = ["cohort", "timepoint", "size"]
_OF_NETWORK = ("training_share", "n_training_patients", "n_training_scans", "n_patients_seen")
_OF_VALUE = ("value", "low", "high", "level", "method", "k", "n", "n_lesions", "n_patients", RULE_COLUMN)
COLUMNS = ("curve", "network", *_OF_NETWORK, "scans", *_PLACE, "measure", *_OF_VALUE)


def learning_curve(
    curves: Sequence[Sequence[str]],
    masks: Mapping[str, NetworkMasks],
    overlap: pd.DataFrame,
    detection: pd.DataFrame,
    resampling: Resampling,
    cuts_mm: Sequence[float],
) -> pd.DataFrame:
    """One row per curve, network, cohort, timepoint, size and measure, by the number of training patients.

    ``curves``: the networks of every recipe; ``masks``: all networks on the scans of a comparison; ``overlap`` and
    ``detection``: their tables at the cohorts and timepoints that networks are compared on (`headline_scans`). A curve
    is called after its network of the largest share."""
    scans, judged = headline_scans(masks)
    sums = _resampled_dice({name: judged[name] for names in curves for name in names}, overlap, resampling, cuts_mm)
    rows = []
    for names in curves:
        facts = {name: _trained(judged[name]) for name in names}
        order = sorted(names, key=lambda name: (facts[name]["training_share"], facts[name]["n_training_patients"]))
        whole = next(name for name in names if facts[name]["training_share"] == facts[order[-1]]["training_share"])
        for name in order:
            named = {"curve": whole, "network": name, **facts[name], "scans": scans}
            rows += [named | row for row in _values(name, overlap, detection, sums)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"k": "Int64", "n": "Int64"})


def shown_places(curve: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What a figure shows of the table, by title: every curve at the first cohorts, at all timepoints of a cohort
    together where there are several."""
    parts = {}
    for (name, cohort), part in curve.groupby(["curve", "cohort"], sort=False, dropna=False):
        timepoint = EVERY_TIMEPOINT if part["timepoint"].eq(EVERY_TIMEPOINT).any() else part["timepoint"].iloc[0]
        at = "all timepoints" if timepoint == EVERY_TIMEPOINT else timepoint
        parts[f"{name}: {cohort}, {at}"] = part[part["timepoint"].eq(timepoint)]
    return dict(list(parts.items())[:_MOST_SHOWN])


def _trained(one: NetworkMasks) -> dict[str, Any]:
    """What a network was trained on; of scans that folds drew the mean over their networks, each counted once, since
    these learnt from fewer patients than the network of all. And how many of the patients who are judged were among
    its own, at another timepoint."""
    drawn = sorted(int(fold) for fold in one.scans.get("fold", pd.Series(dtype=float)).dropna().unique())
    whole = [one.description] if one.description else []
    networks = [one.folds[fold] for fold in drawn] if drawn and set(drawn) <= set(one.folds) else whole
    seen = one.scans[one.scans["seen_in_training"].eq(1)] if "seen_in_training" in one.scans else one.scans.iloc[:0]
    scans = [known.training_scans for known in networks]
    return {
        "training_share": networks[0].training_share,
        "n_training_patients": float(np.mean([len(known.training_patients) for known in networks])),
        "n_training_scans": float(np.mean([np.nan if number is None else number for number in scans])),
        "n_patients_seen": len(seen[["cohort", "patient_id"]].drop_duplicates()),
    }


def _resampled_dice(
    masks: Mapping[str, NetworkMasks], overlap: pd.DataFrame, resampling: Resampling, cuts_mm: Sequence[float]
) -> dict[tuple[str, ...], tuple[tuple[float, float], float]]:
    """Interval of the mean Dice by patient, and its level, by network, cohort, timepoint and size. All networks have
    the same resamples."""
    found: dict[tuple[str, ...], tuple[tuple[float, float], float]] = {}
    for cohort, timepoint in overlap[["cohort", "timepoint"]].drop_duplicates().itertuples(index=False, name=None):
        draws: dict[str, PatientBootstrap] = {}
        for name, one in masks.items():
            lesions = segmented(one.lesions)
            here = lesions["cohort"].eq(cohort) & (lesions["timepoint"].eq(timepoint) | (timepoint == EVERY_TIMEPOINT))
            for size, group in size_groups(lesions[here], cuts_mm):
                if len(group):
                    patient = patient_codes(group)
                    patients = int(patient.max()) + 1
                    if size not in draws:
                        draws[size] = resampling.draw(patients)
                    boot = draws[size]
                    dice = per_patient_sum(measured(group)["dice"].to_numpy(float), patient, patients)
                    interval, _ = boot.ratio(dice, np.bincount(patient, minlength=patients).astype(float))
                    found[name, str(cohort), str(timepoint), size] = (interval, boot.level)
    return found


def _values(
    name: str,
    overlap: pd.DataFrame,
    detection: pd.DataFrame,
    dice: Mapping[tuple[str, ...], tuple[tuple[float, float], float]],
) -> list[dict[str, Any]]:
    """Mean Dice and detection of one network, as the tables have them, place by place."""
    rows = []
    own = detection[detection["network"].eq(name) & detection["study_rule"].eq(1)]
    for _, row in overlap[overlap["network"].eq(name) & overlap["n_lesions"].gt(0)].iterrows():
        where = {key: str(row[key]) for key in _PLACE}
        (low, high), level = dice[(name, *where.values())]
        counts = {"n_lesions": row["n_lesions"], "n_patients": row["n_patients"], RULE_COLUMN: row[RULE_COLUMN]}
        said = {"value": row["dice_mean"], "low": low, "high": high, "level": level, "method": "cluster-bootstrap"}
        rows.append({**where, "measure": DICE, **said, **counts})
        here = own[(own[_PLACE].astype(str) == pd.Series(where)).all(axis=1)]
        shown = shown_interval(here)
        if shown is not None:
            rows.append({**where, "measure": SENSITIVITY, **{key: shown[key] for key in _OF_VALUE[:-1]}})
            rows[-1][RULE_COLUMN] = row[RULE_COLUMN]
    return rows
