"""What lies in a folder: images, masks and tables, and everything else by its count."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from livermets.errors import input_error
from livermets.io.dicom.frames import is_enhanced
from livermets.io.dicom.headers import read_header
from livermets.io.presence import is_dicom_file

IMAGE_SUFFIXES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
HEADER_SUFFIXES = (".mhd", ".nhdr")
DATA_SUFFIXES = (".raw", ".zraw", ".raw.gz")
"""Voxels beside their header."""
TABLE_SUFFIXES = (".csv", ".tsv", ".xlsx", ".xlsm")
LARGEST_LISTING = 200_000
_SAMPLED = 20
Kind = Literal["volume", "slices", "SEG", "RTSTRUCT"]


@dataclass(frozen=True, order=True)
class Item:
    """One image or mask: a file, or a folder of DICOM slices."""

    path: str
    """Relative to the folder that was looked at, with forward slashes; empty for that folder itself."""
    kind: Kind
    modality: str = ""
    """Of DICOM slices: CT, MR, PT, ..."""
    series: tuple[str, str] = ("", "")
    """Of DICOM slices: number and description of their series."""
    study: str = field(default="", repr=False)
    """Of DICOM: the study's UID, to tell patients apart; never shown."""
    enhanced: bool = False
    """One multi-frame file."""


@dataclass
class Listing:
    """The items and tables below a folder, and what was seen and is neither."""

    folder: Path
    items: list[Item] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    """Files of other kinds by their suffix."""
    empty: list[str] = field(default_factory=list)
    """Folders without any file below."""
    dangling: list[str] = field(default_factory=list)
    """Links that lead nowhere."""


def listed(folder: Path) -> Listing:
    """Everything below a folder; links to folders are followed, once on each way down."""
    found, seen = Listing(folder), 0
    todo: list[tuple[Path, frozenset[str]]] = [(folder, frozenset())]
    while todo:
        place, above = todo.pop()
        real = os.path.realpath(place)
        if real in above:
            continue  # a link to a folder that it lies in
        entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        seen += len(entries)
        if seen > LARGEST_LISTING:
            raise input_error(folder, f"more than {LARGEST_LISTING} files", "Give the folder of one cohort")
        shown = [entry for entry in entries if not entry.name.startswith(".")]
        hidden = len(entries) - len(shown)
        if hidden:
            found.others["hidden"] += hidden
        found.dangling += [_relative(entry.path, folder) for entry in shown if not os.path.exists(entry.path)]
        todo += [(Path(entry.path), above | {real}) for entry in reversed(shown) if entry.is_dir()]
        files = [Path(entry.path) for entry in shown if entry.is_file()]
        if not shown:
            found.empty.append(_relative(place, folder))
        _sort_files(found, place, files)
    found.items.sort()
    return found


def _relative(path: Path | str, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _sort_files(found: Listing, place: Path, files: list[Path]) -> None:
    """The files of one folder as items, tables and others."""
    rest = []
    for file in files:
        name = file.name.lower()
        if name.endswith(IMAGE_SUFFIXES):
            found.items.append(Item(_relative(file, found.folder), "volume"))
        elif name.endswith(TABLE_SUFFIXES):
            found.tables.append(_relative(file, found.folder))
        elif not (name.endswith(DATA_SUFFIXES) and any(f.name.lower().endswith(HEADER_SUFFIXES) for f in files)):
            rest.append(file)
    dicom = _dicom_items(found, place, rest)
    for file in rest:
        if file not in dicom:
            found.others[file.suffix.lower() or "without suffix"] += 1


def _dicom_items(found: Listing, place: Path, files: list[Path]) -> set[Path]:
    """Adds the slices, SEG and RTSTRUCT of one folder; returns the files that are DICOM.

    Headers are read of a few files only: the first ones and those whose size differs most from the usual one, as that
    of a segmentation beside the slices does."""
    sizes = sorted(file.stat().st_size for file in files)
    usual = sizes[len(sizes) // 2] if sizes else 0
    unusual = sorted(files, key=lambda file: -abs(file.stat().st_size - usual))
    tags = [
        "SOPClassUID",
        "Modality",
        "SeriesNumber",
        "SeriesDescription",
        "Rows",
        "NumberOfFrames",
        "StudyInstanceUID",
    ]
    looked_at = dict.fromkeys([*files[:3], *unusual[:_SAMPLED]])
    dicom = {file for file in (looked_at if len(files) > 500 else files) if is_dicom_file(file)}
    headers = {file: read_header(file, tags) for file in looked_at if file in dicom}
    slices: dict[tuple[str, str, str], str] = {}
    for file, header in sorted(headers.items()):
        if header is None:
            found.others["damaged DICOM"] += 1
            continue
        modality, study = str(header.get("Modality", "")), str(header.get("StudyInstanceUID", ""))
        series = (str(header.get("SeriesNumber") or ""), str(header.get("SeriesDescription") or ""))
        if modality in ("SEG", "RTSTRUCT"):
            found.items.append(Item(_relative(file, found.folder), modality, study=study))  # type: ignore[arg-type]
        elif "Rows" in header and len(files) <= 2 and int(header.get("NumberOfFrames") or 1) > 1 and is_enhanced(file):
            found.items.append(Item(_relative(file, found.folder), "slices", modality, series, study, True))
        elif "Rows" in header:
            slices.setdefault((modality, *series), study)
        else:
            found.others["DICOM without pixels"] += 1
    path = _relative(place, found.folder)
    for (modality, number, text), study in slices.items():
        found.items.append(Item("" if path == "." else path, "slices", modality, (number, text), study))
    return set(files) if dicom and len(files) > 500 else dicom
