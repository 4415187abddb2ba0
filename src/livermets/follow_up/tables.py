"""Volumes over time, per lesion and per scan: of the reference, and of what other sources made of the same lesions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from livermets.config.follow_up import FollowUpSettings
from livermets.follow_up.registration import Registration
from livermets.follow_up.tracks import GONE, STATUSES, Followed
from livermets.masks.identity import MANUAL

LESION_COLUMNS = (
    "cohort",
    "patient_id",
    "timepoint",
    "days",
    "mask_source",
    "track",
    "lesion_id",
    "status",
    "with_track",
    "volume_ml",
    "longest_diameter_mm",
    "volume_change",
    "diameter_change",
    "distance_mm",
    "overlap",
    "liver_dice",
)
"""Of the table with one row per track, timepoint and mask source."""
SCAN_COLUMNS = (
    "cohort",
    "patient_id",
    "timepoint",
    "days",
    "mask_source",
    "linked_by",
    "n_lesions",
    "volume_ml",
    "unmatched_ml",
    "volume_change",
    "same_direction",
    "liver_ml",
    "liver_dice",
    *(f"n_{status}" for status in STATUSES),
    "note",
)
"""Of the table with one row per timepoint and mask source."""
IDS, POSITION = "ids", "position"
_SIZES = {"volume_ml": "volume_change", "longest_diameter_mm": "diameter_change"}


@dataclass(frozen=True, eq=False)
class Timepoint:
    """What is measured of one scan of the series."""

    name: str
    lesions: pd.DataFrame
    """Lesions of the reference (`masks.measured`)."""
    liver_ml: float | None = None
    """None: no liver is known."""
    days: float | None = None
    """Since the patient's first scan; None: not known."""
    matching: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """Of every other source with masks of the scan, how these match the reference (``matching.csv``)."""


def lesion_table(
    series: Sequence[Timepoint], followed: Sequence[Followed], steps: Sequence[Registration | None], reference: str
) -> pd.DataFrame:
    """One row per track, timepoint and mask source, the reference's first; a lesion that is gone has 0 ml and 0 mm.

    Of another source: what is matched with the lesion, 0 ml where that is nothing, no diameter, and no row where the
    reference has no lesion. Changes are from the first size of the track in masks of the same source, as a share of
    it."""
    rows = [row for source in (None, *_others(series)) for row in _rows(series, followed, source)]
    table = pd.DataFrame(rows, columns=[*LESION_COLUMNS[2:-1]])
    table["mask_source"] = table["mask_source"].fillna(reference)
    for size, change in _SIZES.items():
        first = table.groupby(["mask_source", "track"], dropna=False)[size].transform("first")
        table[change] = table[size] / first.where(first > 0) - 1
    return table.assign(liver_dice=table["timepoint"].map(_dice_by_timepoint(series, steps)))


def _rows(series: Sequence[Timepoint], followed: Sequence[Followed], source: str | None) -> list[dict[str, object]]:
    """Of one source; None: the reference."""
    rows: list[dict[str, object]] = []
    for row in followed:
        point = series[row.timepoint]
        sizes = _sizes(point, row) if source is None else _sizes_of(point, row, source)
        if sizes is None:
            continue
        link = row.link if source is None else None
        rows.append(
            {
                "timepoint": point.name,
                "days": point.days,
                "mask_source": source,
                "track": row.track,
                "lesion_id": row.lesion_id,
                "status": row.status,
                "with_track": row.with_track,
                **sizes,
                "distance_mm": np.nan if link is None else link.distance_mm,
                "overlap": np.nan if link is None else link.overlap,
            }
        )
    return rows


def _sizes(point: Timepoint, row: Followed) -> dict[str, float]:
    if row.lesion_id is None:
        return dict.fromkeys(_SIZES, 0.0 if row.status == GONE else np.nan)
    lesion = point.lesions.set_index("lesion_id").loc[row.lesion_id]
    return {size: float(lesion[size]) for size in _SIZES}


def _sizes_of(point: Timepoint, row: Followed, source: str) -> dict[str, float] | None:
    matching = point.matching.get(source)
    if matching is None or row.lesion_id is None:
        return None
    of_lesion = matching[matching["kind"].eq(MANUAL) & matching["lesion_id"].eq(row.lesion_id)]
    volume = float(of_lesion["volume_automatic_ml"].iloc[0]) if len(of_lesion) else np.nan
    return {"volume_ml": volume, "longest_diameter_mm": np.nan}


