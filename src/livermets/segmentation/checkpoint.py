"""Interrupted trainings continue where they were: all state, written aside and renamed after every epoch.

The file lives beside a rule's outputs, not among them: Snakemake deletes the outputs of a failed job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from livermets.io.atomic import set_aside, written_aside

CHECKPOINT_FILE = "checkpoint.pt"
_CONSEQUENCE = "the training starts anew"


def save_checkpoint(folder: Path, digest: str, state: dict[str, Any]) -> None:
    """Writes the state of a training together with the digest of its settings, data and code, in one step."""
    random_states: dict[str, Any] = {"torch": torch.get_rng_state()}
    if torch.cuda.is_available():
        random_states["cuda"] = torch.cuda.get_rng_state_all()
    with written_aside(folder / CHECKPOINT_FILE) as aside:
        torch.save({"digest": digest, "random": random_states, **state}, aside)


def load_checkpoint(folder: Path, digest: str, device: torch.device) -> dict[str, Any] | None:
    """The state to continue from, with torch's random state restored; none if there is none.

    A checkpoint of other settings, data or code is not continued: it is set aside (``*.stale``) with a warning."""
    path = folder / CHECKPOINT_FILE
    if not path.exists():
        return None
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except Exception as error:  # torch raises several unrelated types for a damaged file
        set_aside(path, f"cannot be read ({type(error).__name__})", _CONSEQUENCE)
        return None
    if state["digest"] != digest:
        set_aside(path, "is of other settings, data or code", _CONSEQUENCE)
        return None
    torch.set_rng_state(state["random"]["torch"].cpu())
    if torch.cuda.is_available() and "cuda" in state["random"]:
        torch.cuda.set_rng_state_all([value.cpu() for value in state["random"]["cuda"]])
    return state


def remove_checkpoint(folder: Path) -> None:
    """Removes the checkpoint of a finished training."""
    (folder / CHECKPOINT_FILE).unlink(missing_ok=True)
