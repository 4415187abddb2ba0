"""The outcome table as typed rows, each problem in the words of the clinic and with its row number."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from typing import get_args

from livermets.cohort.conventions import USUAL, Conventions
from livermets.cohort.diameters import advice, says_vanished
from livermets.cohort.lesion_row import LesionRow
from livermets.cohort.outcome import needed_columns, response_from_diameters, response_from_entry
from livermets.cohort.table_ids import check_alike, file_id, is_summary, rows_kept
from livermets.cohort.units import unit_slips
from livermets.config.cohorts import CohortSettings, Column
from livermets.config.outcome import OutcomeSettings
from livermets.errors import ProblemList
from livermets.io.rows import RawTable
from livermets.masks.identity import LARGEST_LESION_ID

ID_PATTERN = re.compile(r"[A-Za-z0-9._-]+")
LARGEST_DIAMETER_MM = 300.0
_NOT_AVAILABLE = {"", "na", "n/a", "nan", "null", "none", "#n/a"}
_NAMES = ("patient_id", "timepoint", "centre")
"""Text: a centre may be called NA, and only an empty cell (or a code of the configuration) means that there is none."""
_PATIENT_COLUMNS = ("patient", "patient id", "patientid", "patient-id", "id", "pid", "subject", "case")


class TableReader:
    """Turns the selected rows of one cohort's table into `LesionRow`s and collects everything wrong with them."""

    def __init__(
        self,
        cohort: str,
        settings: CohortSettings,
        outcome: OutcomeSettings,
        table: RawTable,
        conventions: Conventions = USUAL,
    ):
        self.cohort, self.settings, self.outcome, self.table = cohort, settings, outcome, table
        self.conventions = conventions
        self.problems = ProblemList()
        self.place = f"cohort {cohort}, {table.path}"
        missing = [str(code) for code in settings.missing]
        self._codes = {"", *(code.casefold() for code in missing)}
        self._missing_numbers = {float(code) for code in missing if _is_number(code)}
        self._columns = self._find_columns()
        for remark in table.remarks:
            self.problems.warning(self.place, remark)
        entries = [self.cell(row, "patient_id") for row in table.rows]
        self.patients = [file_id(entry, settings.patient_id) for entry in entries]
        """Id of every row of the table, as files have it."""
        self.indices = rows_kept(table, entries, settings.ignore_rows, self.place, self.problems)
        """Rows of the table that are patients."""
        spellings = [(entries[index], self.patients[index]) for index in self.indices if entries[index]]
        check_alike(spellings, settings.patient_id, self.place, self.problems)
        self._check_zeros()

    @property
    def known_outcome(self) -> bool:
        """Whether the outcome of any row is needed."""
        return self.settings.needs_outcome

    def needs_outcome(self, timepoints: Iterable[str]) -> bool:
        """Whether it is needed at any of these timepoints."""
        said = [self.conventions.roles(self.settings, point) for point in timepoints]
        return any(roles is not None and roles.needs_outcome for roles in said)

    def uses_outcome(self, timepoints: Iterable[str]) -> bool:
        """Whether any of these timepoints has to do with the outcome."""
        said = [self.conventions.roles(self.settings, point) for point in timepoints]
        return any(roles is None or roles.response != "none" for roles in said)

    def has(self, column: str) -> bool:
        """Whether the table has one of our columns, under its own name or as mapped."""
        return column in self._columns

    def cell(self, cells: dict[str, str], column: str) -> str:
        """A cell's text by our column name; empty where not available."""
        text = cells.get(self._columns.get(column, ""), "")
        if column == "followup_diameter_mm" and says_vanished(text):
            return text  # never missing, whatever `missing` says: it is the best response
        if text.casefold() in (self._codes if column in _NAMES else self._codes | _NOT_AVAILABLE):
            return ""
        return "" if self._missing_numbers and _is_number(text) and float(text) in self._missing_numbers else text

    def read(self, indices: list[int]) -> list[LesionRow]:
        """The rows with these indices; one per timepoint of the configuration where the table has no timepoint."""
        if self.problems.errors:
            return []
        rows = [row for index in indices for row in self._row(index)]
        self._check_duplicates(rows)
        self._check_centres(rows)
        self._check_units(rows)
        return rows

    def _find_columns(self) -> dict[str, str]:
        found: dict[str, str] = {name: name for name in get_args(Column) if name in self.table.columns}
        header = self._row_like_a_header()
        if header is not None:
            what = f"row {header} names more of the columns than the header does"
            self.problems.error(self.place, what, f"Set header_row: {header}, or remove the lines above the header")
            return found
        for ours, theirs in self.settings.columns.items():
            if theirs in self.table.columns:
                found[ours] = theirs
            else:
                near = difflib.get_close_matches(theirs, self.table.columns, n=1, cutoff=0.6)
                fix = f'Did you mean "{near[0]}"?' if near else f"Its columns: {', '.join(self.table.columns)}"
                self.problems.error(self.place, f'there is no column "{theirs}" (columns.{ours})', fix)
        needed = ["patient_id"]
        if self.known_outcome:
            needed += ["lesion_id", *needed_columns(self.outcome)]
        for name in needed:
            if name not in found and name not in self.settings.columns:
                self.problems.error(self.place, f"there is no column {name}", self._column_fix(name))
        return found

    def _column_fix(self, name: str) -> str:
        columns = self.table.columns
        alike = next((column for column in columns if _letters(column) == _letters(name)), None)
        if alike:
            return f'Add columns: {{{name}: "{alike}"}} to the cohort, if that column is it'
        if name == "patient_id":
            guess = next((column for column in columns if column.casefold() in _PATIENT_COLUMNS), None)
            if guess:
                return f'Add columns: {{patient_id: "{guess}"}} to the cohort, if that column is it'
        if name != "response" and "response" in columns and self.outcome.rule != "column" and "diameter" in name:
            return f"Set outcome.rule: column to use the table's response, or name the {name} column under columns"
        return f'Name it under columns: {{{name}: "..."}}; the table has {", ".join(columns)}'

    def _row_like_a_header(self) -> int | None:
        """The first of the upper rows that names more of our columns than the header does."""
        ours = {_letters(name) for name in (*get_args(Column), *self.settings.columns.values(), *_PATIENT_COLUMNS)}
        known = sum(_letters(column) in ours for column in self.table.columns)
        for row, number in list(zip(self.table.rows, self.table.row_numbers, strict=True))[:20]:
            if sum(_letters(cell) in ours for cell in row.values() if cell) > known:
                return number
        return None

    def _row(self, index: int) -> list[LesionRow]:
        cells, number, patient = self.table.rows[index], self.table.row_numbers[index], self.patients[index]
        where = f"{self.place}, row {number}"
        before = len(self.problems.errors)
        if not patient:
            self.problems.error(where, "the patient id is missing", "Fill it in")
            return []
        where += f", patient {patient}"
        if is_summary(self.cell(cells, "patient_id")):
            fix = f"Set ignore_rows: [{self.cell(cells, 'patient_id')}] for this cohort"
            self.problems.error(where, "this looks like a summary of the rows above, not like a patient", fix)
            return []
        if not ID_PATTERN.fullmatch(patient) or patient.strip(".") == "":
            fix = "Use a pseudonym of letters, digits, . _ -; a row that is no patient is left out by ignore_rows"
            self.problems.error(where, f'"{patient}" cannot be a patient id', fix)
            return []
        timepoint = self.cell(cells, "timepoint")
        if self.has("timepoint") and (not ID_PATTERN.fullmatch(timepoint) or not timepoint.strip(".")):
            self.problems.error(where, f'"{timepoint}" cannot be a timepoint', "Use letters, digits, . _ -")
        timepoints = [timepoint] if self.has("timepoint") else self.settings.listed_timepoints
        needed = self.needs_outcome(timepoints)
        lesion_id = self._lesion_id(cells, where, needed)
        baseline, followup, response = None, None, None
        if self.uses_outcome(timepoints):
            baseline = self._diameter(cells, "baseline_diameter_mm", where)
            followup = self._diameter(cells, "followup_diameter_mm", where)
            response = self._response(cells, baseline, followup, where, needed)
        if len(self.problems.errors) > before:
            return []
        centre = self.cell(cells, "centre") or self.settings.centre or ""
        return [
            LesionRow(patient, point, lesion_id, response, baseline, followup, centre, number, cells)
            for point in timepoints
        ]

    def _lesion_id(self, cells: dict[str, str], where: str, needed: bool) -> int | None:
        if not self.has("lesion_id"):
            return None
        text = self.cell(cells, "lesion_id")
        found = re.fullmatch(r"[^\d.,-]*0*(\d+)(?:\.0+)?", text)
        if not found and not text and not needed:
            return None
        if not found or not 1 <= int(found[1]) <= LARGEST_LESION_ID:
            what = f'"{text}" cannot be a lesion id' if text else "the lesion id is missing"
            fix = f"Give the lesion's label value in the mask, a whole number from 1 to {LARGEST_LESION_ID}"
            self.problems.error(where, what, fix)
            return None
        return int(found[1])

    def _diameter(self, cells: dict[str, str], column: str, where: str) -> float | None:
        """Millimetres; None where not available."""
        text = self.cell(cells, column)
        if not text:
            return None
        said = self._columns[column]
        number = text.replace(",", ".") if self.settings.decimal == "," else text
        if not _is_number(number):
            what, fix = advice(text, column)
            self.problems.error(where, f'{said} "{text}" {what}', fix)
            return None
        value = float(number) * (10.0 if self.settings.diameter_unit == "cm" else 1.0)
        lowest = 0.0 if column == "followup_diameter_mm" else math.ulp(0.0)  # a lesion may vanish at follow-up
        if value < lowest:
            fix = "Correct it, or list it under missing if it means not available"
            self.problems.error(where, f"{said} {text} cannot be a longest diameter", fix)
            return None
        if value > LARGEST_DIAMETER_MM:
            fix = f"A longest diameter is at most {LARGEST_DIAMETER_MM:g} mm; check the number and its unit"
            self.problems.error(where, f"{said} {text} cannot be a longest diameter in {self._unit}", fix)
            return None
        return value

    @property
    def _unit(self) -> str:
        return self.settings.diameter_unit or "mm"

    def _response(
        self, cells: dict[str, str], baseline: float | None, followup: float | None, where: str, needed: bool
    ) -> int | None:
        if self.outcome.rule == "column":
            entry = self.cell(cells, "response")
            if entry:
                response = response_from_entry(entry, self.settings.response_values)
                if response is None:
                    fix = "Use 1/0 or R+/R-, or say what it means under response_values"
                    self.problems.error(where, f'response "{entry}" is neither R+ nor R-', fix)
                return response
            self._no_outcome("the response is missing", where, needed)
            return None
        if baseline is not None and followup is not None:
            return response_from_diameters(baseline, followup, self.outcome)
        missing = "the baseline diameter" if baseline is None else "the follow-up diameter"
        self._no_outcome(f"{missing} is missing", where, needed)
        return None

    def _no_outcome(self, what: str, where: str, needed: bool) -> None:
        if needed and self.settings.lesions_without_outcome == "error" and not self._row_failed(where):
            fix = "Fill it in, exclude the lesion with a reason, or set lesions_without_outcome: keep"
            self.problems.error(where, what, fix)

    def _row_failed(self, where: str) -> bool:
        return any(problem.where == where for problem in self.problems.errors)

    def _check_zeros(self) -> None:
        """A 0 listed under `missing` takes the best responders out."""
        column = self._columns.get("followup_diameter_mm", "")
        entries = [self.table.rows[index].get(column, "") for index in self.indices]
        zeros = sum(_is_number(entry) and float(entry) == 0 for entry in entries)
        if zeros and 0.0 in self._missing_numbers:
            what = f"{zeros} follow-up diameters of 0 count as not available, because 0 is listed under missing"
            self.problems.warning(self.place, what, "A lesion that has vanished is 0 mm: is that what they say?")

    def _check_duplicates(self, rows: list[LesionRow]) -> None:
        first: dict[tuple[str, str, int | None], LesionRow] = {}
        for row in rows:
            known = first.setdefault((row.patient_id, row.timepoint, row.lesion_id), row)
            if known is row or (row.timepoint != rows[0].timepoint and not self.has("timepoint")):
                continue
            lesion = f", lesion {row.lesion_id}" if row.lesion_id is not None else ""
            where = f"{self.place}, row {row.row}, patient {row.patient_id}{lesion}"
            what = f"the same {'lesion' if lesion else 'scan'} ({row.timepoint}) is already in row {known.row}"
            self.problems.error(where, what, "Keep one of the two rows")

    def _check_centres(self, rows: list[LesionRow]) -> None:
        centres: dict[str, LesionRow] = {}
        for row in rows:
            known = centres.setdefault(row.patient_id, row)
            if known.centre != row.centre:
                where = f"{self.place}, row {row.row}, patient {row.patient_id}"
                what = f'centre "{row.centre}" here, "{known.centre}" in row {known.row}'
                self.problems.error(where, what, "A patient belongs to one centre; correct one of the rows")

    def _check_units(self, rows: list[LesionRow]) -> None:
        report = self.problems.warning if self.settings.diameter_unit else self.problems.error
        for where, what, fix in unit_slips(rows, self.place):
            report(where, what, fix)


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text)) and "_" not in text
    except ValueError:
        return False
