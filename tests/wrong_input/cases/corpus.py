"""What one case of the corpus is, and the decorator that enters it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.small_study import SmallStudy

T1 = "cohort train, patient T1, baseline"
T2 = "cohort train, patient T2, baseline"


@dataclass(frozen=True)
class Case:
    heading: str
    """The module that it stands in."""
    name: str
    break_it: Callable[[SmallStudy], None]
    sentences: tuple[str, ...]


CASES: list[Case] = []
"""Every case of the modules imported so far; `tests.wrong_input.cases` imports all."""


def case(*sentences: str) -> Callable[[Callable[[SmallStudy], None]], Callable[[SmallStudy], None]]:
    """Registers a function that breaks a study, with the sentences expected (errors, in their order)."""

    def register(break_it: Callable[[SmallStudy], None]) -> Callable[[SmallStudy], None]:
        CASES.append(Case(heading_of(break_it.__module__), break_it.__name__, break_it, sentences))
        return break_it

    return register


def heading_of(module: str) -> str:
    """The last part of a module's dotted name."""
    return module.rpartition(".")[2]
