"""Side checkpoints of long searches: a killed run goes on where it was, to the same result."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from livermets.io.atomic import set_aside, write_json
from livermets.model.ga import SearchState

_CONSEQUENCE = "the search starts anew"


class Checkpoint:
    """One file per search in ``folder``, written after every generation.

    Each carries a digest of data, settings, seed and code; a file of another run is never continued: it is set aside
    (``*.stale``) with a warning, and the search starts anew."""

    def __init__(self, folder: Path | str, digest: str):
        self.folder, self.digest = Path(folder), digest

    def load(self, name: str) -> SearchState | None:
        """The saved state of a search; None if it has not begun."""
        path = self._path(name)
        if not path.exists():
            return None
        try:
            saved = json.loads(path.read_text(encoding="utf-8"))
            digest, state = saved["digest"], SearchState(**saved["state"])
        except (json.JSONDecodeError, KeyError, TypeError, UnicodeDecodeError) as error:
            set_aside(path, f"cannot be read ({error})", _CONSEQUENCE)
            return None
        if digest != self.digest:
            set_aside(path, "is of other data, settings, seed or code", _CONSEQUENCE)
            return None
        return state

    def save(self, name: str, state: SearchState) -> None:
        """Replaces the saved state in one step."""
        write_json(self._path(name), {"digest": self.digest, "state": asdict(state)})

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"
