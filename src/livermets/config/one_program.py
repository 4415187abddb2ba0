"""One external program by its name, for the job that runs it."""

from __future__ import annotations

from livermets.config.applied import study_from_option
from livermets.config.load import is_json, validate_section, values_from_option
from livermets.config.programs import LesionProgram
from livermets.errors import input_error


def named_program(option: str, name: str) -> LesionProgram:
    """The program of this name from a verb's ``--settings``: JSON of it alone, or a configuration file. Raises
    `InputError` where the file has none of that name."""
    if is_json(option):
        return validate_section(LesionProgram, values_from_option(option), f"programs.{name}")
    programs = study_from_option(option).programs
    if name not in programs:
        known = ", ".join(programs) or "none"
        raise input_error(option, f"there is no program {name}", f"Programs of this study: {known}")
    return programs[name]
