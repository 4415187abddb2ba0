"""A patient's lesions through all timepoints: one track per lesion, with what became of it at each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from livermets.config.follow_up import FollowUpSettings
from livermets.follow_up.links import Link, Links, Place, is_shown, link_lesions, measured, places
from livermets.follow_up.registration import Registration
from livermets.imaging.geometry import Volume

FIRST, LINKED, BACK, NEW, SPLIT = "first", "linked", "back", "new", "split"
GONE, MERGED, OUTSIDE, UNLINKED = "gone", "merged", "outside", "unlinked"
STATUSES = (FIRST, LINKED, BACK, NEW, SPLIT, GONE, MERGED, OUTSIDE, UNLINKED)
"""What a lesion is at a timepoint. There: at the first scan that shows its place, the same as at the timepoint before,
there again after it was gone, where there was none, a part of an earlier one that is two now. Not there: gone, part of
another lesion now, beyond the end of the scan. Unlinked: nothing can be said of what it was before."""


@dataclass(frozen=True)
class Followed:
    """One track at one timepoint."""

    timepoint: int
    """Its number in the series."""
    track: int
    status: str
    lesion_id: int | None = None
    """None: there is no such lesion at this timepoint."""
    link: Link | None = None
    """To where the lesion was last seen, where the livers were registered."""
    with_track: int | None = None
    """The track that it merged with, or split from."""


@dataclass
class _Series:
    """What is known of the tracks so far; their places are in the scan that was looked at last."""

    settings: FollowUpSettings
    last: dict[int, Place] = field(default_factory=dict)
    """Where the lesion of a track was last; empty from where a scan cannot be laid over the next one."""
    rows: list[Followed] = field(default_factory=list)

    @property
    def tracks(self) -> dict[int, Followed]:
        """Every track so far, with what it was last."""
        return {row.track: row for row in self.rows}


def follow(
    series: Sequence[Volume], steps: Sequence[Registration | None], by_id: bool, settings: FollowUpSettings
) -> list[Followed]:
    """The tracks of a patient's label maps in the order of time; ``steps`` lay each scan over the next one, None where
    that cannot be done.

    ``by_id``: a lesion is the one that has the same id, and its track has the id's number. Otherwise tracks are
    numbered by the timepoint at which they begin, and there from feet to head."""
    known = _Series(settings)
    for number, labels in enumerate(series):
        step = None if number == 0 else steps[number - 1]
        known.last = {} if step is None else {t: place.carried(step.affine) for t, place in known.last.items()}
        if by_id:
            rows = _by_id(known, number, labels)
        elif number and step is None:
            rows = _apart(known, number, labels)
        else:
            rows = _by_position(known, number, labels, None if step is None else (step, series[number - 1]))
        known.rows += rows
        here = places(labels)
        known.last |= {row.track: here[row.lesion_id] for row in rows if row.lesion_id is not None}
    return sorted(known.rows, key=lambda row: (row.timepoint, row.track))


def _by_id(known: _Series, number: int, labels: Volume) -> list[Followed]:
    here, before = places(labels), known.tracks
    rows = []
    for lesion_id, place in here.items():
        link = None
        if lesion_id in known.last:
            distance, overlap = measured({lesion_id: known.last[lesion_id]}, {lesion_id: place}, labels)
            link = Link(float(distance[0, 0]), float(overlap[0, 0]))
        status = _status(before[lesion_id]) if lesion_id in before else NEW if number else FIRST
        rows.append(Followed(number, lesion_id, status, lesion_id, link))
    return rows + [Followed(number, track, _gone(known, track, labels)) for track in before if track not in here]


def _apart(known: _Series, number: int, labels: Volume) -> list[Followed]:
    """Without a registration every lesion begins a track of its own, and nothing more is said of the earlier ones."""
    return _begun(known, number, dict.fromkeys(places(labels), UNLINKED), labels)


def _by_position(
    known: _Series, number: int, labels: Volume, before: tuple[Registration, Volume] | None
) -> list[Followed]:
    links = link_lesions(known.last, labels, known.settings)
    track_of = {lesion_id: track for track, (lesion_id, _) in links.linked.items()}
    before_it = known.tracks
    rows = [
        Followed(number, track, _status(before_it[track]), lesion_id, link)
        for track, (lesion_id, link) in links.linked.items()
    ]
    rows += [
        _not_there(known, number, track, links, track_of, labels) for track in known.last if track not in links.linked
    ]
    begun = {
        lesion_id: SPLIT if lesion_id in links.split else _beginning(place, before)
        for lesion_id, place in places(labels).items()
        if lesion_id not in track_of
    }
    return [*rows, *_begun(known, number, begun, labels, links.split)]


def _not_there(
    known: _Series, number: int, track: int, links: Links, track_of: Mapping[int, int], labels: Volume
) -> Followed:
    if track in links.merged:
        return Followed(number, track, MERGED, with_track=track_of[links.merged[track]])
    return Followed(number, track, _gone(known, track, labels))


def _gone(known: _Series, track: int, labels: Volume) -> str:
    """Of a track without a lesion: whether the scan shows where it was."""
    shown = track not in known.last or is_shown(known.last[track].centroid_xyz_mm, labels.grid)
    return GONE if shown else OUTSIDE


def _beginning(place: Place, before: tuple[Registration, Volume] | None) -> str:
    """A lesion is new only where the scan before shows that there was none."""
    if before is None:
        return FIRST
    step, earlier = before
    return NEW if is_shown(step.affine.back(place.centroid_xyz_mm[None])[0], earlier.grid) else FIRST


def _begun(
    known: _Series, number: int, begun: Mapping[int, str], labels: Volume, split: Mapping[int, int] | None = None
) -> list[Followed]:
    """Lesions that begin a track, from feet to head; of the same height, from front to back and right to left."""
    here = places(labels)
    height = {i: tuple(np.round(place.centroid_xyz_mm[::-1], 6)) for i, place in here.items()}
    first = max(known.tracks, default=0) + 1
    return [
        Followed(number, first + rank, begun[lesion_id], lesion_id, with_track=(split or {}).get(lesion_id))
        for rank, lesion_id in enumerate(sorted(begun, key=lambda i: height[i]))
    ]


def _status(last: Followed) -> str:
    """Of a track that has a lesion again: whether it had one at the timepoint before."""
    return LINKED if last.lesion_id is not None else BACK
