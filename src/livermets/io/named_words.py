"""Words of a command line that name a file or folder: ``NAME=PATH``."""

from __future__ import annotations

from livermets.errors import ProblemList


def name_and_place(word: str, option: str, form: str, fix: str, problems: ProblemList) -> tuple[str, str] | None:
    """Both sides of a word of an option; None, and a problem, where one is missing. ``form``: what it should be, in
    words (``NAME=FOLDER``)."""
    name, sign, place = word.partition("=")
    if name and sign and place:
        return name, place
    problems.error(f"{option} {word}", f"this is not {form}", fix)
    return None
