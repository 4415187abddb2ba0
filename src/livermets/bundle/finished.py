"""Whether a study is finished and its results are those that its configuration makes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from livermets.errors import ProblemList
from livermets.provenance import canonical_json, text_digest
from livermets.report.configuration import ReportedConfig
from livermets.report.folder import MANIFEST, read_json
from livermets.report.verify import verify

_AGAIN = "Run the workflow to its end, then write the bundle"


def finished(results: Path, config: ReportedConfig, files: Iterable[str]) -> str:
    """When the results were complete. Raises `InputError` with everything that says that they are not: no manifest,
    another configuration, files that are missing, changed or left over."""
    problems, manifest = ProblemList(), read_json(results / MANIFEST)
    if not manifest:
        problems.error(results, f"this study is not finished ({MANIFEST} is missing)", _AGAIN)
        problems.raise_if_errors()
    if manifest.get("settings_digest") != text_digest(canonical_json(config.values())):
        problems.error(results, "these results were made with another configuration", _AGAIN)
    outputs = manifest.get("outputs") or {}
    for name in files:
        if name not in outputs:
            problems.error(results / name, "no file of the finished study has this name", _AGAIN)
    with problems.collected():
        problems.extend(verify(results)[1])
    problems.raise_if_errors()
    return str(manifest.get("created", ""))
