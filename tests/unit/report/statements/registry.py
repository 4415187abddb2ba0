"""Sentences as templates, the texts of a report, and what matches what."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from livermets.report.document import Bullets, Details, Figure, Gallery, Note, Paragraph, Report, Section, Table

NUMBER = r"(?:\b(?:no|none)\b|[−-]?\d[\d,]*(?:\.\d+)?(?!\d|\.\d))"
_PLACEHOLDER = re.compile(r"\{(\w+)(?::([%pw]))?\}")
_UNNUMBERED = r"[^0-9]*?"
_ANY_NUMBER = re.compile(r"[−-]?(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?")


@dataclass(frozen=True)
class Files:
    """A results folder as a reader of its tables sees it; nothing here comes from the package."""

    folder: Path
    config: Mapping[str, Any]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)

    def csv(self, name: str) -> pd.DataFrame:
        """A table, empty where the file is not there."""
        if name not in self.tables:
            path = self.folder / name
            try:
                self.tables[name] = pd.read_csv(path) if path.exists() else pd.DataFrame()
            except pd.errors.EmptyDataError:
                self.tables[name] = pd.DataFrame()
        return self.tables[name]

    def every(self, pattern: str) -> pd.DataFrame:
        """Tables of many files as one."""
        paths = sorted(p.relative_to(self.folder).as_posix() for p in self.folder.glob(pattern))
        tables = [table for path in paths if len(table := self.csv(path))]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

    def remarks(self) -> set[str]:
        """Remarks of the computations, which the report repeats word by word."""
        paths = [
            p
            for where in (
                "concordance/*/*/*.csv",
                "model/*.csv",
                "overlap/*.csv",
                "*/follow_up/*/scans.csv",
                "perturbation/*.csv",
            )
            for p in self.folder.glob(where)
        ]
        tables = [self.csv(path.relative_to(self.folder).as_posix()) for path in sorted(paths)]
        columns = [t[c] for t in tables for c in ("note", "rule", "statement") if c in t]
        said = {str(text) for column in columns for text in column.dropna().unique()}
        return said | {f"{text[:1].upper()}{text[1:]}" for text in said}

    def role_at(self, cohort: str, timepoint: str) -> str:
        """What the scans of a cohort at a timepoint are for in the response model."""
        settings = self.config["cohorts"].get(cohort, {})
        by_timepoint = settings.get("timepoints")
        stated = by_timepoint.get(timepoint) if isinstance(by_timepoint, dict) else None
        role = stated or settings.get("role") or "validation"
        role = role["response"] if isinstance(role, dict) else role
        follow_up = stated is None and timepoint not in self.predicting
        return "predict" if follow_up and role != "none" else str(role)

    def role(self, *roles: str) -> list[str]:
        """Cohorts with a role at a timepoint of theirs that is predicted from, or that has roles of its own."""
        found = []
        for name, settings in self.config["cohorts"].items():
            by_timepoint = settings.get("timepoints")
            points = by_timepoint if isinstance(by_timepoint, dict) else self.predicting
            found += [name] if any(self.role_at(name, point) in roles for point in points) else []
        return found

    def of_role(self, role: str) -> pd.DataFrame:
        """Lesions whose scan has a role; of those to be predicted, at timepoints that are predicted from."""
        table = self.lesions()
        keys = zip(table["cohort"], table["timepoint"], strict=True)
        found = table[[self.role_at(*key) == role for key in keys]]
        return found[found["timepoint"].isin(self.predicting)] if role == "predict" else found

    @property
    def main(self) -> str:
        """The comparison that the summary speaks of: pooled where there are several cohorts."""
        names = sorted(path.name for path in (self.folder / "concordance").iterdir() if path.is_dir())
        return "pooled" if len(names) > 2 else next(name for name in names if name != "pooled")

    def lesions(self, *cohorts: str) -> pd.DataFrame:
        """Lesions that a reader drew, with the name of their patient across cohorts; of all cohorts if none is named,
        of those with a class to predict if ``pooled`` is."""
        table = self.csv("lesions.csv")
        table = table[table["kind"].eq("manual")] if "kind" in table else table
        table = table.assign(who=table["cohort"] + "/" + table["patient_id"])
        if cohorts:
            names = [c for name in cohorts for c in (self.role("validation") if name == "pooled" else [name])]
            table = table[table["cohort"].isin(names)]
        return table

    def compared(self, name: str) -> pd.DataFrame:
        """The lesions of a comparison, at all timepoints but those that train."""
        table = self.lesions(name)
        keys = zip(table["cohort"], table["timepoint"], strict=True)
        return table[[self.role_at(*key) != "train" for key in keys]]

    @property
    def predicting(self) -> list[str]:
        """The timepoints whose classes count as predictions."""
        return self.config.get("response_timepoints") or ["baseline"]

    def headline(self, name: str) -> pd.DataFrame:
        """The lesions of a comparison at the timepoints whose classes count as predictions."""
        table = self.lesions(name)
        keys = zip(table["cohort"], table["timepoint"], strict=True)
        trains = name not in (*self.role("validation"), "pooled")
        wanted = "train" if trains and name in self.role("train") else "validation"
        predicted = trains and wanted == "validation"
        if predicted:
            return table[table["timepoint"].isin(self.predicting)]
        return table[[self.role_at(*key) == wanted for key in keys]]

    def both(self, name: str) -> pd.DataFrame:
        """Those of them with a class from both masks."""
        return self.headline(name).dropna(subset=["predicted_manual", "predicted_automatic"])


Values = Mapping[str, float | str]


@dataclass(frozen=True)
class Statement:
    """What a sentence or caption says: ``{n}`` is a number, ``{n:%}`` one in percent, ``{p:p}`` a p-value, ``{x:w}``
    words; ``…`` stands for words without a number. ``where`` is ``section/kind/block``, with ``{cohort}`` for its name;
    a text must also hold ``within``. ``values`` says the same numbers from the file alone."""

    where: str
    text: str
    file: str
    columns: str
    values: Callable[..., Values]
    within: str = ""
    not_before: str = ""
    """Words that a longer sentence goes on with, which has a statement of its own."""
    rare: bool = False
    """Said only by studies that are like no study of the tests."""

    @cached_property
    def place(self) -> re.Pattern[str]:
        parts = re.split(r"(\{\w+\}|\*)", self.where)
        made = [
            ".*" if part == "*" else f"(?P<{part[1:-1]}>.+)" if part.startswith("{") else re.escape(part)
            for part in parts
        ]
        return re.compile("".join(made))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        made, last = "", 0
        for found in _PLACEHOLDER.finditer(self.text):
            made += _literal(self.text[last : found.start()]) + _group(*found.groups())
            last = found.end()
        ends = f"(?!{re.escape(self.not_before)})" if self.not_before else ""
        return re.compile(made + _literal(self.text[last:]) + ends)

    def kinds(self) -> dict[str, str]:
        return {name: kind or "" for name, kind in _PLACEHOLDER.findall(self.text)}


def _literal(text: str) -> str:
    return _UNNUMBERED.join(re.escape(part) for part in text.split("…"))


def _group(name: str, kind: str | None) -> str:
    form = {"w": r"[^\s,;:()][^,;:()]*?", "p": r"p [=<] \d\.\d+"}.get(kind or "", NUMBER)
    return f"(?P<{name}>{form})"


@dataclass(frozen=True)
class Text:
    """One text of the report and where it stands."""

    place: str
    text: str


def texts(report: Report) -> Iterator[Text]:
    """Every paragraph, bullet, note, caption and remark under a table, and every cell of the summary's tables."""
    for part in [report.summary, *report.sections]:
        for section in part.walk():
            yield from _texts(section, section.blocks)


