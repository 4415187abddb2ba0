"""Lesions over time: volumes of the reference and of the primary source, and which lesion is which."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from livermets.follow_up.tables import IDS
from livermets.follow_up.tracks import STATUSES
from livermets.report import formatting as fmt
from livermets.report.document import Block, Bullets, Column, Details, Figure, Note, Paragraph, Section, Table
from livermets.report.pictures import drawing_svg, picture_file
from livermets.report.study import StudyResults
from livermets.report.tables import Shown, csv_download, kept_together, rows_in, shown_table

MOST_SHOWN = 20
"""Patients with figures of their own."""
_PATIENT = ["cohort", "patient_id"]
_HOW = {
    True: "Lesions are linked by the id that the reader gave them.",
    False: (
        "Lesions are linked by position: the liver of a scan is laid over that of the next one (an affine map of their "
        "surfaces), and each lesion is the nearest one there, one to one."
    ),
}
_CANNOT_KNOW = (
    "A link says that two lesions lie at the same place, not that they are the same: one that vanished beside one that "
    "appeared, neighbours closer than the livers agree, and a lesion that the reader left out of one scan cannot be "
    "told from their likes. A lesion counts as gone when its place is shown and nothing is drawn there. No other table "
    "of the study uses the links."
)


def follow_up_section(study: StudyResults) -> Section | None:
    """All patients in one table, then each with curves, pictures and volumes; nothing without a patient whose masks are
    known at several timepoints."""
    lesions, scans = study.follow_up.get("lesions", pd.DataFrame()), study.follow_up.get("scans", pd.DataFrame())
    if scans.empty or lesions.empty:
        return None
    reference, other = study.sources.reference, study.sources.primary
    own = scans[scans["mask_source"].eq(reference)]
    notes = [f"{row['patient_id']}: {row['note']}." for row in rows_in(own[own["note"].notna()])]
    patients = [(str(c), str(p)) for c, p in own[_PATIENT].drop_duplicates().itertuples(index=False, name=None)]
    blocks: list[Block] = [
        Paragraph(_counts(lesions[lesions["mask_source"].eq(reference)], own)),
        Paragraph(" ".join([*(_HOW[by_id] for by_id in (True, False) if own["linked_by"].eq(IDS).eq(by_id).any())])),
        Note(_CANNOT_KNOW, "caution"),
        *([Bullets(notes)] if notes else []),
        *_direction(scans, reference, other),
        _patients_table(scans, reference, other),
        *(Details(_title(*name), [*_of_patient(study, name)]) for name in patients[:MOST_SHOWN]),
    ]
    if len(patients) > MOST_SHOWN:
        text = f"Figures of the first {MOST_SHOWN} patients are shown; those of all lie in results/<cohort>/follow_up."
        blocks.append(Note(text, "info"))
    return Section("follow-up", "Lesions over time", blocks)


def _counts(lesions: pd.DataFrame, scans: pd.DataFrame) -> str:
    """``2 patients have masks at several timepoints, 6 scans with 37 lesions, which make 20 tracks.``"""
    patients, tracks = (lesions[key].drop_duplicates() for key in (_PATIENT, [*_PATIENT, "track"]))
    sentence = (
        f"{fmt.plural(len(patients), 'patient')} with lesion masks at several timepoints: "
        f"{fmt.plural(len(scans), 'scan')}, in which {fmt.plural(scans['n_lesions'].sum(), 'lesion')} make "
        f"{fmt.plural(len(tracks), 'track')}."
    )
    later = scans["liver_dice"].dropna()
    if len(later):
        sentence += (
            f" Livers agree after registration with a Dice of {fmt.number(later.min())} to {fmt.number(later.max())}."
        )
    return sentence


def _direction(scans: pd.DataFrame, reference: str, other: str | None) -> Iterator[Block]:
    """Whether the totals of both change in the same direction."""
    said = scans.loc[scans["mask_source"].isin([other]), "same_direction"].dropna()
    if len(said):
        yield Paragraph(
            f"Total volume, from the first timepoint to every later one: {other} changes in the same direction as "
            f"{reference} in {fmt.count_of(int(said.sum()), len(said))}."
        )


def _patients_table(scans: pd.DataFrame, reference: str, other: str | None) -> Table:
    """One row per scan: what was linked, and the total volume of both sources."""
    key = [*_PATIENT, "timepoint"]
    own = scans[scans["mask_source"].eq(reference)]
    theirs = scans[scans["mask_source"].isin([other])].set_index(key)[["volume_ml", "volume_change", "same_direction"]]
    rows = own.join(theirs.add_suffix("_other"), on=key)
    columns = [
        Shown("Patient", lambda row: f"{row['patient_id']}\n{row['cohort']}"),
        Shown("Timepoint", _when),
        Shown("Lesions", lambda row: fmt.integer(row["n_lesions"]), numeric=True),
        Shown("Of these", _statuses),
        Shown("Dice of livers", lambda row: fmt.number(row["liver_dice"]), numeric=True),
        Shown(f"Volume, {reference} (ml)", lambda row: _with_change(row, ""), numeric=True),
    ]
    if len(theirs):
        columns += [
            Shown(f"Volume, {other} (ml)", lambda row: _with_change(row, "_other"), numeric=True),
            Shown("Same direction", lambda row: fmt.yes_no(row["same_direction_other"])),
        ]
    caption = (
        "Every scan of the series: what became of the lesions since the timepoint before, how well the livers agree "
        "after registration, and the volume of all lesions together (findings without a lesion of the reference "
        "included) with its change since the first timepoint."
    )
    return shown_table("follow-up-patients", caption, columns, rows_in(rows), data=scans)


def _when(row: pd.Series) -> str:
    return str(row["timepoint"]) + ("" if fmt.is_missing(row["days"]) else f"\nday {fmt.integer(row['days'])}")


def _statuses(row: pd.Series) -> str:
    counts = {status: row[f"n_{status}"] for status in STATUSES}
    return ", ".join(f"{fmt.integer(n)} {status}" for status, n in counts.items() if n)


def _with_change(row: pd.Series, which: str) -> str:
    volume, change = fmt.number(row[f"volume_ml{which}"], 1), row[f"volume_change{which}"]
    return f"{volume}\n{_change(change)}" if change else volume


def _change(share: float) -> str:
    """``+12 %``; empty where it is not known."""
    if fmt.is_missing(share):
        return ""
    return kept_together(f"{'+' * (share > 0)}{fmt.percent(share, 0)}")


def _title(cohort: str, patient: str) -> str:
    return f"{cohort}, patient {patient}"


def _of_patient(study: StudyResults, name: tuple[str, str]) -> Iterator[Block]:
    """Curves, the picture of the linked lesions, and every lesion's sizes."""
    from livermets.follow_up.figures import MOST_LESIONS, volumes_over_time

    lesions, scans = (_of(study.follow_up[table], name) for table in ("lesions", "scans"))
    reference, other = study.sources.reference, study.sources.primary
    stem = f"follow-up-{name[0]}-{name[1]}"
    drawn = volumes_over_time(lesions, scans, reference, other)
    compared = scans["mask_source"].isin([other]).any()
    caption = (
        f"{_title(*name)}: volume over time of {fmt.plural(lesions['track'].nunique(), 'lesion')} at "
        f"{fmt.plural(scans['timepoint'].nunique(), 'timepoint')}, by track (left) and all together (right); "
        f"{reference} solid{f', {other} dashed (of each lesion what is matched with it)' if compared else ''}."
    )
    alt = "Lines of volume over time, one per lesion and one for all together; the download has the values."
    yield Figure(f"{stem}-volumes", caption, alt, drawing_svg(drawn, stem), download=csv_download(stem, lesions))
    yield _lesions_table(stem, lesions[lesions["mask_source"].eq(reference)], name)
    if name in study.follow_up_pictures:
        caption = (
            f"{_title(*name)}: the largest lesions (at most {MOST_LESIONS}) at every timepoint, where they are largest "
            "or would be; numbers are tracks, dashed contours the lesions of the timepoint before, carried over."
        )
        alt = "Slices of the same lesions at every timepoint, with contours and track numbers."
        picture = picture_file(study.follow_up_pictures[name], f"{stem}-tracks")
        yield Figure(f"{stem}-tracks", caption, alt, picture, download=csv_download(f"{stem}-tracks", scans))


