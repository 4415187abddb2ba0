"""What a study's results were made from."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import livermets
from livermets.provenance import canonical_json, code_digest, file_digest, text_digest, versions
from livermets.reporting.results import read_json

_OUTPUTS = ("*.csv", "*.json", "*.safetensors")
_LEFT_OUT = ("report", "logs", "benchmarks", "checkpoints")


def study_manifest(
    results: Path, config: Mapping[str, Any], lock: Path | None = None, *, with_roi_tables: bool = True
) -> dict[str, Any]:
    """Seed, versions, machine, digests of settings, code, locked environment, inputs (as intake saw them) and outputs.

    ROI tables can be left out where time matters. Volumes are not digested here: intake has done so for the inputs,
    and the others follow from them."""
    return {
        "study": config.get("study"),
        "created": _now(),
        "livermets": livermets.__version__,
        "seed": config.get("seed"),
        "settings_digest": text_digest(canonical_json(config)),
        "code_digest": code_digest(*_modules()),
        "lock_digest": file_digest(lock) if lock is not None and lock.exists() else None,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "device": _device(results),
        "versions": versions(),
        "inputs": _inputs(results),
        "outputs": _outputs(results, (*_OUTPUTS, "*.parquet") if with_roi_tables else _OUTPUTS),
    }


def _now() -> str:
    """The time of writing; SOURCE_DATE_EPOCH, where set, takes its place, so that a rebuild can be byte-identical."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def _modules() -> list[str]:
    root = Path(livermets.__file__).parent
    return [path.relative_to(root).as_posix() for path in root.rglob("*.py")]


def _device(results: Path) -> str | None:
    devices = {str(read_json(path).get("device")) for path in sorted(results.glob("models/*/network.json"))}
    known = sorted(devices - {"None"})
    return ", ".join(known) or None


def _inputs(results: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(results.glob("*/intake/*/*/scan.json")):
        digest = read_json(path).get("image_sha256")
        if digest:
            found["/".join(path.relative_to(results).parts[i] for i in (0, 2, 3))] = str(digest)
    return found


def _outputs(results: Path, patterns: tuple[str, ...]) -> dict[str, str]:
    paths = {path for pattern in patterns for path in results.rglob(pattern)}
    kept = sorted(
        p for p in paths if not set(p.relative_to(results).parts[:1]) & set(_LEFT_OUT) and p.name != "manifest.json"
    )
    return {path.relative_to(results).as_posix(): file_digest(path) for path in kept}
