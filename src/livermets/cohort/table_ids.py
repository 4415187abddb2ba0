"""Which rows of a table are patients, and their ids as files have them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from livermets.config.cohort_entries import PatientIdForm
from livermets.errors import ProblemList
from livermets.io.patterns import matches
from livermets.io.rows import RawTable

SUMMARIES = (
    "mean",
    "mean*sd",
    "mean*std*",
    "average",
    "median",
    "total",
    "totals",
    "sum",
    "stdev",
    "standard deviation",
    "mittelwert",
    "mittel",
    "summe",
    "gesamt",
    "standardabweichung",
    "media",
    "mediana",
    "totale",
    "somma",
    "deviazione standard",
    "moyenne",
    "médiane",
    "somme",
    "écart-type",
)
"""How the lines below a table begin that hold no patient."""


def is_summary(text: str) -> bool:
    """Whether an entry names a statistic of the rows above it."""
    return any(matches(text.strip(" :.="), word) for word in SUMMARIES)


def file_id(text: str, form: PatientIdForm | None) -> str:
    """The id as folders and files have it: Excel's 7 is P007 with `{prefix: P, width: 3}`."""
    if form is None or not text:
        return text
    number = re.fullmatch(r"0*(\d+)(?:\.0+)?", text.removeprefix(form.prefix))
    if number:
        return form.prefix + number[1].zfill(form.width)
    return text if text.startswith(form.prefix) else form.prefix + text


def rows_kept(
    table: RawTable, entries: Sequence[str], patterns: Sequence[str], place: str, problems: ProblemList
) -> list[int]:
    """Indices of the rows that `ignore_rows` leaves; the others are counted in a warning by their numbers and patterns,
    since what stands in them may be a name. A pattern is compared with the patient entry and the first filled cell."""
    ignored: dict[int, str] = {}
    used: set[str] = set()
    for index, entry in enumerate(entries):
        first = next((cell for cell in table.rows[index].values() if cell), "")
        fitting = [pattern for pattern in patterns if any(text and matches(text, pattern) for text in (entry, first))]
        if fitting:
            ignored[index] = fitting[0]
        used |= set(fitting)
    if ignored:
        listed = ", ".join(f"row {table.row_numbers[index]} ({pattern})" for index, pattern in ignored.items())
        rows = "1 row is" if len(ignored) == 1 else f"{len(ignored)} rows are"
        problems.warning(place, f"{rows} left out by ignore_rows: {listed}")
    for pattern in patterns:
        if pattern not in used:
            problems.warning(place, f'no row fits "{pattern}" (ignore_rows)', "Correct it or remove it")
    return [index for index in range(len(entries)) if index not in ignored]


def check_alike(
    spellings: Iterable[tuple[str, str]], form: PatientIdForm | None, place: str, problems: ProblemList
) -> None:
    """Says which entries of the table became one patient by the form of ids, and which patients differ so little that
    they may be one. ``spellings`` are pairs of the table's entry and the id made of it."""
    entries, alike = defaultdict(set), defaultdict(set)
    for entry, patient in spellings:
        entries[patient].add(entry)
        alike[re.sub(r"(?<!\d)0+(?=\d)", "", patient.casefold())].add(patient)
    for patient, found in sorted(entries.items()):
        if len(found) > 1:
            problems.warning(place, f"{', '.join(sorted(found))} are all read as patient {patient} (patient_id)")
    for names in sorted(map(sorted, alike.values())):
        if len(names) > 1:
            what = f"{' and '.join(names)} are two patients, though their ids differ by zeros or capital letters only"
            problems.warning(place, what, "Correct the table if they are one")
    if form is None and entries and all(re.fullmatch(r"\d+\.0", patient) for patient in entries):
        fix = "Set patient_id: {width: 1} if the files are named without it"
        problems.warning(place, 'every patient id ends in ".0", as some programs write whole numbers', fix)