def _texts(section: Section, blocks: list[Any]) -> Iterator[Text]:
    for block in blocks:
        if isinstance(block, Paragraph | Note):
            yield _text(section, block.kind, "", block.text)
        elif isinstance(block, Bullets):
            yield from (_text(section, "bullet", "", item) for item in block.items)
        elif isinstance(block, Details):
            yield from _texts(section, block.blocks)
        else:
            yield from _captions(section, block)


def _captions(section: Section, block: Any) -> Iterator[Text]:
    if caption := getattr(block, "caption", ""):
        yield _text(section, "caption", block.id, caption)
    if isinstance(block, Table):
        yield _text(section, "under", block.id, block.note)
        for row in block.rows if section.id == "summary" else []:
            cells = list(zip(block.columns, row, strict=True))
            named = ", ".join(cell for column, cell in cells if not column.numeric)
            for column, cell in cells:
                if column.numeric:
                    yield _text(section, "cell", f"{block.id}/{named}/{column.label}", cell)
    if isinstance(block, Gallery):
        for figure in block.figures:
            yield from _captions(section, figure)
    if isinstance(block, Figure) and block.svg:
        described = re.search(r"<desc[^>]*>([^<]*)</desc>", block.svg)
        yield _text(section, "described", block.id, described[1] if described else "")


