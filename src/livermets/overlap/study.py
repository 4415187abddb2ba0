"""What the networks of a study made of its scans: every table, the study's own network first and alone, then beside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from livermets.config.statistics import SIZE_CUTS_MM
from livermets.overlap.detection import lesion_wise
from livermets.overlap.learning_curve import COLUMNS, learning_curve
from livermets.overlap.networks import (
    NetworkMasks,
    as_seen,
    compare_networks,
    headline_scans,
    networks_table,
    stacked,
)
from livermets.overlap.scans import DIFFERENCES, scan_differences, scan_summary
from livermets.overlap.tables import (
    at_places,
    detection_by_size,
    false_positives,
    overlap_by_patient,
    overlap_by_size,
)
from livermets.overlap.timepoints import never_seen, seen_differences, timepoint_differences, with_training_status
from livermets.stats.resampling import Resampling

_PLACE = ("cohort", "timepoint")


@dataclass(frozen=True, eq=False)
class OverlapTables:
    """Tables of every network, on all scans that it was applied to; those of a comparison (``pairs``, ``missed``,
    ``timepoints``) are empty where there is one network."""

    networks: pd.DataFrame
    """One row per network, and per network of its folds: what it is and costs; in a comparison, on the scans that all
    networks saw."""
    lesions: pd.DataFrame
    """Every manual lesion as every network saw it."""
    overlap: pd.DataFrame
    detection: pd.DataFrame
    lesion_wise: pd.DataFrame
    per_patient: pd.DataFrame
    scan_measures: pd.DataFrame
    false_positives: pd.DataFrame
    timepoints_unseen: pd.DataFrame
    """One timepoint minus another, in patients that the network never saw in training."""
    timepoints_seen: pd.DataFrame
    """Patients that it saw at another timepoint minus those that it never saw."""
    pairs: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["first", "second"]))
    scan_pairs: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["first", "second", *DIFFERENCES]))
    """The first network minus every other, over whole scans."""
    missed: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["timepoint", "n_missed_by"]))
    timepoints: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["network"]))
    learning_curve: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(COLUMNS)))
    """Networks of one recipe by their number of training patients; empty where no recipe has several shares."""


def overlap_tables(
    masks: Mapping[str, NetworkMasks],
    alone: Resampling,
    beside: Resampling,
    given: Mapping[str, NetworkMasks] = {},
    curves: Sequence[Sequence[str]] = (),
    cuts_mm: Sequence[float] = SIZE_CUTS_MM,
) -> OverlapTables:
    """Every table of some networks, of which the first is the study's own and may have been applied to more cohorts,
    and of masks that were given (a reader's, another tool's), each on the scans that it has.

    The cohorts of the other networks are laid side by side at their timepoints, with the resamples ``beside``: all
    networks have the same ones there. Whatever masks are judged by on their own has the resamples ``alone``.
    ``curves``: the networks of every recipe that was trained on several shares of the patients. ``cuts_mm``: between
    the sizes of lesions, by longest diameter. Raises `InputError` as `compare_networks`."""
    compared = _places(list(masks.values())[1:])
    parts = [
        _tables_alone(name, own.part(~_in(own, compared)), alone, cuts_mm) for name, own in list(masks.items())[:1]
    ]
    by_training = _by_training(masks or given, alone, cuts_mm)
    parts += [_tables_alone(name, one, alone, cuts_mm) for name, one in given.items()]
    every = {**masks, **given}
    common = {
        "per_patient": stacked({name: overlap_by_patient(one.lesions) for name, one in every.items()}),
        "scan_measures": stacked({name: scan_summary(one.scans, alone) for name, one in every.items()}),
        "false_positives": stacked({name: false_positives(one.scans) for name, one in every.items()}),
    }
    drawn = {name: one.part(_in(one, compared) & one.scans["manual_lesions"].notna()) for name, one in masks.items()}
    comparison = dict(vars(compare_networks(drawn, beside, cuts_mm))) if len(masks) > 1 else {}
    order = list(dict.fromkeys(str(cohort) for one in every.values() for cohort in one.scans["cohort"]))
    if not comparison:
        comparison["networks"] = networks_table(masks)
    beside_each_other = [{name: comparison.pop(name) for name in parts[0]}] if len(masks) > 1 else []
    joined = {
        name: _in_order([part[name] for part in [*parts, *beside_each_other]], list(every), order) for name in parts[0]
    }
    tables = OverlapTables(**joined, **comparison, **common, **by_training)
    # After everything else: the resamples go on in one stream, so that these move no other interval.
    if curves:
        compared_on = compared_lesions(tables.lesions)
        overlap, detection = (at_places(table, compared_on) for table in (tables.overlap, tables.detection))
        tables = replace(tables, learning_curve=learning_curve(curves, drawn, overlap, detection, beside, cuts_mm))
    return replace(tables, scan_pairs=_scan_pairs(drawn, beside)) if len(masks) > 1 else tables


def _scan_pairs(masks: Mapping[str, NetworkMasks], resampling: Resampling) -> pd.DataFrame:
    """Whole scans of the first network minus those of every other, on what `compare_networks` compares them on."""
    what, judged = headline_scans(masks)
    first, *others = ((name, one.scans) for name, one in judged.items())
    tables = [
        scan_differences(first[1], scans, resampling).assign(first=first[0], second=name, scans=what)
        for name, scans in others
    ]
    return pd.concat(tables, ignore_index=True)[["first", "second", *DIFFERENCES]]


def _places(masks: Iterable[NetworkMasks]) -> set[tuple[Any, ...]]:
    """Cohort and timepoint of every scan of some networks."""
    return {place for one in masks for place in one.scans[list(_PLACE)].itertuples(index=False, name=None)}


def _in(one: NetworkMasks, places: set[tuple[Any, ...]]) -> pd.Series:
    found = [place in places for place in one.scans[list(_PLACE)].itertuples(index=False, name=None)]
    return pd.Series(found, index=one.scans.index, dtype=bool)


def _tables_alone(
    name: str, one: NetworkMasks, resampling: Resampling, cuts_mm: Sequence[float]
) -> dict[str, pd.DataFrame]:
    """The tables of one network on some scans."""
    lesions = one.lesions
    tables = {
        "overlap": overlap_by_size(lesions, cuts_mm),
        "detection": detection_by_size(lesions, resampling, cuts_mm),
        "lesion_wise": lesion_wise(one.matching, one.scans, resampling),
        "lesions": as_seen(lesions),
    }
    return {table: stacked({name: rows}) for table, rows in tables.items()}


def _by_training(
    masks: Mapping[str, NetworkMasks], resampling: Resampling, cuts_mm: Sequence[float]
) -> dict[str, pd.DataFrame]:
    """Differences between timepoints by what each network saw of a patient in its training."""
    unseen, seen = {}, {}
    for name, one in masks.items():
        lesions = with_training_status(one.lesions, one.scans)
        unseen[name] = timepoint_differences(never_seen(lesions), resampling, cuts_mm)
        seen[name] = seen_differences(lesions, resampling, cuts_mm)
    return {"timepoints_unseen": stacked(unseen), "timepoints_seen": stacked(seen)}


def _in_order(tables: list[pd.DataFrame], networks: list[str], cohorts: list[str]) -> pd.DataFrame:
    """Tables under each other, by network and cohort in these orders."""
    joined = pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)
    if joined.empty:
        return joined
    places = [joined["network"].map(networks.index), joined["cohort"].astype(str).map(cohorts.index)]
    order = pd.concat(places, axis=1, keys=["network", "cohort"]).sort_values(["network", "cohort"], kind="stable")
    return joined.loc[order.index].reset_index(drop=True)


def compared_lesions(lesions: pd.DataFrame) -> pd.DataFrame:
    """Of the rows of ``lesions``, those that networks are compared on: of cohorts and timepoints that every network
    saw, the validation scans, or, where there are none, the cross-validated ones."""
    networks = lesions["network"].nunique()
    beside = lesions[lesions.groupby(list(_PLACE), dropna=False)["network"].transform("nunique") == networks]
    validation = beside["cross_validated"].eq(0) if "cross_validated" in beside else pd.Series(True, beside.index)
    return beside[validation] if validation.any() else beside
