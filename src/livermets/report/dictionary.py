"""The data dictionary in ``results/README.md``, read back, so that a test can hold the tables against it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from livermets.report.folder import NOT_RESULTS, REPORT

COMMON = ""
"""Key of the columns that mean the same everywhere."""
_LEFT_OUT = (REPORT, *NOT_RESULTS)
_TABLES = (".csv", ".parquet")


def described_columns(readme: str) -> dict[str, set[str]]:
    """Column patterns by file pattern, from headings like ``## `model/selection.csv` `` and the tables under them."""
    found: dict[str, set[str]] = {COMMON: set()}
    files: list[str] = []
    for line in readme.splitlines():
        if line.startswith("## "):
            files = _patterns(line) or ([COMMON] if "Columns that mean the same" in line else [])
            for name in files:
                found.setdefault(name, set())
        elif line.startswith("| `"):
            for name in files:
                found[name] |= set(re.findall(r"`([^`]+)`", line.split("|")[1]))
    return found


def undescribed_columns(results: Path, readme: str) -> list[str]:
    """``file: column`` for every column of a table in ``results`` that the README does not describe, and ``file``
    for a table that no heading names."""
    described = described_columns(readme)
    missing = []
    for path in _table_files(results):
        relative = path.relative_to(results).as_posix()
        own = [columns for pattern, columns in described.items() if pattern and fnmatchcase(relative, pattern)]
        if not own:
            missing.append(relative)
            continue
        known = described[COMMON].union(*own)
        missing += [f"{relative}: {c}" for c in _header(path) if not any(fnmatchcase(c, k) for k in known)]
    return missing


def _patterns(heading: str) -> list[str]:
    """File patterns of a heading; a bare name lies in the folder of the name before it."""
    names = re.findall(r"`([^`]+)`", heading)
    folder = names[0].rpartition("/")[0] if names else ""
    whole = [names[0], *(n if "/" in n or " and " in heading else f"{folder}/{n}" for n in names[1:])] if names else []
    return [re.sub(r"<[^>]+>", "*", name) for name in whole]


def _table_files(results: Path) -> Iterator[Path]:
    for path in sorted(results.rglob("*")):
        if path.suffix in _TABLES and path.relative_to(results).parts[0] not in _LEFT_OUT:
            yield path


def _header(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        return list(pq.read_schema(path).names)
    with path.open(encoding="utf-8") as stream:
        first = stream.readline().strip()
    return [name for name in first.split(",") if name.strip('"')]
