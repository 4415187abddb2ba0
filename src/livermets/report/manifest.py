"""What a study's results were made from."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import livermets
from livermets.provenance import canonical_json, code_digest, file_digest, text_digest, versions
from livermets.randomness import integer_seed
from livermets.report.benchmarks import per_rule, read_benchmarks
from livermets.report.configuration import ReportedConfig
from livermets.report.folder import (
    BENCHMARKS,
    MANIFEST,
    NOT_RESULTS,
    REPORT,
    ResultsFolder,
)
from livermets.segmentation.description import read_description
from livermets.workflow.leftovers import kept

_TABLES = (".csv", ".json", ".safetensors")
_OUTPUTS = (*_TABLES, ".parquet", ".gz", ".html", ".png", ".txt")
# Copies of CT volumes are most of a study's bytes. Their digests would take hours, and intake has taken the inputs'.
_IMAGES = ("image.nii.gz", "ct.nii.gz", "probability.nii.gz")


def study_manifest(
    results: Path, config: ReportedConfig, lock: Path | None = None, *, tables_only: bool = False
) -> dict[str, Any]:
    """Seeds, versions, machine, digests of settings, code, locked environment, inputs (as intake saw them) and outputs;
    time and memory per rule. What is left over from earlier configurations is only named.

    With ``tables_only`` ROI tables, masks and pictures are left out: for the report, which is itself an output."""
    folder, values = ResultsFolder.of(results, config), config.values()
    files = kept(output_files(results), folder.left_over)
    if tables_only:
        files = [path for path in files if path.suffix in _TABLES and path.relative_to(results).parts[0] != REPORT]
    return {
        "study": values.get("study"),
        "created": _now(),
        "livermets": livermets.__version__,
        "seed": values.get("seed"),
        "seeds": _seeds(config),
        "settings_digest": text_digest(canonical_json(values)),
        "code_digest": code_digest(*_modules()),
        "lock_digest": file_digest(lock) if lock is not None and lock.exists() else None,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "device": _device(folder),
        "cpus": os.cpu_count(),
        "versions": versions(),
        "inputs": _inputs(folder),
        "outputs": {_inside(results, path): file_digest(path) for path in files if path.name not in _IMAGES},
        "image_bytes": {_inside(results, path): path.stat().st_size for path in files if path.name in _IMAGES},
        "left_over": [_inside(results, path) for path in folder.left_over],
        "rules": per_rule(read_benchmarks(results / BENCHMARKS)).to_dict("index"),
    }


def _now() -> str:
    """The time of writing; SOURCE_DATE_EPOCH, where set, takes its place, so that a rebuild can be byte-identical."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def _modules() -> list[str]:
    root = Path(livermets.__file__).parent
    return [path.relative_to(root).as_posix() for path in root.rglob("*.py")]


def _seeds(config: ReportedConfig) -> dict[str, int]:
    """The seeds that stages were given; within a stage each random choice spawns its own from it by its purpose."""
    if not config.gives("seed"):
        return {}
    phantoms = {name: cohort.phantom for name, cohort in config.cohorts.items() if cohort.phantom is not None}
    spawned = {
        f"phantom {name}": integer_seed(config.seed, "phantom", name) if phantom.seed is None else phantom.seed
        for name, phantom in phantoms.items()
    }
    return {"study": config.seed, **spawned}


def _device(folder: ResultsFolder) -> str | None:
    """What the networks of the study were trained on; folds and compared networks are not asked."""
    main = [path for name, path in folder.trained_networks().items() if "/" not in name]
    return ", ".join(sorted({read_description(path).device for path in main})) or None


def _inputs(folder: ResultsFolder) -> dict[str, str]:
    """The digest of every image, by cohort, patient and timepoint."""
    digests = {"/".join(scan.values()): facts.get("image_sha256") for scan, facts in folder.scan_facts()}
    return {scan: str(digest) for scan, digest in digests.items() if digest}


def output_files(results: Path) -> list[Path]:
    """Every table, model, volume, picture and report of a results folder, but not the manifest itself."""
    return sorted(
        path
        for path in results.rglob("*")
        if path.suffix in _OUTPUTS
        and path.name != MANIFEST
        and not path.name.startswith(".")
        and path.relative_to(results).parts[0] not in NOT_RESULTS
    )


def _inside(results: Path, path: Path) -> str:
    return path.relative_to(results).as_posix()
