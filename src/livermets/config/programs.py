"""The section ``programs``: external programs that find lesions, and what a command for such a program must say."""

from __future__ import annotations

import shlex
from typing import Annotated

from pydantic import AfterValidator, Field

from livermets.config.base import Section

PLACES = (("{image}", "{image_folder}"), ("{out}", "{out_folder}"))
"""What stands for the CT and for the mask in a command; of each, one is enough."""


def lacking(command: str) -> list[str]:
    """The places that a command lacks. Raises `ValueError` for one that is no command line."""
    try:
        shlex.split(command)
    except ValueError as error:
        raise ValueError(f"the command is no command line ({str(error).lower()})") from error
    return [places[0] for places in PLACES if not any(place in command for place in places)]


def _with_places(command: str) -> str:
    if absent := lacking(command):
        raise ValueError(f"the command needs {' and '.join(absent)} in it")
    return command


class LesionProgram(Section):
    """An external program that finds lesions: a mask source of the validation scans, like a further network, but
    nothing is trained."""

    command: Annotated[str, AfterValidator(_with_places)]
    """The command line with `{image}` (a CT in HU, .nii.gz) and `{out}` (the mask to be written, .nii.gz) in place of
    the two files. For programs that work on folders: `{image_folder}`, which holds nothing but the CT, as
    ct_0000.nii.gz, and `{out_folder}`, in which one image is to be written:
    ``nnUNetv2_predict -i {image_folder} -o {out_folder} -d 3 -c 3d_fullres``."""
    labels: list[Annotated[int, Field(ge=1)]] = []
    """Which labels of the program's mask are lesions, e.g. [2] where 1 is the liver. Empty: the only label that there
    is. A scan without any of them counts as one in which the program found nothing."""
    trained_on: list[str] | None = None
    """The patients of this study that the program was trained on, by their ids (or cohort/id): [] for none. Left out:
    it is not known, and the report says so."""
