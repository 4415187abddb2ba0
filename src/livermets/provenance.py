"""Digests and versions: what a result was made from, so that it can be made again."""

from __future__ import annotations

import hashlib
import json
from importlib import metadata
from pathlib import Path
from typing import Any

import livermets

PACKAGE_FOLDER = Path(__file__).parent
TRACKED_PACKAGES = (
    "numpy",
    "pandas",
    "scikit-learn",
    "scipy",
    "statsmodels",
    "torch",
    "monai",
    "deap",
    "pyradiomics",
    "SimpleITK",
    "numba",
    "snakemake",
    "matplotlib",
)


def file_digest(path: Path | str) -> str:
    """SHA-256 of a file's bytes."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def text_digest(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal settings give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)


def code_digest(*parts: str) -> str:
    """Digest of the package's modules and folders named (``"segmentation"``, ``"randomness.py"``): what is kept of an
    unfinished computation is of use only to the same code. What runs again is decided by `workflow.codebase`."""
    digest = hashlib.sha256()
    for part in sorted(set(parts)):
        root = PACKAGE_FOLDER / part
        files = sorted(root.rglob("*.py")) if root.is_dir() else [root]
        for file in files:
            digest.update(file.relative_to(PACKAGE_FOLDER).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def versions() -> dict[str, str]:
    """Versions of this program and of the libraries that can change a number."""
    found = {"livermets": livermets.__version__}
    for name in TRACKED_PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
