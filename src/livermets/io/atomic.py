"""Write aside, then rename: nobody ever sees half a file."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)


@contextmanager
def written_aside(path: Path | str) -> Iterator[Path]:
    """Yields a temporary path beside ``path`` (same suffixes); on success it is renamed, on any error removed."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-", suffix=path.name)
    os.close(handle)
    aside = Path(name)
    try:
        yield aside
        umask = os.umask(0)
        os.umask(umask)
        aside.chmod(0o666 & ~umask)  # mkstemp makes private files; results are as readable as any other
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def write_text(path: Path | str, text: str) -> None:
    """Writes a text file in one step."""
    with written_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_json(path: Path | str, value: Any) -> None:
    """Writes readable JSON in one step."""
    write_text(path, json.dumps(value, indent=2, default=str) + "\n")


def set_aside(path: Path, reason: str, consequence: str) -> None:
    """Keeps a file that cannot be used as ``*.stale``, with a warning that says why and what happens now."""
    stale = path.with_name(f"{path.name}.stale")
    path.replace(stale)
    logger.warning("%s %s; it is kept as %s and %s", path, reason, stale.name, consequence)
