"""Several segmentation networks on the same scans: side by side, and each paired with the first, lesion by lesion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.statistics import SIZE_CUTS_MM
from livermets.errors import ProblemList
from livermets.masks.detected import (
    UNDETECTED,
    detected,
    detection_dice_of,
    missed,
    rule_in_words,
)
from livermets.masks.identity import LESION_KEY, MANUAL, SCAN_KEY
from livermets.masks.lesion_table import patient_numbers
from livermets.overlap.described import described
from livermets.overlap.detection import lesion_wise
from livermets.overlap.pairs import missed_by_several, paired_differences
from livermets.overlap.tables import (
    detection_by_size,
    overlap_by_size,
)
from livermets.overlap.timepoints import timepoint_differences
from livermets.segmentation.description import NetworkDescription
from livermets.stats.resampling import Resampling
from livermets.stats.results import NAN

VALIDATION, CROSS_VALIDATED = "validation", "cross-validated"
_SEEN = ["longest_diameter_mm", "dice", "precision", "recall", "voe", "assd_mm", "hd95_mm"]


@dataclass(frozen=True, eq=False)
class NetworkMasks:
    """One network (its description, where its folder is known) and what it made of some scans: the rows of
    ``matching.csv`` and of ``scan_metrics.csv``. ``folds``: the networks of its folds that drew some of them."""

    description: NetworkDescription | None
    matching: pd.DataFrame
    scans: pd.DataFrame
    folds: Mapping[int, NetworkDescription] = field(default_factory=dict)

    @cached_property
    def lesions(self) -> pd.DataFrame:
        """The manual lesions with the columns that overlap is summed up by."""
        lesions = self.matching[self.matching["kind"] == MANUAL].reset_index(drop=True)
        fate = np.where(missed(lesions), UNDETECTED, "detected")
        here = _keys(lesions).isin(_keys(self.scans[self.cross_validated])).astype(int)
        return lesions.assign(patient=patient_numbers(lesions), automatic_fate=fate, cross_validated=here)

    @cached_property
    def cross_validated(self) -> pd.Series:
        """Whether each scan was drawn by the network of a fold that never saw the patient."""
        if not {"fold", "seen_in_training"} <= set(self.scans):
            return pd.Series(False, index=self.scans.index)
        return self.scans["fold"].notna() & self.scans["seen_in_training"].eq(0)

    def part(self, kept: pd.Series | NDArray[np.bool_]) -> NetworkMasks:
        """The same network on some of its scans."""
        scans = self.scans[kept].reset_index(drop=True)
        there = _keys(self.matching).isin(_keys(scans))
        return replace(self, matching=self.matching[there].reset_index(drop=True), scans=scans)


@dataclass(frozen=True, eq=False)
class NetworkComparison:
    """``networks``: one row per network, what it is and what it costs; ``lesions``: every manual lesion as every
    network saw it; ``overlap`` and ``detection``: by network, cohort, timepoint and size; ``lesion_wise``: by network,
    cohort and timepoint; ``pairs``: the first network minus every other on the same lesions."""

    networks: pd.DataFrame
    lesions: pd.DataFrame
    overlap: pd.DataFrame
    detection: pd.DataFrame
    lesion_wise: pd.DataFrame
    pairs: pd.DataFrame
    missed: pd.DataFrame
    timepoints: pd.DataFrame


def compare_networks(
    masks: Mapping[str, NetworkMasks], resampling: Resampling, cuts_mm: Sequence[float] = SIZE_CUTS_MM
) -> NetworkComparison:
    """Lays two or more networks side by side and pairs the first with every other: on validation scans, or where there
    are none, on cross-validated ones (`scans` of ``pairs``). They are no repetition of each other, so never on both.

    Raises `InputError` for networks that were not applied to the same scans, or whose tables list other lesions."""
    _raise_if_different(masks)
    lesions = {name: one.lesions for name, one in masks.items()}
    scans, judged = headline_scans(masks)
    judged_lesions = {name: one.lesions for name, one in judged.items()}
    first, *others = lesions
    return NetworkComparison(
        networks=networks_table(masks),
        lesions=stacked({name: as_seen(table) for name, table in lesions.items()}),
        overlap=stacked({name: overlap_by_size(table, cuts_mm) for name, table in lesions.items()}),
        detection=stacked({name: detection_by_size(table, resampling, cuts_mm) for name, table in lesions.items()}),
        lesion_wise=stacked({name: lesion_wise(one.matching, one.scans, resampling) for name, one in masks.items()}),
        pairs=pd.concat(
            [
                _named(
                    paired_differences(judged_lesions[first], judged_lesions[other], resampling, cuts_mm), first, other
                )
                for other in others
            ],
            ignore_index=True,
        ).assign(scans=scans),
        missed=missed_by_several(judged_lesions),
        timepoints=stacked(
            {name: timepoint_differences(table, resampling, cuts_mm) for name, table in judged_lesions.items()}
        ),
    )


def headline_scans(masks: Mapping[str, NetworkMasks]) -> tuple[str, dict[str, NetworkMasks]]:
    """What networks are compared on: their validation scans if there are any, else those that were cross-validated; and
    which of the two. A scan is cross-validated where every network left the patient out."""
    crossed = [set(_keys(one.scans[one.cross_validated])) for one in masks.values()]
    of_all = set.intersection(*crossed)
    validation = {name: one.part(~_keys(one.scans).isin(of_all)) for name, one in masks.items()}
    if any(len(one.scans) for one in validation.values()):
        return VALIDATION, validation
    return CROSS_VALIDATED, dict(masks)


def _keys(table: pd.DataFrame) -> pd.MultiIndex:
    """The scans that the rows of a table are of."""
    return pd.MultiIndex.from_frame(table[list(SCAN_KEY)])


def as_seen(lesions: pd.DataFrame) -> pd.DataFrame:
    rule = detection_dice_of(lesions)
    seen = lesions[[*LESION_KEY, *_SEEN]].assign(detected=detected(lesions).astype(int), detection_dice=rule)
    return seen.assign(cross_validated=lesions["cross_validated"])


def networks_table(masks: Mapping[str, NetworkMasks]) -> pd.DataFrame:
    """What every network is, and what it cost, empty where it is not known; and below it the networks of its folds,
    each with the scans that it drew."""
    rows = [{"network": name, **row} for name, one in masks.items() for row in _networks(one)]
    return pd.DataFrame(rows, columns=None if rows else ["network", "fold"]).astype({"fold": "Int64"})


def _networks(one: NetworkMasks) -> list[dict[str, Any]]:
    fold = one.scans.get("fold", pd.Series(np.nan, one.scans.index))
    rows = [{"fold": None, **_facts(one.description, one.scans)}]
    return rows + [{"fold": number, **_facts(known, one.scans[fold.eq(number)])} for number, known in one.folds.items()]


def _facts(description: NetworkDescription | None, scans: pd.DataFrame) -> dict[str, Any]:
    return {
        **described(description),
        "seconds_per_epoch": description.seconds / description.epochs if description and description.epochs else NAN,
        "seconds_per_scan": scans["seconds"].median() if "seconds" in scans else NAN,
        "device": description.device if description else None,
        "n_scans": len(scans),
    }


def stacked(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Tables of several networks under each other, the network's name in front."""
    named = [table.assign(network=name)[["network", *table]] for name, table in tables.items()]
    return pd.concat(named, ignore_index=True)