def _text(section: Section, kind: str, block: str, text: str) -> Text:
    return Text(f"{section.id}/{kind}/{block}", text.replace("\u00a0", " ").replace("\n", " "))


@dataclass
class Checked:
    """What came of one text: the parts that a statement accounts for, and what it says that its file does not."""

    text: Text
    spans: list[tuple[int, int]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    used: set[Statement] = field(default_factory=set)

    def unaccounted(self, constants: Iterable[str]) -> list[str]:
        """Numbers that no statement, and no fixed expression, accounts for."""
        spans = [*self.spans]
        for constant in constants:
            spans += [found.span() for found in re.finditer(re.escape(constant), self.text.text)]
        numbers = _ANY_NUMBER.finditer(self.text.text)
        return [n[0] for n in numbers if not any(a <= n.start() and n.end() <= b for a, b in spans)]

    def silent_sentences(self) -> list[str]:
        """Sentences that no statement touches; of the cell of a table, only if it holds a number."""
        found, start = [], 0
        if not self.text.text or ("/cell/" in self.text.place and not _ANY_NUMBER.search(self.text.text)):
            return found
        for end in [m.end() for m in re.finditer(r"[.?!](?= [A-Z]|$)", self.text.text)] or [len(self.text.text)]:
            if not any(a < end and start < b for a, b in self.spans):
                found.append(self.text.text[start:end].strip())
            start = end
        return found


def checked(text: Text, statements: tuple[Statement, ...], files: Files) -> Checked:
    """One text against every statement that belongs to its place."""
    result = Checked(text)
    for statement in statements:
        place = statement.place.fullmatch(text.place)
        if place is None or statement.within not in text.text:
            continue
        for found in statement.pattern.finditer(text.text):
            result.spans.append(found.span())
            result.used.add(statement)
            result.wrong += list(_differences(statement, found, files, place.groupdict()))
    return result


def _differences(statement: Statement, found: re.Match[str], files: Files, names: dict[str, str]) -> Iterator[str]:
    kinds = statement.kinds()
    words = {name: found[name] for name, kind in kinds.items() if kind == "w"}
    try:
        values = statement.values(files, **names, **words)
    except (KeyError, IndexError, ValueError) as error:
        yield f"{found[0]!r}: not in {statement.file} ({error!r})"
        return
    for name, kind in kinds.items():
        if kind != "w" and not _says(found[name], kind, values[name]):
            yield f"{found[0]!r}: {name} is {values[name]} in {statement.file}"
        elif kind == "w" and name in values and values[name] != found[name]:
            yield f"{found[0]!r}: {name} is {values[name]!r} in {statement.file}"


def _says(shown: str, kind: str, value: float | str) -> bool:
    """Whether a number as printed is the value, rounded as it is printed."""
    if kind == "p" and "<" in shown:
        return float(value) < float(shown.split()[-1])
    text = shown.split()[-1].replace(",", "").replace("−", "-")
    text = "0" if text in ("no", "none") else text
    decimals = len(text.partition(".")[2])
    scaled = float(value) * (100 if kind == "%" else 1)
    return abs(float(text) - scaled) <= 0.5 * 10**-decimals * (1 + 1e-9)
