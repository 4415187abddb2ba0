"""What lies in the folder of a scan, file by file: the pictures, and everything else counted by what it is."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydicom.dataset import Dataset
from pydicom.uid import UID, MediaStorageDirectoryStorage

from livermets.errors import input_error
from livermets.io.dicom.headers import object_kind, read_header, shown_name
from livermets.io.folders import files_below
from livermets.io.presence import is_dicom_file, stand_in

Pictures = list[tuple[Path, Dataset]]
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_OTHER_CLASSES = {
    "1.2.840.10008.5.1.4.1.1.4": "MR",
    "1.2.840.10008.5.1.4.1.1.128": "PT",
    "1.2.840.10008.5.1.4.1.1.130": "PT",
    "1.2.840.10008.5.1.4.1.1.20": "NM",
    "1.2.840.10008.5.1.4.1.1.6": "US",
    "1.2.840.10008.5.1.4.1.1.481.2": "RTDOSE",
}
"""SOP classes (DICOM PS3.4 B.5), with those that begin like them, that no CT has; by modality."""
_STANDARD = "1.2.840.10008."
"""What the identities of all public SOP classes begin with."""
_MAGIC_ENDS_AT = 132
_MAYBE_CT = ("", "CT", "OT", "SC")
"""Converted CTs come as "other" or as secondary captures."""
_LEFT_OUT = {
    "copies": ("copy of a slice", "copies of slices"),
    "empty_files": ("empty file (no bytes, or zeros)", "empty files (no bytes, or zeros)"),
    "named_like_slices": ("file named like a slice that is not DICOM", "files named like slices that are not DICOM"),
}
"""What a folder of a scan should not hold, in words for one and for several."""
LEFT_OUT_FIX = "If slices of the CT are among them, copy the series again"


def pictures_in(path: Path) -> tuple[Pictures, Counter[str]]:
    """The DICOM pictures of a folder (or one file) with their headers, and how many files are something else.

    Raises `InputError` for links that lead nowhere, files that were not fetched, damaged DICOM files, and a folder
    without pictures."""
    files = [path] if path.is_file() else files_below(path)
    sorted_out: dict[str, list[Path]] = defaultdict(list)
    pictures: Pictures = []
    for file in files:
        kind, header = _kind(file)
        if header is not None and kind == "picture":
            pictures.append((file, header))
        else:
            sorted_out[kind].append(file)
    if damaged := sorted_out["damaged"]:
        what = f"{len(damaged)} DICOM file(s) cannot be read, the first is {shown_name(damaged[0])}"
        raise input_error(path, what, "Export the series again")
    if absent := [file for file in sorted_out["other_files"] if stand_in(file)]:
        what = f"{len(absent)} of {len(files)} files here were not fetched, the first is {shown_name(absent[0])}"
        raise input_error(path, what, stand_in(absent[0]))
    if not pictures:
        what = "no DICOM image in this folder" if files else "this folder is empty"
        raise input_error(path, what, "Check the path; it must hold the slices of the CT")
    counts = Counter({kind: len(members) for kind, members in sorted_out.items()})
    suffixes = {file.suffix.lower() for file, _ in pictures} - {""}
    alike = sum(_named_like(file, suffixes) for file in sorted_out["other_files"])
    return pictures, counts + Counter(named_like_slices=alike) - Counter(other_files=alike)


def only_ct(pictures: Pictures, where: Path, counts: Counter[str]) -> Pictures:
    """The pictures that can be slices of a CT, by modality and SOP class; the others are counted as other series.

    Raises `InputError` when there are none."""
    left = [(file, header) for file, header in pictures if not _other_modality(header)]
    series = Counter(_uid(header) for _, header in left)
    if any(
        _is_ct(header) and (series[_uid(header)] > 1 or _frames(header) > 1) and not is_scout(header)
        for _, header in left
    ):
        left = [
            (file, header)
            for file, header in left
            if _is_ct(header) and not (_captured(header) and series[_uid(header)] == 1)
        ]
    others = sorted({_other_modality(header) for _, header in pictures} - {""})
    alone = max(series.values(), default=0) < 2
    if others and not any(_is_ct(header) for _, header in left) and alone:
        raise input_error(where, _not_ct(others), "Give the slices of the CT")
    if alone and all(_captured(header) for _, header in left):
        what = "this is a secondary capture (a screenshot, a report), not CT"
        raise input_error(where, what, "Give the slices of the CT")
    counts["other_series"] += len(pictures) - len(left)
    return left


def is_scout(header: Dataset) -> bool:
    """Whether a picture says that it is a localizer."""
    return "LOCALIZER" in [str(part).upper() for part in header.get("ImageType") or []]


def left_out(counts: Mapping[str, int]) -> str:
    """What was left out of a folder although it should not be there, in words; empty when there is nothing."""
    words = [
        f"{counts[kind]} {one if counts[kind] == 1 else several}"
        for kind, (one, several) in _LEFT_OUT.items()
        if counts.get(kind)
    ]
    return f"left out of the series: {', '.join(words)}" if words else ""


def _kind(
    file: Path,
) -> tuple[Literal["picture", "masks", "other_dicom", "other_files", "empty_files", "damaged"], Dataset | None]:
    if not file.is_file():
        return "other_files", None
    if _is_empty(file):
        return "empty_files", None
    header, marked = read_header(file), is_dicom_file(file)
    if header is None:
        return ("damaged" if marked else "other_files"), None
    if object_kind(header) is not None:
        return "masks", None
    if "Rows" in header:
        return "picture", header
    if _is_cut_short(header, marked) and file.name.upper() != "DICOMDIR":
        return "damaged", None
    return ("other_dicom" if marked or "SOPClassUID" in header else "other_files"), None


def _is_cut_short(header: Dataset, marked: bool) -> bool:
    """Whether a DICOM file without a picture's size ends before it could say it."""
    stated = UID(str(header.get("SOPClassUID") or ""))
    if not stated:
        return marked and header.file_meta.get("MediaStorageSOPClassUID") != MediaStorageDirectoryStorage
    if stated.name == stated:  # no SOP class that is known: a private one, or what is left of one
        return _STANDARD.startswith(stated) or stated.startswith(_STANDARD)
    return "Image Storage" in stated.name and any(known.startswith(_modality(header)) for known in _MAYBE_CT)


