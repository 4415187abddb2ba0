"""The two masks of the headline under the names that the study gives them.

Tables, pictures and sentences call the sides of a pair manual (the reference) and automatic (the other), whatever their
sources are called. Where these have other names, every text of the report gets them here, in one place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from livermets.masks.identity import SIDES
from livermets.report.document import ChecklistRow, Download, Report, Section
from livermets.report.sources import MaskSources
from livermets.report.vocabulary import mask_words

NAMED_BY_SOURCE = ("networks-compared", "networks", "every-source", "readers", "follow-up")
"""Sections whose rows have the names of the sources themselves."""
_VERBATIM = ("settings", "versions", "provenance")
"""Sections that repeat what others wrote."""
_NOT_PROSE = ("id", "tone", "badge", "names", "first_rows", "filters")
_NOUNS = "area|class|component|contour|finding|lesion|ROI"
_NETWORK = {
    r"the network’s mask replaced the radiologist’s": "the {other} replaced the {reference}",
    r"one from the radiologist’s mask, one from the network’s": "one from the {reference}, one from the {other}",
    r"not detected by the network": "not detected in the {other}",
    r"that the network (does|did) not": r"that {name} \1 not",
    r"([Tt])he network (detected|found)": r"{name} \2",
    r"of the network in scans": "of {name} in scans",
}
"""What is said of the other mask where a network has drawn it, and of a given one instead."""


def named_by_source(report: Report, sources: MaskSources) -> Report:
    """The report with the names of the study's own sources in place of manual and automatic."""
    say = naming(sources)
    if say is None:
        return report
    parts = [_section(section, say) for section in report.sections]
    return replace(report, title=say(report.title), summary=_section(report.summary, say), sections=parts)


def naming(sources: MaskSources) -> Callable[[str], str] | None:
    """A text about the sides as one about the sources; nothing where the sides are called as the sources are."""
    reference, other = sources.reference, sources.primary or SIDES[1]
    if (reference, other) == SIDES:
        return None
    rules = [*_rules(sources, reference, other)]

    def say(text: str) -> str:
        for pattern, words in rules:
            text = pattern.sub(words, text)
        return text

    return say


def _rules(sources: MaskSources, reference: str, other: str) -> Iterator[tuple[re.Pattern[str], str]]:
    of_reference, of_other = mask_words(sources, reference), mask_words(sources, other)
    if other in sources.given:
        for pattern, words in _NETWORK.items():
            yield re.compile(pattern), words.format(reference=of_reference, other=of_other, name=other)
    yield re.compile(r"\b(the )?network’s mask\b"), rf"\1{of_other}"
    yield re.compile(r"radiologist’s mask|reader’s mask|radiologist’s"), of_reference
    both = [re.sub(r"\bmask\b", "masks", words) for words in (of_reference, of_other)]
    yield re.compile(r"\bmanual and automatic masks\b"), " and ".join(both)
    yield re.compile(r"\bthe automatic with the manual mask\b"), f"the {of_other} with the {of_reference}"
    yield re.compile(r"\bthe manual to the automatic mask\b"), f"the {of_reference} to the {of_other}"
    for side, name, words in ((SIDES[0], reference, of_reference), (SIDES[1], other, of_other)):
        if side == name:
            continue
        # Not within names of columns, files and settings, nor where a source is quoted by its name.
        word = rf"(?<![\w/.“-]){side}(?![\w/.-]*[_/])"
        plural = re.sub(r"\bmask\b", "masks", words)
        for spelled, start in ((word, str), (word.replace(side, side.capitalize()), _capitalised)):
            yield re.compile(rf"{spelled} masks\b"), start(plural)
            yield re.compile(rf"{spelled} mask\b"), start(words)
            yield re.compile(rf"the {spelled} one\b"), f"the {words}"
            yield re.compile(rf"{spelled} one\b"), f"one by {name}"
            yield re.compile(rf"{spelled} ({_NOUNS})(s|es)?\b"), rf"\1\2 by {name}"
            yield re.compile(spelled), name


def _capitalised(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _section(section: Section, say: Callable[[str], str]) -> Section:
    if section.id in _VERBATIM or section.id in NAMED_BY_SOURCE:
        return section
    blocks = [_renamed(block, say) for block in section.blocks]
    return replace(
        section, title=say(section.title), blocks=blocks, sections=[_section(part, say) for part in section.sections]
    )


def _renamed(value: Any, say: Callable[[str], str]) -> Any:
    """A block with every text of it renamed, however deep; files that travel along stay as they are."""
    if isinstance(value, str):
        return say(value)
    if isinstance(value, ChecklistRow):
        return value._replace(answer=say(value.answer))
    if isinstance(value, list | tuple):
        return type(value)(_renamed(one, say) for one in value)
    if isinstance(value, Download) or not is_dataclass(value) or isinstance(value, type):
        return value
    prose = [one.name for one in fields(value) if one.name not in _NOT_PROSE]
    return replace(value, **{name: _renamed(getattr(value, name), say) for name in prose})
