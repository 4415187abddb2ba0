"""Progress and checkpoints around the searches of one selection."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from livermets.model.checkpoint import Checkpoint
from livermets.model.fit import Run
from livermets.model.generations import counted
from livermets.model.selection import Inputs


def searching(inputs: Inputs, threads: int, checkpoint: Path | str | None) -> AbstractContextManager[Run]:
    """A `Run` that shows progress and time left on stderr, and keeps side checkpoints if a folder is given."""
    total = sum(generations * count for generations, count in inputs.n_searches.items())
    return counted("selection", total, threads, Checkpoint(checkpoint, inputs.digest()) if checkpoint else None)
