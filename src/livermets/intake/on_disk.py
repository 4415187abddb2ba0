"""Patients that lie on disk but in no cohort, and empty folders: what a table alone never shows."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from livermets.cohort.lesion_rows import TableReader
from livermets.cohort.study import Cohort, Study
from livermets.config.outcome import OutcomeSettings
from livermets.config.paths import TemplateError, fill
from livermets.errors import InputError, ProblemList
from livermets.io.rows import read_rows

_ANY, _PATIENT = "\x00any\x00", "\x00patient\x00"
_SHOWN = 20


class _Wildcards(Mapping[str, str]):
    """Stands for every value that a path template may ask for."""

    def __getitem__(self, name: str) -> str:
        return _PATIENT if name == "patient" else _ANY

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(("patient",))

    def __len__(self) -> int:
        return 1


def check_left_over(study: Study, problems: ProblemList) -> None:
    """Warns of patients whose image exists though no cohort's table or list has them, and of empty patient folders.

    A name on disk may be a person's: only names of the form of the tables' own ids are shown, others are counted."""
    known = {name for cohort in study.cohorts for name in _all_patients(cohort)}
    forms = {_form(name) for name in known}
    seen: set[str] = set()
    for cohort in study.cohorts:
        template = _template(cohort)
        if template is None or template in seen:
            continue
        seen.add(template)
        where = f"cohort {cohort.name}, image"
        with_image, empty = _on_disk(template)
        strangers = sorted(with_image - known)
        if strangers:
            source = "the table" if cohort.settings.table is not None else "`patients`"
            have = "patient on disk is" if len(strangers) == 1 else "patients on disk are"
            what = f"{len(strangers)} {have} not in {source}: {_listed(strangers, forms)}"
            problems.warning(where, what, "Add them if they belong to the study")
        if empty - known:
            folders = "folder is" if len(empty - known) == 1 else "folders are"
            what = f"{len(empty - known)} patient {folders} empty: {_listed(sorted(empty - known), forms)}"
            problems.warning(where, what, "Was the export complete?")


def _template(cohort: Cohort) -> str | None:
    settings = cohort.settings
    if settings.image is None or settings.phantom is not None or "{patient}" not in settings.image:
        return None
    try:
        return os.path.normpath(fill(settings.image, _Wildcards(), settings.folder, Path()))
    except TemplateError:
        return None


def _all_patients(cohort: Cohort) -> set[str]:
    """Every patient that the cohort's table or list names, whether it is selected or excluded or neither."""
    named = {row.patient_id for row in cohort.rows} | {entry.patient for entry in cohort.settings.exclude}
    settings = cohort.settings
    if settings.table is None or settings.phantom is not None:
        return named | set(settings.patients or [])
    try:
        table = read_rows(fill(settings.table, {}, settings.folder, Path()), settings.sheet, settings.header_row)
    except (InputError, TemplateError):
        return named
    return named | set(TableReader(cohort.name, settings, OutcomeSettings(), table).patients)


def _on_disk(template: str) -> tuple[set[str], set[str]]:
    """Names in the patient's place of an image template: those that have the image, and those with no file at all."""
    parts = Path(template).parts
    depth = next(index for index, part in enumerate(parts) if _PATIENT in part)
    place = os.path.join(*parts[: depth + 1])
    whole, first = _pattern(template), _pattern(place)
    # Where the CT is a folder, a file beside the patients' folders (the table, a README) is no patient.
    images = [path for path in _glob(template) if Path(template).suffix or os.path.isdir(path)]
    found = {(match["id"], _holds_files(path)) for path in images if (match := whole.fullmatch(path))}
    folders = [path for path in _glob(place) if os.path.isdir(path)]
    empty = {match["id"] for path in folders if (match := first.fullmatch(path)) and not _holds_files(path)}
    filled = {name for name, files in found if files}
    return filled, (empty | {name for name, files in found if not files}) - filled


def _pattern(template: str) -> re.Pattern[str]:
    before, *others = template.split(_PATIENT)
    text = f"{re.escape(before)}(?P<id>[^/]+){'(?P=id)'.join(map(re.escape, others))}"
    return re.compile(text.replace(re.escape(_ANY), "[^/]+"))


def _glob(template: str) -> list[str]:
    return glob.glob("*".join(glob.escape(piece) for piece in re.split(f"{_ANY}|{_PATIENT}", template)))


def _holds_files(path: str) -> bool:
    """Whether a path is a file or a folder with a file anywhere in it; links count as what they lead to."""
    return not os.path.isdir(path) or any(files for _, _, files in os.walk(path, followlinks=True))


def _form(name: str) -> str:
    return re.sub(r"\d+", "0", name)


def _listed(names: list[str], forms: set[str]) -> str:
    shown = [name for name in names if _form(name) in forms]
    others = len(names) - len(shown)
    listed = [*shown[:_SHOWN], *([f"{len(shown) - _SHOWN} more"] if len(shown) > _SHOWN else [])]
    return ", ".join([*listed, *([f"{others} named otherwise than the patients of the study"] if others else [])])
