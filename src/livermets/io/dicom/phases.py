"""What tells the phases apart that a scanner or an archive put into one series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

_VALUES = ("SeriesNumber", "SeriesDescription", "AcquisitionNumber", "TemporalPositionIdentifier", "TriggerTime")
_TIMES = ("AcquisitionDateTime", "AcquisitionTime", "ContentTime")
_LEAST_SLICES = 3
"""Fewer are evenly spaced whatever they are."""
_MOST_PHASES = 8


@dataclass(frozen=True)
class Division:
    """Which slice belongs to which phase, and by what."""

    tag: str
    names: tuple[str, ...]
    """The phases: values of the tag, for times the first one as HH:MM:SS."""
    members: NDArray[np.intp]
    """Index into ``names`` of every slice."""


def divisions(headers: Sequence[Dataset]) -> Iterator[Division]:
    """Ways in which the slices, in the order of their positions, fall into phases that take turns.

    Values that change once on the way (a scan in two goes, one for the chest and one for the abdomen) are no phases,
    neither are values that few slices have (a time of its own for each)."""
    for tag in _VALUES:
        values = [str(header.get(tag) if header.get(tag) is not None else "") for header in headers]
        names = tuple(dict.fromkeys(values))
        yield from _taking_turns(Division(tag, names, np.array([names.index(value) for value in values])))
    for tag in _TIMES:
        seconds = [_seconds(str(header.get(tag) or "")) for header in headers]
        if None not in seconds:
            yield from _by_time(tag, np.array(seconds, float))


def clock(header: Dataset) -> str:
    """When a slice was acquired, HH:MM:SS; empty where the header does not say it."""
    seconds = (_seconds(str(header.get(tag) or "")) for tag in _TIMES)
    return next((_shown(value) for value in seconds if value is not None), "")


def _by_time(tag: str, seconds: NDArray[np.float64]) -> Iterator[Division]:
    """Slices whose times lie close together are one phase: divided at the longest pauses, one to several."""
    times = np.unique(seconds)
    if tag == "ContentTime" and len(times) > len(seconds) // _LEAST_SLICES:
        return  # when each picture was computed, in whatever order
    pauses = np.argsort(-np.diff(times), kind="stable")
    for phases in range(2, min(_MOST_PHASES, len(times)) + 1):
        starts = times[np.sort(np.append(pauses[: phases - 1] + 1, 0))]
        names = tuple(_shown(start) for start in starts)
        yield from _taking_turns(Division(tag, names, np.searchsorted(starts, seconds, side="right") - 1))


def _taking_turns(division: Division) -> Iterator[Division]:
    counts = np.bincount(division.members)
    turns = 1 + np.count_nonzero(np.diff(division.members))
    if len(set(division.names)) == len(counts) > 1 and counts.min() >= _LEAST_SLICES and turns > len(counts):
        yield division


def _seconds(text: str) -> float | None:
    """DICOM's time of day (HHMMSS.F, also after a date YYYYMMDD) in seconds."""
    digits = text.strip().replace(":", "").partition("+")[0].partition("-")[0]
    whole, _, fraction = digits.partition(".")
    whole = whole[8:] if len(whole) >= 12 else whole
    if len(whole) < 4 or not (whole + fraction).isdigit():
        return None
    return 3600.0 * int(whole[:2]) + 60 * int(whole[2:4]) + float(f"{whole[4:6] or 0}.{fraction or 0}")


def _shown(seconds: float) -> str:
    return f"{int(seconds) // 3600:02d}:{int(seconds) // 60 % 60:02d}:{int(seconds) % 60:02d}"
