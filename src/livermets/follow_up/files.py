"""The scans of one patient read from files, and what becomes of them written: two tables and a picture."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livermets.config.follow_up import FollowUpSettings
from livermets.errors import ProblemList
from livermets.figures.writing import write_png
from livermets.follow_up.figures import Shown, linked_lesions
from livermets.follow_up.registration import LiverShape, Registration, register
from livermets.follow_up.tables import LESION_COLUMNS, SCAN_COLUMNS, Timepoint, lesion_table, scan_table
from livermets.follow_up.tracks import Followed, follow
from livermets.imaging.geometry import Volume
from livermets.io.images import read_volume
from livermets.io.masks import integer_labels, read_mask
from livermets.io.tables import read_table, write_csv
from livermets.masks.measured import measure_lesions

_OF_MATCHING = ("lesion_id", "kind", "volume_automatic_ml")


@dataclass(frozen=True)
class Words:
    """What the verb is told of each timepoint: words ``TIMEPOINT=…``, of ``matching`` ``TIMEPOINT/SOURCE=…``. The order
    of ``lesions`` is that of time."""

    lesions: Sequence[str]
    images: Sequence[str] = ()
    livers: Sequence[str] = ()
    matching: Sequence[str] = ()
    days: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class _Scan:
    labels: Volume
    liver: NDArray[np.bool_] | None
    shape: LiverShape | None
    timepoint: Timepoint


@dataclass(frozen=True, eq=False)
class FollowedPatient:
    """One patient's lesions over time."""

    lesions: pd.DataFrame
    scans: pd.DataFrame
    shown: list[Shown]
    followed: list[Followed]
    steps: list[Registration | None]


def follow_patient(
    words: Words, key: Mapping[str, str], reference: str, by_id: bool, settings: FollowUpSettings
) -> FollowedPatient:
    """The lesions of one patient over time; ``key``: cohort and patient_id.

    Without a liver at one of two timepoints in a row these are not laid over each other, which the notes say. Raises
    `InputError` with every word and file that is wrong, and for fewer than two timepoints."""
    problems = ProblemList()
    paths = _named(words.lesions, "--lesions", problems)
    livers, images = _named(words.livers, "--liver", problems, paths), _named(words.images, "--image", problems, paths)
    days = _numbers(_named(words.days, "--days", problems, paths), problems)
    matching = _named(words.matching, "--matching", problems, paths, source=True)
    if not problems.errors and len(paths) < 2:
        problems.error("--lesions", "there is nothing to follow", "Give lesion masks of two timepoints, or more")
    problems.raise_if_errors()
    scans = []
    for name, path in paths.items():
        with problems.collected():
            of_sources = {word.partition("/")[2]: place for word, place in matching.items() if _of(word, name)}
            scans.append(_read(name, path, livers.get(name), of_sources, days.get(name)))
    problems.raise_if_errors()
    steps = [
        None if before.shape is None or after.shape is None else register(before.shape, after.shape)
        for before, after in pairwise(scans)
    ]
    followed = follow([scan.labels for scan in scans], steps, by_id, settings)
    series = [scan.timepoint for scan in scans]
    lesions = lesion_table(series, followed, steps, reference).assign(**key)[list(LESION_COLUMNS)]
    totals = scan_table(series, followed, steps, reference, by_id, settings).assign(**key)[list(SCAN_COLUMNS)]
    shown = [Shown(s.timepoint.name, s.labels, images.get(s.timepoint.name), s.liver) for s in scans]
    return FollowedPatient(lesions, totals, shown, followed, steps)


def write_followed(out: Path, patient: FollowedPatient, title: str) -> None:
    """Writes ``lesions.csv``, ``scans.csv`` and ``tracks.png``, the largest lesions at every timepoint."""
    write_csv(out / "lesions.csv", patient.lesions)
    write_csv(out / "scans.csv", patient.scans)
    write_png(out / "tracks.png", linked_lesions(patient.shown, patient.followed, patient.steps, title))


def _named(
    words: Sequence[str], option: str, problems: ProblemList, known: Collection[str] | None = None, source: bool = False
) -> dict[str, Path]:
    """Paths by timepoint (or by ``TIMEPOINT/SOURCE``), each once and of a timepoint that is ``known``."""
    form, parts = ("TIMEPOINT/SOURCE=PATH", "timepoint, source") if source else ("TIMEPOINT=PATH", "timepoint")
    found: dict[str, Path] = {}
    for word in words:
        name, sign, place = word.partition("=")
        timepoint, slash, drawn_by = name.partition("/")
        if not (timepoint and sign and place) or bool(slash and drawn_by) != source:
            problems.error(f"{option} {word}", f"this is not {form}", f"Name {parts} and file")
        elif name in found:
            problems.error(f"{option} {word}", f"{name} is named twice", "Give each once")
        elif known is not None and timepoint not in known:
            problems.error(f"{option} {word}", "no lesions have this timepoint", "Add --lesions TIMEPOINT=PATH")
        else:
            found[name] = Path(place)
    return found


def _numbers(words: Mapping[str, Path], problems: ProblemList) -> dict[str, float]:
    found = {}
    for name, word in words.items():
        try:
            found[name] = float(str(word))
        except ValueError:
            problems.error(f"--days {name}={word}", "this is no number of days", "Give days since the first scan")
    return found


def _of(word: str, timepoint: str) -> bool:
    return word.partition("/")[0] == timepoint


def _read(name: str, path: Path, liver: Path | None, matching: Mapping[str, Path], days: float | None) -> _Scan:
    problems = ProblemList()
    volume = read_volume(path)
    labels = volume.with_array(integer_labels(volume.array, path))
    mask, tables = None, {}
    with problems.collected():
        mask = None if liver is None else read_mask(liver, labels.grid).labels > 0
    if mask is not None and not mask.any():
        problems.error(liver, "the liver mask is empty", "Correct the mask, or leave this timepoint's --liver out")
    for source, place in matching.items():
        with problems.collected():
            tables[source] = _matching(place, problems)
    problems.raise_if_errors()
    liver_ml = None if mask is None else float(np.count_nonzero(mask)) * labels.grid.voxel_ml
    shape = None if mask is None else LiverShape.of(labels.with_array(mask))
    measured = measure_lesions(labels.array, labels.grid.spacing_zyx_mm)
    return _Scan(labels, mask, shape, Timepoint(name, measured, liver_ml, days, tables))


def _matching(path: Path, problems: ProblemList) -> pd.DataFrame:
    table = read_table(path)
    missing = [column for column in _OF_MATCHING if column not in table]
    if missing:
        problems.error(path, f"missing column{'s' * (len(missing) > 1)} {', '.join(missing)}", "Give a matching.csv")
    return table
