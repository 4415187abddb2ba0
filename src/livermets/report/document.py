"""The report as plain data: sections that hold paragraphs, notes, tables and figures. Templates only lay it out."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal, NamedTuple


@dataclass(frozen=True)
class Download:
    """A file that the reader can save out of the report; the bytes travel inside it."""

    filename: str
    content: bytes
    media_type: str = "text/csv"

    @property
    def data_uri(self) -> str:
        return f"data:{self.media_type};base64,{b64encode(self.content).decode()}"


@dataclass(frozen=True)
class Paragraph:
    """Prose."""

    kind: ClassVar[str] = "paragraph"
    text: str


@dataclass(frozen=True)
class Bullets:
    """A short list of sentences."""

    kind: ClassVar[str] = "bullets"
    items: list[str]


@dataclass(frozen=True)
class Note:
    """Something the reader must not miss: what was not computed and why, or a caution."""

    kind: ClassVar[str] = "note"
    text: str
    tone: Literal["missing", "caution", "info"] = "missing"


@dataclass(frozen=True)
class Column:
    """A table column; ``help`` is the sentence behind the heading."""

    label: str
    numeric: bool = False
    help: str = ""


@dataclass(frozen=True)
class Table:
    """A table of ready text with a caption that says what, how many and how."""

    kind: ClassVar[str] = "table"
    id: str
    caption: str
    columns: list[Column]
    rows: list[list[str]]
    download: Download | None = None
    note: str = ""


@dataclass(frozen=True)
class Figure:
    """A picture with its caption (n, method, interval), its words for those who cannot see it, and its data."""

    kind: ClassVar[str] = "figure"
    id: str
    caption: str
    alt: str
    image: Download | None = None
    svg: str = ""
    download: Download | None = None
    wide: bool = True


@dataclass(frozen=True)
class Gallery:
    """Several small pictures under one caption."""

    kind: ClassVar[str] = "gallery"
    id: str
    caption: str
    figures: list[Figure]


@dataclass(frozen=True)
class Pairs:
    """Names and values: the facts of a run, the fields of a model card."""

    kind: ClassVar[str] = "pairs"
    items: list[tuple[str, str]]


@dataclass(frozen=True)
class LesionList:
    """The full lesion table: the CSV as it is, and what the reader may filter by."""

    kind: ClassVar[str] = "lesions"
    id: str
    caption: str
    csv: Download
    columns: list[Column]
    names: list[str]
    first_rows: list[list[str]]
    filters: list[tuple[str, str, list[str]]]
    n: int
    rows_per_page: int
    most_printed: int = 400
    """Rows on paper; more would be read by nobody."""


class ChecklistRow(NamedTuple):
    """One item of a reporting checklist."""

    item: str
    topic: str
    state: str
    """done | partly | not | write | na"""
    answer: str
    section: str = ""
    """Anchor in the report, or empty."""
    rests_on: str = ""
    """Files, columns and settings that the answer was read in; empty where nothing is claimed."""


@dataclass(frozen=True)
class ChecklistTable:
    """One reporting checklist with the state of each item."""

    kind: ClassVar[str] = "checklist"
    id: str
    caption: str
    rows: list[ChecklistRow]
    download: Download | None = None


@dataclass(frozen=True)
class Details:
    """Blocks behind a heading that can be opened; if printed, then open."""

    kind: ClassVar[str] = "details"
    title: str
    blocks: list[Block]
    printed: bool = True
    """Whether it is worth paper: lists that only a program reads are not."""


Block = Paragraph | Bullets | Note | Table | Figure | Gallery | Pairs | LesionList | ChecklistTable | Details


@dataclass(frozen=True)
class Section:
    """A numbered part of the report; its ``id`` is the anchor that checklists point at."""

    id: str
    title: str
    blocks: list[Block] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    badge: str = ""

    def walk(self) -> Iterator[Section]:
        yield self
        for inner in self.sections:
            yield from inner.walk()


@dataclass(frozen=True)
class Report:
    """The whole report."""

    title: str
    subtitle: str
    banner: str
    summary: Section
    sections: list[Section]
    footer: str

    def anchors(self) -> set[str]:
        """Every id that a link inside the report may point at."""
        return {section.id for part in [self.summary, *self.sections] for section in part.walk()}

    def blocks(self) -> Iterator[Block]:
        """Every block, those inside `Details` and galleries included."""
        for part in [self.summary, *self.sections]:
            for section in part.walk():
                yield from _open(section.blocks)


def _open(blocks: list[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Details):
            yield from _open(block.blocks)
        elif isinstance(block, Gallery):
            yield from block.figures