def _of(table: pd.DataFrame, name: tuple[str, str]) -> pd.DataFrame:
    return table[table["cohort"].eq(name[0]) & table["patient_id"].eq(name[1])]


def _lesions_table(stem: str, lesions: pd.DataFrame, name: tuple[str, str]) -> Table:
    """A row per track and a column per timepoint."""
    points = list(dict.fromkeys(lesions.sort_index()["timepoint"]))
    cells = {(row["track"], row["timepoint"]): _cell(row) for row in rows_in(lesions)}
    rows = [
        [fmt.integer(track), *(cells.get((track, point), "") for point in points)]
        for track in sorted(lesions["track"].unique())
    ]
    caption = f"{_title(*name)}: volume, longest diameter and what became of every lesion, by track; change of volume "
    head = [Column("Track", True), *(Column(point) for point in points)]
    download = csv_download(f"{stem}-lesions", lesions)
    return Table(f"{stem}-lesions", f"{caption}since it was first seen.", head, rows, download)


def _cell(row: pd.Series) -> str:
    words = str(row["status"])
    if not fmt.is_missing(row["with_track"]):
        words += f" ({'with' if words == 'merged' else 'from'} {fmt.integer(row['with_track'])})"
    if fmt.is_missing(row["volume_ml"]) or not row["volume_ml"]:
        return words
    size = kept_together(f"{fmt.number(row['volume_ml'])} ml, {fmt.number(row['longest_diameter_mm'], 0)} mm")
    change = _change(row["volume_change"]) if row["volume_change"] else ""
    return "\n".join([size, ", ".join(part for part in (words, change) if part)])
