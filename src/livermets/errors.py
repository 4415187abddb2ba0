"""The user's mistakes as values: what was found, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

Finding = Literal[
    "windowed", "unplaced", "liver_air", "liver_hu", "liver_mirrored", "lesion_air", "lesion_outside_liver"
]
"""Names of what a cohort may accept with a reason (`CohortSettings.accept` says what each means). Left out is whatever
would make a result wrong: contradicting geometry, masks on another grid, values that are not HU, an image used twice.
"""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong (or suspicious) in the user's input, said in one sentence."""

    where: str
    """Cohort, patient, file, row or key, as the user would look it up."""
    what: str
    """What was found."""
    fix: str = ""
    """What to do."""
    severity: Literal["error", "warning"] = "error"
    finding: Finding | Literal[""] = ""
    """The name by which a cohort may accept it; empty where it may not."""

    def __str__(self) -> str:
        found = f"{self.where}: {self.what}" if self.where else self.what
        return " ".join(_ended(part) for part in (found, self.fix) if part)


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?", "!")) else f"{sentence}."


class InputError(Exception):
    """The user's input is wrong; the program ends with exit status 2 and lists every problem."""

    def __init__(self, problems: Problem | Iterable[Problem]):
        self.problems = [problems] if isinstance(problems, Problem) else list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def input_error(where: object, what: str, fix: str = "") -> InputError:
    """An `InputError` with a single problem."""
    return InputError(Problem(str(where), what, fix))


@dataclass
class ProblemList:
    """Collects problems so that all of them are reported at once, not one per run."""

    problems: list[Problem] = field(default_factory=list)
    accepted: Mapping[Finding, str] = field(default_factory=dict)
    """The findings that the cohort accepts, with its reasons."""

    def error(self, where: object, what: str, fix: str = "") -> None:
        self.problems.append(Problem(str(where), what, fix))

    def warning(self, where: object, what: str, fix: str = "") -> None:
        self.problems.append(Problem(str(where), what, fix, severity="warning"))

    def refusal(self, finding: Finding, where: object, what: str, fix: str) -> None:
        """An error, or a warning that repeats the reason where the cohort accepts this finding."""
        reason = self.accepted.get(finding)
        if reason is not None:
            self.problems.append(Problem(str(where), what, f"Accepted: {reason}", "warning", finding))
            return
        way = f'{fix}, or accept it with a reason: `accept: {{{finding}: "..."}}`'
        self.problems.append(Problem(str(where), what, way, finding=finding))

    def extend(self, problems: Iterable[Problem]) -> None:
        self.problems.extend(problems)

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Adds the problems of an `InputError` raised within to this list and goes on after the block."""
        try:
            yield
        except InputError as error:
            self.extend(error.problems)

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity == "error"]

    @property
    def warnings(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity == "warning"]

    def raise_if_errors(self) -> None:
        if self.errors:
            raise InputError(self.errors)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.problems)

    def __len__(self) -> int:
        return len(self.problems)