def _named(pairs: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    what = ["first", "second", "size", "dice_above"]
    named = pairs.assign(first=first, second=second)
    return named[[*what, *(column for column in pairs if column not in what)]]


def _raise_if_different(masks: Mapping[str, NetworkMasks]) -> None:
    """All networks must have seen the same scans, with the same manual lesions."""
    problems = ProblemList()
    first, *others = masks
    rules = {name: detection_dice_of(one.matching) for name, one in masks.items()}
    for other in others:
        if rules[other] != rules[first]:
            found = " and ".join(f"{name} counts as detected: {rule_in_words(rules[name])}" for name in (first, other))
            problems.error(f"{first} and {other}", found, "Run segment for both with the same matching.detection_dice")
        for what, key, tables in (
            ("scan", list(SCAN_KEY), [masks[name].scans for name in (first, other)]),
            ("lesion", list(LESION_KEY), [masks[name].lesions for name in (first, other)]),
        ):
            one, two = ({tuple(row) for row in table[key].itertuples(index=False)} for table in tables)
            for alone, name in ((one - two, first), (two - one, other)):
                if alone:
                    rows = [
                        ", ".join(f"{column} {value}" for column, value in zip(key, row, strict=True))
                        for row in sorted(alone, key=str)
                    ]
                    found = f"only {name} has the {what}{'s' * (len(rows) > 1)} {'; '.join(rows)}"
                    problems.error(f"{first} and {other}", found, "Compare networks on the same scans")
    problems.raise_if_errors()
