"""Progress and time left of searches, one after the other or side by side."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from threading import Lock

from livermets.model.fit import Run, SearchStore
from livermets.model.ga import SearchState


@contextlib.contextmanager
def counted(what: str, generations: int, threads: int, store: SearchStore | None) -> Iterator[Run]:
    """A `Run` that shows on stderr how many of all ``generations`` are done; ``store``: for side checkpoints."""
    from tqdm import tqdm

    seen: dict[str, int] = {}
    turn = Lock()
    with tqdm(total=generations, desc=what, unit="generation", mininterval=1.0) as bar:

        def on_generation(name: str, state: SearchState) -> None:
            with turn:
                bar.update(state.generation - seen.get(name, 0))
                seen[name] = state.generation
                bar.set_postfix_str(f"{name} best {state.best_fitness:.3f}", refresh=False)

        def on_finished(name: str, generations: int) -> None:
            with turn:
                bar.update(generations - seen.get(name, 0))  # a search may stop early, or have been finished before
                seen[name] = generations

        yield Run(threads, store, on_generation, on_finished)
