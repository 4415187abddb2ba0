"""Whether a results folder still holds what its manifest says."""

from __future__ import annotations

import base64
import binascii
import shlex
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from livermets.errors import Problem, ProblemList, input_error
from livermets.provenance import file_digest
from livermets.report.folder import MANIFEST, read_json
from livermets.report.manifest import output_files
from livermets.workflow.leftovers import kept, left_over_problems


def verify(results: Path, manifest: Path | None = None) -> tuple[int, list[Problem]]:
    """Number of files compared, and one problem per file that changed, is missing, or came later.

    Tables, models, masks and the report are compared by SHA-256, images by size. Raises `InputError` where there is no
    manifest to compare with, or one that lists no files."""
    path = manifest or results / MANIFEST
    values = read_json(path)
    digests, sizes = _mapping(values, "outputs"), _mapping(values, "image_bytes")
    if not digests:
        raise input_error(path, "there is no manifest that lists outputs", "Run the workflow to its end first")
    problems, workflow = ProblemList(), Workflow(results.absolute().parent)
    for name, known in {**digests, **sizes}.items():
        file = results / name
        if not file.is_file():
            problems.error(file, "this file is in the manifest and is missing", workflow.restoring(file))
        elif name in digests and file_digest(file) != known:
            problems.error(file, "this file has changed since the manifest was written", workflow.restoring(file))
        elif name in sizes and file.stat().st_size != known:
            what = f"this image has {file.stat().st_size} bytes and had {known}"
            problems.error(file, what, workflow.restoring(file))
    gone = [results / name for name in values.get("left_over") or []]
    problems.extend(left_over_problems(path for path in gone if path.exists()))
    later = {*kept(output_files(results), gone)} - {results / name for name in (*digests, *sizes)}
    for file in sorted(later):
        problems.warning(file, "this file is not in the manifest", "It came later, or by hand")
    return len(digests) + len(sizes), list(problems)


def _mapping(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = values.get(key)
    return found if isinstance(found, dict) else {}


class Workflow:
    """What Snakemake's own records in a study's folder tell of who made which file.

    Deleting a file does not bring it back: Snakemake makes an intermediate file again only if something that is made
    from it is wanted anew. Named after ``--forcerun``, it is made, and with it all that follows from it."""

    def __init__(self, folder: Path):
        self.folder = folder

    def restoring(self, file: Path) -> str:
        """What to do about a file that is missing or not as it was."""
        targets = self.targets(file.absolute().relative_to(self.folder))
        if not targets:
            return "Put the file back; there is no record here (.snakemake) of the rule that made it"
        return f"Put the file back, or compute it again: start the workflow with --forcerun {shlex.join(targets)}"

    def targets(self, file: Path) -> list[str]:
        """The outputs to be named so that a file is made again: itself, the folder that a rule makes as a whole, or,
        for a file that its rule writes beside its outputs, one output per rule that writes into its folder."""
        for place in (file, *file.parents):
            if place.as_posix() in self.rules:
                return [place.as_posix()]
        beside = sorted(name for name in self.rules if Path(name).parent == file.parent)
        return sorted({self.rules[name]: name for name in reversed(beside)}.values())

    @cached_property
    def rules(self) -> dict[str, str]:
        """The rule by output; a record's file is named by the output in base 64, divided where it would be too long."""
        records = self.folder / ".snakemake" / "metadata"
        found = {}
        for path in records.rglob("*") if records.is_dir() else []:
            if path.is_file():
                name = "".join(part.removeprefix("@") for part in path.relative_to(records).parts)
                try:
                    output = base64.urlsafe_b64decode(name).decode()
                except (binascii.Error, UnicodeDecodeError):
                    continue
                found[output] = str(read_json(path).get("rule"))
        return found
