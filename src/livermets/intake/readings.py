"""Which part of a path is the patient: the reading of a folder that explains its files with the fewest templates."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from livermets.intake.listing import IMAGE_SUFFIXES, Item

LESION_WORDS = (
    r"tumou?rs?|tumeurs?|tumore|lesions?|l(?:ä|ae|a)sion(?:en)?|lésions?|lesion[ei]|mts|metasta\w*?|(?<![a-z])mets?"
)
DATE = r"(?:19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d"
_TIME_WORDS = (
    r"baseline|base|basale|pre|post|follow[-_]?up[-_]?\d*|fu[-_]?\d*|before|after|vor|nach|prima|dopo|avant|apr[eè]s|"
    r"visit[-_]?\d+|verlauf|kontrolle"
)
TIMEPOINT = rf"{_TIME_WORDS}|tp[-_]?\d+|t\d"
FIRST_TIMEPOINT = r"base\w*|pre|before|vor|prima|avant|(tp|t|visit)[-_]?0*[01]"
_KIND = re.compile(
    rf"images?|labels?|masks?|maske|segm?|segment\w*|volumes?|dicom|nifti|ct|liver|leber|fegato|{LESION_WORDS}|{_TIME_WORDS}"
    rf"|{DATE}|data|train|test|\w*(images|labels|masks)\w*",
    re.IGNORECASE,
)
_NUMBERED_LESION = re.compile(rf"((?:{LESION_WORDS})(?:[ _.-]*(?:nr|no|n|id))?[ _.:#-]*)(\d+)", re.IGNORECASE)
_TIME_IN_NAME = re.compile(rf"(?<![A-Za-z0-9])({_TIME_WORDS})(?![A-Za-z0-9])", re.IGNORECASE)
_TOKEN = re.compile(r"[^_\-. ]+")
_UNEXPLAINED = 5
"""What an item that a reading leaves out costs, in patients told one by one."""
Span = tuple[int, int]


@dataclass(frozen=True)
class Read:
    """One item with the patient it belongs to and the template of its path."""

    item: Item
    patient: str
    template: str
    lesion: int | None = None
    timepoint: str = ""


def readings(items: Sequence[Item]) -> list[Read]:
    """The items by patient: a folder each at some depth, or a part of each file's name. Items that the chosen reading
    does not explain are left out."""
    read = [[found for item in items if (found := rule(item)) is not None] for rule in _rules(items)]
    return _with_wildcards(min(read, key=lambda one: _cost(one, len(items))))


def of_one_patient(items: Sequence[Item], folder: str) -> list[Read] | None:
    """The same with the folder that they lie in as their one patient, where no other reading explains every item by
    names that can be patients."""
    usual = readings(items)
    if len(usual) == len(items) and not any(_KIND.fullmatch(one.patient) for one in usual):
        return None
    inside = [replace(item, path=f"{folder}/{item.path}".rstrip("/")) for item in items]
    read = [found for item in inside if (found := _by_folder(item, 0, False)) is not None]
    likely = not usual or _cost(read, len(items)) + 3 <= _cost(usual, len(items))
    return _with_wildcards(read) if likely else None


def _cost(read: Sequence[Read], n_items: int) -> int:
    """Templates and patients that have to be told one by one; words for kinds of files, dates and timepoints are no
    patients, an id without a digit is rare, and a DICOM study is of one patient."""
    patients = {one.patient for one in read}
    kinds = sum(bool(_KIND.fullmatch(name)) for name in patients)
    wordy = sum(not any(sign.isdigit() for sign in name) for name in patients)
    timed = sum(bool(_TIME_IN_NAME.search(name)) for name in patients)
    torn = len({(one.item.study, one.patient) for one in read}) - len({one.item.study or one.patient for one in read})
    unlikely = 10 * kinds + 4 * torn + 3 * timed + wordy + _UNEXPLAINED * (n_items - len(read))
    return 2 * len({one.template for one in read}) + len(patients) + unlikely


def _rules(items: Sequence[Item]) -> Iterator[Callable[[Item], Read | None]]:
    deepest = max((len(_folders(item)) for item in items), default=0)
    for depth in range(deepest):
        for again in (False, True):
            yield lambda item, depth=depth, again=again: _by_folder(item, depth, again)  # type: ignore[misc]
    for span in _spans():
        yield lambda item, span=span: _by_name(item, span)  # type: ignore[misc]


def _folders(item: Item) -> list[str]:
    parts = [part for part in item.path.split("/") if part]
    return parts if item.kind == "slices" and not item.enhanced else parts[:-1]


def _by_folder(item: Item, depth: int, again: bool) -> Read | None:
    """The folder at a depth as patient; with ``again`` its name further down is the patient too."""
    if depth >= len(_folders(item)):
        return None
    parts = item.path.split("/")
    read = _numbered(Read(item, parts[depth], "/".join([*parts[:depth], "{patient}", *parts[depth + 1 :]])))
    if not again:
        return read
    above, _, below = read.template.partition("{patient}")
    whole = re.compile(rf"(?<![A-Za-z0-9]){re.escape(read.patient)}(?![A-Za-z0-9])")
    return replace(read, template=f"{above}{{patient}}{whole.sub('{patient}', below)}")


def _by_name(item: Item, span_of: Callable[[str], Span | None]) -> Read | None:
    if item.kind == "slices" and not item.enhanced:
        return None
    place, _, name = item.path.rpartition("/")
    lower = name.lower()
    suffix = next((end for end in sorted(IMAGE_SUFFIXES, key=len, reverse=True) if lower.endswith(end)), "")
    stem = name[: len(name) - len(suffix)] if suffix else os.path.splitext(name)[0]
    span = span_of(stem)
    if span is None:
        return None
    template = stem[: span[0]] + "{patient}" + name[span[1] :]
    return _numbered(Read(item, stem[slice(*span)], f"{place}/{template}" if place else template))


def _spans() -> Iterator[Callable[[str], Span | None]]:
    """Parts of a name that may be the patient: a token, the first few tokens, a number, from either end."""

    def part(pattern: re.Pattern[str], first: int, last: int) -> Callable[[str], Span | None]:
        def span(stem: str) -> Span | None:
            found = list(pattern.finditer(stem))
            if max(first, last) >= len(found) or -min(first, last) > len(found):
                return None
            return found[first].start(), found[last].end()

        return span

    for index in (0, 1, 2, -1, -2):
        yield part(_TOKEN, index, index)
    yield part(_TOKEN, 0, 1)
    yield part(_TOKEN, 0, 2)
    for index in (0, -1, 1, -2):
        yield part(re.compile(r"\d+"), index, index)


def _numbered(read: Read) -> Read:
    """``MASKS/livertumor03`` is lesion 3 of ``MASKS/livertumor{lesion}``: the number behind a word for lesions."""
    parts = read.template.split("/")
    for index in range(len(parts) - 1, -1, -1):
        found = _NUMBERED_LESION.search(parts[index])
        if found:
            parts[index] = f"{parts[index][: found.start(2)]}{{lesion}}{parts[index][found.end() :]}"
            return replace(read, template="/".join(parts), lesion=int(found[2]))
    return read


def _with_wildcards(read: list[Read]) -> list[Read]:
    """``Metastasis {lesion} segment VII.nii`` and ``... segment IV.nii`` as ``Metastasis {lesion} segment *.nii``,
    unless two files would then be one lesion of one patient."""
    heads: dict[str, set[str]] = defaultdict(set)
    for one in read:
        if one.lesion is not None:
            head, _, tail = one.template.partition("{lesion}")
            heads[head].add(tail)
    for head, tails in heads.items():
        joined = _joined(sorted(tails))
        mine = [one for one in read if one.lesion is not None and one.template.partition("{lesion}")[0] == head]
        if joined and len({(one.patient, one.lesion) for one in mine}) == len(mine):
            read = [replace(one, template=f"{head}{{lesion}}{joined}") if one in mine else one for one in read]
    return read


def _joined(tails: list[str]) -> str | None:
    if len(tails) < 2 or any("/" in tail or "*" in tail for tail in tails):
        return None
    before = re.sub(r"[^ _-]*$", "", _common_start(tails))
    behind = _common_start([tail[len(before) :][::-1] for tail in tails])[::-1]
    behind = behind[behind.find(".") :] if "." in behind else ""
    return f"{before}*{behind}" if before else None


def _common_start(texts: list[str]) -> str:
    first, last = min(texts), max(texts)
    equal = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(sign for sign, _ in equal)


def with_timepoints(read: list[Read]) -> list[Read]:
    """The same with `{timepoint}` where some patient has files that differ by a word for a timepoint only."""
    word = re.compile(rf"(?<![A-Za-z0-9])({TIMEPOINT})(?![A-Za-z0-9])", re.IGNORECASE)
    shifted = []
    for one in read:
        found = word.search(one.template)
        if found is None:
            shifted.append(one)
            continue
        template = f"{one.template[: found.start()]}{{timepoint}}{one.template[found.end() :]}"
        shifted.append(replace(one, template=template, timepoint=found[1]))
    points: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in shifted:
        points[(one.patient, one.template)].add(one.timepoint)
    several = any(len(found) > 1 for found in points.values())
    return shifted if several else read