def _is_empty(file: Path) -> bool:
    """Whether a file holds nothing, or zeros: what a copy that failed leaves, and the preamble of a DICOM file."""
    with file.open("rb") as stream:
        start = stream.read(4096)
    rest = start.lstrip(b"\0")
    return not rest or (len(start) < _MAGIC_ENDS_AT and b"DICM".startswith(rest))


def _named_like(file: Path, suffixes: set[str]) -> bool:
    """Whether a file has the slices' suffix, perhaps with another behind it; not what Macs write beside each file."""
    return not file.name.startswith("._") and bool({suffix.lower() for suffix in file.suffixes} & suffixes)


def _modality(header: Dataset) -> str:
    return re.sub(r"[^A-Z]", "", str(header.get("Modality") or "").upper())[:16]


def _is_ct(header: Dataset) -> bool:
    return _modality(header) == "CT"


def _uid(header: Dataset) -> str:
    return str(header.get("SeriesInstanceUID", ""))


def _frames(header: Dataset) -> int:
    return int(header.get("NumberOfFrames") or 1)


def _captured(header: Dataset) -> bool:
    sop_class = str(header.get("SOPClassUID", ""))
    return sop_class == _SECONDARY_CAPTURE or sop_class.startswith(f"{_SECONDARY_CAPTURE}.")


def _other_modality(header: Dataset) -> str:
    """The modality of a picture that cannot be a CT's; empty for one that can."""
    modality, sop_class = _modality(header), str(header.get("SOPClassUID", ""))
    by_class = next(
        (name for root, name in _OTHER_CLASSES.items() if sop_class == root or sop_class.startswith(f"{root}.")), ""
    )
    return by_class if modality in _MAYBE_CT else modality


def _not_ct(modalities: list[str]) -> str:
    """The sentence for what is there instead of a CT."""
    names = ["PET" if name == "PT" else name for name in modalities]
    if len(names) > 1:
        return f"these are {', '.join(names[:-1])} and {names[-1]} series, not CT"
    article = "an" if names[0][0] in "AEFHILMNORSX" else "a"  # as the first letter is spoken
    return f"this is {article} {names[0]} series, not CT"
