"""Whether a results folder still holds what its manifest says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from livermets.errors import Problem, ProblemList, input_error
from livermets.provenance import file_digest
from livermets.reporting.manifest import output_files
from livermets.reporting.results import read_json

RESTORE = "Put the file back, or compute it again: delete it and start the workflow"


def verify(results: Path, manifest: Path | None = None) -> tuple[int, list[Problem]]:
    """Number of files compared, and one problem per file that changed, is missing, or came later.

    Tables, models, masks and the report are compared by SHA-256, images by size. Raises `InputError` where there is no
    manifest to compare with, or one that lists no files."""
    path = manifest or results / "manifest.json"
    values = read_json(path)
    digests, sizes = _mapping(values, "outputs"), _mapping(values, "image_bytes")
    if not digests:
        raise input_error(path, "there is no manifest that lists outputs", "Run the workflow to its end first")
    problems = ProblemList()
    for name, known in {**digests, **sizes}.items():
        file = results / name
        if not file.is_file():
            problems.error(file, "this file is in the manifest and is missing", RESTORE)
        elif name in digests and file_digest(file) != known:
            problems.error(file, "this file has changed since the manifest was written", RESTORE)
        elif name in sizes and file.stat().st_size != known:
            problems.error(file, f"this image has {file.stat().st_size} bytes and had {known}", RESTORE)
    later = {*output_files(results)} - {results / name for name in (*digests, *sizes)}
    for file in sorted(later):
        problems.warning(file, "this file is not in the manifest", "It came later, or by hand")
    return len(digests) + len(sizes), list(problems)


def _mapping(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = values.get(key)
    return found if isinstance(found, dict) else {}
