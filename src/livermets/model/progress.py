"""Progress and checkpoints around the searches of one selection."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from livermets.model.checkpoint import Checkpoint
from livermets.model.fit import Run
from livermets.model.ga import SearchState
from livermets.model.selection import Inputs


@contextlib.contextmanager
def searching(inputs: Inputs, threads: int, checkpoint: Path | str | None) -> Iterator[Run]:
    """A `Run` that shows progress and time left on stderr, and keeps side checkpoints if a folder is given."""
    from tqdm import tqdm

    total = sum(generations * count for generations, count in inputs.n_searches.items())
    store = Checkpoint(checkpoint, inputs.digest()) if checkpoint else None
    seen: dict[str, int] = {}
    with tqdm(total=total, desc="selection", unit="generation", mininterval=1.0) as bar:

        def on_generation(name: str, state: SearchState) -> None:
            bar.update(state.generation - seen.get(name, 0))
            seen[name] = state.generation
            bar.set_postfix_str(f"{name} best {state.best_fitness:.3f}", refresh=False)

        def on_finished(name: str, generations: int) -> None:
            bar.update(generations - seen.get(name, 0))  # a search may stop early, or have been finished before
            seen[name] = generations

        yield Run(threads, store, on_generation, on_finished)
