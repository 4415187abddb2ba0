"""What may leave the hospital: problems without the paths, where folders and files often carry the patient's name.

On the screen a problem names its file, so that it can be found and mended. In a table of the results it names the scan,
by the ids that the outcome table gives, and which of its files is meant."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from livermets.cohort.scan import Scan
from livermets.cohort.study import Cohort, Study
from livermets.errors import InputError, Problem
from livermets.io.folders import names_below

HIDDEN, PARENT = "…", "its folder"
# A path that nobody announced: it starts with a slash that does not stand between two words.
_ABSOLUTE = re.compile(r"(?<![^\s\"'(=])(?:~|\$\w+|\$\{\w+\})?/[^\s\"',;)]+")


def public_problems(problems: Iterable[Problem], study: Study) -> list[Problem]:
    """Problems as tables and the report hold them: each without the paths of the scan or cohort that it is about."""
    scans = {scan.label: scan for scan in study.scans()}
    cohorts = {f"cohort {cohort.name}": cohort for cohort in study.cohorts}
    found = []
    for problem in problems:
        place = problem.where.split(", ")
        found.append(without_paths(problem, cohorts.get(place[0]), scans.get(", ".join(place[:3]))))
    return found


def without_paths(problem: Problem, cohort: Cohort | None = None, scan: Scan | None = None) -> Problem:
    """The same problem with the files of its scan and the table of its cohort named by what they are."""
    ids = {scan.cohort, scan.patient_id, scan.timepoint} if scan is not None else set()
    known = {path: word for path, word in _known(cohort, scan) if path not in ids}
    folders = {os.path.realpath(path) for path, word in known.items() if word != PARENT}
    # A sentence may name a slice without its path.
    inside = {name for folder in folders for name in names_below(Path(folder)) if not _is_plain_word(name)} - ids

    def hide(text: str) -> str:
        for name in sorted(inside, key=len, reverse=True):
            text = text.replace(name, HIDDEN)
        for path in sorted(known, key=len, reverse=True):
            text = re.sub(rf"(?<![\w/.]){re.escape(path)}(?:/[^\s,:;\"]*|(?!\w))", known[path], text)
        return _ABSOLUTE.sub(HIDDEN, text)

    return replace(problem, where=hide(problem.where), what=hide(problem.what), fix=hide(problem.fix))


def _known(cohort: Cohort | None, scan: Scan | None) -> Iterator[tuple[str, str]]:
    """Every path of a scan and its cohort, as a problem may write it, with the word for it."""
    given: list[tuple[str | Path | None, str]] = []
    if cohort is not None:
        given += [(cohort.settings.folder, PARENT), (cohort.settings.table, "the table")]
        given.append((cohort.table_path, "the table"))
    if scan is not None:
        given += [(scan.image_path.parent, PARENT), (scan.image_path, "the CT")]
        for drawn in (scan, *map(scan.of_source, scan.further_sources)):
            given += [(path, "the lesion mask") for path in _lesion_masks(drawn)]
            given.append((drawn.liver_path, "the liver mask"))
    for path, word in given:
        if path is not None and not _is_plain_word(str(path)) and str(path) != os.curdir:
            yield str(path), word
            yield os.path.realpath(path), word


def _lesion_masks(scan: Scan) -> list[str | Path | None]:
    try:
        return [scan.lesion_pattern, *scan.lesion_paths]
    except InputError as error:  # a pattern that leaves the number open; the file in question is named
        return [problem.where.removeprefix(f"{scan.label}, ") for problem in error.problems]


def _is_plain_word(name: str) -> bool:
    """Whether a name may also be a word of a sentence: it is left as it is."""
    return name.isalpha() and name.islower()
