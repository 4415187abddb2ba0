"""Which table of a folder is the outcome table, and the keys that make it one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from livermets.cohort.lesion_rows import ID_PATTERN
from livermets.cohort.table_ids import file_id, is_summary
from livermets.config.cohort_entries import PatientIdForm
from livermets.errors import InputError
from livermets.io.excel import sheet_names
from livermets.io.rows import RawTable, read_rows

_LESION = r"(lesion\w*|l(a|ae)sion\w*|tumou?r|tumeur|tumore|mts|metasta\w*)"
_NUMBER = r"[ _.-]*(id|no|nr|num|number|nummer|numero|label|code|n)?\.?"
_SIZE = r"(diam|durchm|longest|\bld\b|size|gross|taille|dimension|\bmm\b|\bcm\b)"
_BEFORE = r"(base|\bpre|before|\bvor|prima|avant|\bt0\b|initial)"
_AFTER = r"(follow|post|after|\bfu\b|\bnach|dopo|apres|\bt1\b|verlauf|kontroll)"
_COLUMN_WORDS = {
    "patient_id": rf"(patient(en)?|paziente|pat|subject|case|fall|pid|id|pseudonym|kennung|codice|code){_NUMBER}",
    "timepoint": r".*time.?point.*|.*visit.*|tp|zeitpunkt",
    "lesion_id": rf"{_LESION}{_NUMBER}|label",
    "response": r".*(respon|reponse|ansprechen|risposta|recist|respuesta).*",
    "baseline_diameter_mm": rf".*{_BEFORE}.*{_SIZE}.*|.*{_SIZE}.*{_BEFORE}.*",
    "followup_diameter_mm": rf".*{_AFTER}.*{_SIZE}.*|.*{_SIZE}.*{_AFTER}.*",
    "centre": r".*cent(re|er)\b.*|.*hospital.*|site|.*institution.*|zentrum|klinik|centro|ospedale|hopital",
}
_HEADER_ROWS = 6
_SHOWN = 10
_DIAMETERS = ("baseline_diameter_mm", "followup_diameter_mm")
_RECIST = {"CR": 1, "PR": 1, "SD": 1, "PD": 0}


@dataclass
class TableGuess:
    """The keys of a cohort that read a table, and what they could not say."""

    path: str
    keys: dict[str, Any] = field(default_factory=dict)
    patients: list[str] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    """Our columns by the table's names."""
    unknown: list[str] = field(default_factory=list)
    """Headings that are none of our columns."""
    n_on_disk: int = 0
    rule: str = "growth_mm"
    trouble: str = ""
    """Why it cannot be used."""


def guessed(folder: Path, name: str, on_disk: Sequence[str]) -> TableGuess:
    """The reading of one table (its sheets, its upper rows as header) that finds most columns and patients."""
    path = folder / name
    sheets: list[str | None] = [None]
    try:
        if name.lower().endswith((".xlsx", ".xlsm")):
            sheets = list(sheet_names(path)) or [None]
    except InputError as error:
        return TableGuess(name, trouble=str(error))
    found: list[TableGuess] = []
    trouble = ""
    rows = range(1, _HEADER_ROWS)
    headers: list[int | list[int] | None] = [None, *rows, *([row, row + 1] for row in rows)]
    for sheet, header in product(sheets, headers):
        try:
            table = read_rows(path, sheet, header)
        except InputError as error:
            trouble = trouble or error.problems[0].what
            continue
        guess = _of_table(name, table, on_disk)
        stated = {"sheet": sheet if len(sheets) > 1 else None, "header_row": header}
        guess.keys |= {key: value for key, value in stated.items() if value is not None}
        found.append(guess)
    if not found:
        return TableGuess(name, trouble=trouble)
    return max(found, key=lambda guess: (not guess.trouble, guess.n_on_disk, len(guess.columns)))


def _of_table(name: str, table: RawTable, on_disk: Sequence[str]) -> TableGuess:
    guess = TableGuess(name)
    for ours, words in _COLUMN_WORDS.items():
        free = [column for column in table.columns if column not in guess.columns.values()]
        fitting = [ours] if ours in free else [column for column in free if re.fullmatch(words, _plain(column))]
        if fitting:
            guess.columns[ours] = fitting[0]
    guess.unknown = [column for column in table.columns if column not in guess.columns.values()]
    if "patient_id" not in guess.columns:
        shown = ", ".join(column[:30] for column in table.columns[:_SHOWN])
        guess.trouble = f"no heading names the patient (its headings: {shown})"
        return guess
    mapped = {ours: theirs for ours, theirs in guess.columns.items() if ours != theirs}
    if mapped:
        guess.keys["columns"] = mapped
    entries = [row[guess.columns["patient_id"]] or next(filter(is_summary, row.values()), "") for row in table.rows]
    _guess_ids(guess, entries, on_disk)
    cells = [row[guess.columns[name]] for name in _DIAMETERS if name in guess.columns for row in table.rows]
    if any(re.fullmatch(r"\d+,\d+", cell) for cell in cells):
        guess.keys["decimal"] = ","
    if any(re.search(r"\bcm\b", guess.columns.get(name, "")) for name in _DIAMETERS):
        guess.keys["diameter_unit"] = "cm"
    if "response" in guess.columns and not set(_DIAMETERS) <= set(guess.columns):
        guess.rule = "column"
        said = {row[guess.columns["response"]].upper() for row in table.rows if row[guess.columns["patient_id"]]}
        if said & set(_RECIST) and said <= {*_RECIST, ""}:
            guess.keys["response_values"] = {entry: _RECIST[entry] for entry in _RECIST if entry in said}
    return guess


def _guess_ids(guess: TableGuess, entries: list[str], on_disk: Sequence[str]) -> None:
    """The table's patients, its rows that are none, and how files spell the ids."""
    ignored = list(dict.fromkeys(entry for entry in entries if entry and (is_summary(entry) or not _is_id(entry))))
    ids = list(dict.fromkeys(entry for entry in entries if entry and entry not in ignored))
    forms = [None, *_forms(on_disk)]
    best = max(forms, key=lambda form: len({file_id(entry, form) for entry in ids} & set(on_disk)))
    guess.patients = list(dict.fromkeys(file_id(entry, best) for entry in ids))
    guess.n_on_disk = len(set(guess.patients) & set(on_disk))
    if best is not None:
        guess.keys["patient_id"] = best.model_dump(exclude_defaults=True) or {"width": best.width}
    if ignored:
        guess.keys["ignore_rows"] = ignored
    if not guess.n_on_disk:
        shown = ", ".join(guess.patients[:5])
        guess.trouble = f"none of its {len(guess.patients)} patients ({shown}) has an image here"


def _is_id(entry: str) -> bool:
    return ID_PATTERN.fullmatch(entry) is not None and entry.strip(".") != ""


def _forms(on_disk: Sequence[str]) -> list[PatientIdForm]:
    """Prefixes and widths that the names on disk have."""
    parts = [found for name in on_disk if (found := re.fullmatch(r"(.*?)(\d+)", name))]
    forms = {
        (found[1], len(found[2]) if found[2].startswith("0") or width > 1 else 1)
        for found in parts
        for width in (1, len(found[2]))
    }
    return [PatientIdForm(prefix=prefix, width=width) for prefix, width in sorted(forms)]


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in letters if not unicodedata.combining(sign)).strip()
