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
from livermets.randomness import integer_seed
from livermets.report.benchmarks import per_rule, read_benchmarks
from livermets.report.results import read_json
from livermets.workflow.leftovers import kept, left_over, made_by

_TABLES = (".csv", ".json", ".safetensors")
_OUTPUTS = (*_TABLES, ".parquet", ".gz", ".html", ".png", ".txt")
_LEFT_OUT = ("logs", "benchmarks", "checkpoints")
# Copies of CT volumes are most of a study's bytes. Their digests would take hours, and intake has taken the inputs'.
_IMAGES = ("image.nii.gz", "ct.nii.gz", "probability.nii.gz")


def study_manifest(
    results: Path, config: Mapping[str, Any], lock: Path | None = None, *, tables_only: bool = False
) -> dict[str, Any]:
    """Seeds, versions, machine, digests of settings, code, locked environment, inputs (as intake saw them) and outputs;
    time and memory per rule. What is left over from earlier configurations is only named.

    With ``tables_only`` ROI tables, masks and pictures are left out: for the report, which is itself an output."""
    gone = left_over(results, made_by(config))
    files = kept(output_files(results), gone)
    if tables_only:
        files = [path for path in files if path.suffix in _TABLES and path.relative_to(results).parts[0] != "report"]
    return {
        "study": config.get("study"),
        "created": _now(),
        "livermets": livermets.__version__,
        "seed": config.get("seed"),
        "seeds": _seeds(config),
        "settings_digest": text_digest(canonical_json(config)),
        "code_digest": code_digest(*_modules()),
        "lock_digest": file_digest(lock) if lock is not None and lock.exists() else None,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "device": _device(results, gone),
        "cpus": os.cpu_count(),
        "versions": versions(),
        "inputs": _inputs(results, gone),
        "outputs": {_inside(results, path): file_digest(path) for path in files if path.name not in _IMAGES},
        "image_bytes": {_inside(results, path): path.stat().st_size for path in files if path.name in _IMAGES},
        "left_over": [_inside(results, path) for path in gone],
        "rules": per_rule(read_benchmarks(results / "benchmarks")).to_dict("index"),
    }


def _now() -> str:
    """The time of writing; SOURCE_DATE_EPOCH, where set, takes its place, so that a rebuild can be byte-identical."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def _modules() -> list[str]:
    root = Path(livermets.__file__).parent
    return [path.relative_to(root).as_posix() for path in root.rglob("*.py")]


def _seeds(config: Mapping[str, Any]) -> dict[str, int]:
    """The seeds that stages were given; within a stage each random choice spawns its own from it by its purpose."""
    seed, cohorts = config.get("seed"), config.get("cohorts") or {}
    if not isinstance(seed, int):
        return {}
    phantoms = {name: values.get("phantom") for name, values in cohorts.items() if isinstance(values, Mapping)}
    given = {name: values.get("seed") for name, values in phantoms.items() if isinstance(values, Mapping)}
    spawned = {
        f"phantom {name}": integer_seed(seed, "phantom", name) if own is None else int(own)
        for name, own in given.items()
    }
    return {"study": seed, **spawned}


def _device(results: Path, gone: list[Path]) -> str | None:
    files = kept(results.glob("networks/*/network.json"), gone)
    devices = {str(read_json(path).get("device")) for path in files}
    known = sorted(devices - {"None"})
    return ", ".join(known) or None


def _inputs(results: Path, gone: list[Path]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in kept(sorted(results.glob("*/intake/*/*/scan.json")), gone):
        digest = read_json(path).get("image_sha256")
        if digest:
            found["/".join(path.relative_to(results).parts[i] for i in (0, 2, 3))] = str(digest)
    return found


def output_files(results: Path) -> list[Path]:
    """Every table, model, volume, picture and report of a results folder, but not the manifest itself."""
    return sorted(
        path
        for path in results.rglob("*")
        if path.suffix in _OUTPUTS
        and path.name != "manifest.json"
        and not path.name.startswith(".")
        and path.relative_to(results).parts[0] not in _LEFT_OUT
    )


def _inside(results: Path, path: Path) -> str:
    return path.relative_to(results).as_posix()
