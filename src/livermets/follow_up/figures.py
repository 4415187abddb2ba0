"""Pictures of lesions over time: the same lesions at every timepoint, and their volumes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from livermets.figures.overlay import slices_figure
from livermets.figures.slices import Pane, largest_slice
from livermets.figures.style import GREY, SERIES, Look, panels
from livermets.figures.window import LIVER
from livermets.follow_up.links import labels_at, places
from livermets.follow_up.registration import Registration
from livermets.follow_up.tracks import Followed
from livermets.imaging.geometry import Volume
from livermets.io.images import read_volume
from livermets.masks.identity import AUTOMATIC, MANUAL

MOST_LESIONS = 5
"""Tracks that the picture of slices shows, the largest ones."""
MOST_LINES = len(SERIES)
"""Tracks that have a colour of their own in the curves, the largest ones; the others are grey."""
_PANE_MM = (52.0, 62.0)
_MARGIN_MM = 8.0
_LOG_FROM = 20.0
"""Ratio of the largest to the smallest volume from which the axis is logarithmic (linear below the smallest one)."""


@dataclass(frozen=True, eq=False)
class Shown:
    """One timepoint as the picture needs it."""

    name: str
    labels: Volume
    image: Path | None
    """The CT; None: the liver mask stands for it."""
    liver: NDArray[np.bool_] | None


def linked_lesions(
    shown: Sequence[Shown], followed: Sequence[Followed], steps: Sequence[Registration | None], title: str
) -> Figure:
    """A row for each of the largest tracks and a column for each timepoint: the slice where the lesion is largest, or
    where it would be, with the track numbers of all lesions on it, and those of the timepoint before as dashed
    contours, carried over."""
    tracks = _largest(shown, followed)
    columns = [_column(number, shown, followed, steps, tracks) for number in range(len(shown))]
    panes = [pane for row in zip(*columns, strict=True) for pane in row]
    words = {MANUAL: "lesions, by track", AUTOMATIC: "those of the timepoint before, carried over", "liver": "liver"}
    return slices_figure(panes, len(shown), _PANE_MM, title=title, legend=True, words=words)


def _largest(shown: Sequence[Shown], followed: Sequence[Followed]) -> list[int]:
    """Tracks by their largest volume; one that is nowhere to show them has to do for a patient without lesions."""
    size: dict[int, float] = {}
    volumes = [{i: place.volume_ml for i, place in places(one.labels).items()} for one in shown]
    for row in followed:
        volume = 0.0 if row.lesion_id is None else volumes[row.timepoint][row.lesion_id]
        size[row.track] = max(size.get(row.track, 0.0), volume)
    return sorted(size, key=lambda track: (-size[track], track))[:MOST_LESIONS] or [0]


def _column(
    number: int,
    shown: Sequence[Shown],
    followed: Sequence[Followed],
    steps: Sequence[Registration | None],
    tracks: Sequence[int],
) -> list[Pane]:
    """The panes of one timepoint, for which its CT is opened once."""
    one = shown[number]
    image = one.liver if one.image is None else read_volume(one.image).array
    if image is None:
        image = one.labels.array > 0
    if image.dtype == bool:
        image = np.where(image, LIVER.limits[1], LIVER.limits[0])
    numbers = _track_numbers(one.labels, [row for row in followed if row.timepoint == number])
    step = steps[number - 1] if number else None
    before = None if step is None else (step, shown[number - 1].labels)
    spacing_mm = one.labels.grid.spacing_zyx_mm[1:]
    rows, columns = _window(one)
    panes = []
    for track in tracks:
        z = _level(track, number, shown, followed, steps)
        contours = {} if one.liver is None else {"liver": one.liver[z, rows, columns]}
        if before is not None:
            contours[AUTOMATIC] = _carried(z, rows, columns, one.labels, *before)
        heading = f"{one.name}: {_words(track, number, followed)}"
        panes.append(Pane(heading, image[z, rows, columns], spacing_mm, contours, numbers[z, rows, columns]))
    return panes


def _words(track: int, number: int, followed: Sequence[Followed]) -> str:
    row = next((row for row in followed if (row.track, row.timepoint) == (track, number)), None)
    return f"track {track}" + ("" if row is None else f", {row.status}") if track else "no lesion"


def _track_numbers(labels: Volume, rows: Sequence[Followed]) -> NDArray[np.uint16]:
    table = np.zeros(int(labels.array.max(initial=0)) + 1, dtype=np.uint16)
    for row in rows:
        if row.lesion_id is not None:
            table[row.lesion_id] = row.track
    return table[labels.array]


def _window(one: Shown) -> tuple[slice, slice]:
    """Rows and columns around the liver (or the lesions), with a margin."""
    mask = one.labels.array > 0 if one.liver is None else one.liver
    sides = []
    for axis, spacing in zip((1, 2), one.labels.grid.spacing_zyx_mm[1:], strict=True):
        at = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        margin = round(_MARGIN_MM / spacing)
        low, high = (int(at[0]), int(at[-1])) if len(at) else (0, mask.shape[axis])
        sides.append(slice(max(low - margin, 0), high + margin + 1))
    return sides[0], sides[1]


def _level(
    track: int,
    number: int,
    shown: Sequence[Shown],
    followed: Sequence[Followed],
    steps: Sequence[Registration | None],
) -> int:
    """The slice with the largest area of a track's lesion; where there is none, the one through its centroid at the
    nearest timepoint that has it, carried over; else the middle of the scan."""
    labels = shown[number].labels
    ids = {row.timepoint: row.lesion_id for row in followed if row.track == track and row.lesion_id is not None}
    if number in ids:
        return largest_slice(labels.array == ids[number])
    for there in sorted(ids, key=lambda point: (abs(point - number), point)):
        between = steps[min(there, number) : max(there, number)]
        point = places(shown[there].labels)[ids[there]].centroid_xyz_mm[None]
        if all(step is not None for step in between):
            for step in between if there < number else reversed(between):
                assert step is not None
                point = step.affine(point) if there < number else step.affine.back(point)
            return int(np.clip(round(labels.grid.index_zyx(point)[0, 0]), 0, len(labels.array) - 1))
    return len(labels.array) // 2


def _carried(
    z: int, rows: slice, columns: slice, labels: Volume, step: Registration, earlier: Volume
) -> NDArray[np.bool_]:
    """What of a slice lies in lesions of the timepoint before."""
    shape = labels.array.shape[1:]
    y, x = np.meshgrid(np.arange(shape[0])[rows], np.arange(shape[1])[columns], indexing="ij")
    index = np.stack([np.full(y.size, z), y.ravel(), x.ravel()], axis=1)
    return np.asarray(labels_at(step.affine.back(labels.grid.points_xyz_mm(index)), earlier) > 0).reshape(y.shape)


def volumes_over_time(lesions: pd.DataFrame, scans: pd.DataFrame, reference: str, other: str | None) -> Figure:
    """Volume over time of every lesion, and of all together: of the reference solid, of ``other`` dashed. By days since
    the first scan where they are known, else by the order of the timepoints; both tables are of one patient."""
    order = scans.loc[scans["mask_source"].eq(reference), "timepoint"].tolist()
    days = scans.drop_duplicates("timepoint").set_index("timepoint")["days"].reindex(order)
    places_x = days if days.notna().all() else pd.Series(range(len(order)), index=order, dtype=float)
    with panels(2, 180, 75, common=False) as (drawn, (of_lesions, of_all)):
        _lesion_lines(of_lesions, lesions, places_x, reference, other)
        for source, look in zip((reference, other), SERIES, strict=False):
            part = scans[scans["mask_source"].isin([source])]
            if len(part):
                line = "-" if source == reference else "--"
                at = part["timepoint"].map(places_x)
                of_all.plot(at, part["volume_ml"], line, color=look.colour, marker=look.marker, label=source)
        of_all.set_ylim(bottom=0)
        of_all.legend()
        for axes, title in ((of_lesions, "each lesion"), (of_all, "all lesions")):
            axes.set(title=title, ylabel="volume (ml)")
            axes.set_xticks(places_x.to_numpy(float), _ticks(places_x, days))
            axes.set_xlabel("days since the first scan" if days.notna().all() else "timepoint, not to scale")
    return drawn


def _ticks(places_x: pd.Series, days: pd.Series) -> list[str]:
    return [f"{name}\n{day:.0f}" if days.notna().all() else str(name) for name, day in places_x.items()]


def _lesion_lines(axes: Axes, lesions: pd.DataFrame, places_x: pd.Series, reference: str, other: str | None) -> None:
    drawn = lesions[lesions["mask_source"].isin([reference, other])]
    largest = drawn.groupby("track", dropna=False)["volume_ml"].max().sort_values(ascending=False, kind="stable")
    looks = {track: SERIES[rank] if rank < MOST_LINES else Look(GREY) for rank, track in enumerate(largest.index)}
    for (track, source), part in drawn.groupby(["track", "mask_source"], dropna=False):
        look, is_reference = looks[track], source == reference
        label = f"{track}" if is_reference and look.colour != GREY else None
        axes.plot(
            part["timepoint"].map(places_x),
            part["volume_ml"],
            "-" if is_reference else "--",
            color=look.colour,
            marker=look.marker or ".",
            linewidth=1.6 if is_reference else 1.0,
            label=label,
        )
    positive = drawn.loc[drawn["volume_ml"] > 0, "volume_ml"]
    if len(positive) and positive.max() > _LOG_FROM * positive.min():
        axes.set_yscale("symlog", linthresh=float(positive.min()))
    axes.set_ylim(bottom=0)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(title="track", ncols=2)