def scan_table(
    series: Sequence[Timepoint],
    followed: Sequence[Followed],
    steps: Sequence[Registration | None],
    reference: str,
    by_id: bool,
    settings: FollowUpSettings,
) -> pd.DataFrame:
    """One row per timepoint and mask source, the reference's first: all lesions together, and how they were linked.

    ``same_direction``: whether a source's total and the reference's changed in the same direction since the first
    timepoint at which both are known; neither, where one of them did not change."""
    dice = _dice_by_timepoint(series, steps)
    rows: list[dict[str, object]] = []
    for number, point in enumerate(series):
        counts = Counter(f"n_{one.status}" for one in followed if one.timepoint == number)
        row: dict[str, object] = {
            "timepoint": point.name,
            "days": point.days,
            "mask_source": reference,
            "linked_by": IDS if by_id else POSITION,
            "n_lesions": len(point.lesions),
            "volume_ml": float(point.lesions["volume_ml"].sum()),
            "liver_ml": point.liver_ml,
            "liver_dice": dice[point.name],
            **{f"n_{status}": counts[f"n_{status}"] for status in STATUSES},
            "note": _notes(series, followed, steps, number, by_id, settings),
        }
        rows.append(row)
    for source in _others(series):
        for point in series:
            if source in point.matching:
                key = {"timepoint": point.name, "days": point.days, "mask_source": source}
                rows.append(key | _total(point.matching[source]))
    table = pd.DataFrame(rows, columns=list(SCAN_COLUMNS[2:]))
    first = table.groupby("mask_source", dropna=False)["volume_ml"].transform("first")
    table["volume_change"] = table["volume_ml"] / first.where(first > 0) - 1
    return table.assign(same_direction=_same_direction(table, reference))


def _others(series: Sequence[Timepoint]) -> list[str]:
    """The sources beside the reference, in their order."""
    return list(dict.fromkeys(source for point in series for source in point.matching))


def _total(matching: pd.DataFrame) -> dict[str, object]:
    volume, matched = matching["volume_automatic_ml"], matching["kind"].eq(MANUAL)
    return {
        "n_lesions": int((volume > 0).sum()),
        "volume_ml": float(volume.sum()),
        "unmatched_ml": float(volume[~matched].sum()),
    }


def _same_direction(table: pd.DataFrame, reference: str) -> pd.Series:
    """1 or 0 in the rows of other sources, from their second timepoint on."""
    said: dict[tuple[str, str], int] = {}
    every = {str(source): part for source, part in table.groupby("mask_source", dropna=False)}
    volume = {source: dict(zip(part["timepoint"], part["volume_ml"], strict=True)) for source, part in every.items()}
    for source in volume.keys() - {reference}:
        first, *later = volume[source]
        for point in later:
            own, other = (np.sign(volume[name][point] - volume[name][first]) for name in (source, reference))
            said[source, point] = int(own == other)
    keys = zip(table["mask_source"], table["timepoint"], strict=True)
    return pd.Series([said.get(key) for key in keys], index=table.index, dtype="Int64")


def _dice_by_timepoint(series: Sequence[Timepoint], steps: Sequence[Registration | None]) -> dict[str, float]:
    """Of every timepoint, how well the liver of the one before agrees with its own."""
    found = {point.name: np.nan for point in series}
    return found | {
        point.name: np.nan if step is None else step.liver_dice for point, step in zip(series[1:], steps, strict=True)
    }


def _notes(
    series: Sequence[Timepoint],
    followed: Sequence[Followed],
    steps: Sequence[Registration | None],
    number: int,
    by_id: bool,
    settings: FollowUpSettings,
) -> str:
    """What is to be doubted in the links to the timepoint before; empty where nothing is."""
    if number == 0:
        return ""
    step, names = steps[number - 1], f"{series[number - 1].name} and {series[number].name}"
    if step is None:
        lacking = [point.name for point in series[number - 1 : number + 1] if point.liver_ml is None]
        what = f"no liver mask at {' and '.join(lacking)}"
        return "" if by_id else f"lesions of {names} are not linked: {what}"
    said = []
    if step.liver_dice < settings.least_liver_dice:
        what = f"the livers of {names} agree with a Dice of {step.liver_dice:.2f} after registration"
        said.append(f"{what}, below {settings.least_liver_dice:g}: the links may be wrong")
    far = [
        str(row.track)
        for row in followed
        if by_id and row.timepoint == number and row.link is not None and _is_far(row, settings)
    ]
    if far:
        what = f"lesion {', '.join(far)}" if len(far) == 1 else f"lesions {', '.join(far)}"
        said.append(f"{what}: the same id at {names}, more than {settings.gate_mm:g} mm apart after registration")
    return "; ".join(said)


def _is_far(row: Followed, settings: FollowUpSettings) -> bool:
    assert row.link is not None
    return row.link.distance_mm > settings.gate_mm and row.link.overlap < settings.overlap_share
