"""A bundle taken apart where it is applied, each part by itself, as training would have left it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from livermets.config.bundled import read_facts
from livermets.errors import input_error
from livermets.io.archive import read_member
from livermets.io.atomic import write_json, written_aside
from livermets.provenance import file_digest

CARD_FILE = "MODEL_CARD.md"
APPLIED_FILE = "applied.json"


def unpack_folder(path: Path, folder: str, out: Path) -> None:
    """Writes what one folder of the bundle holds (`model`, `networks/automatic`), once every digest has been found
    right."""
    members = read_facts(path).members
    names = [name for name in members if name.rpartition("/")[0] == folder]
    if not names:
        known = ", ".join(sorted({name.rpartition("/")[0] for name in members if "/" in name}))
        raise input_error(path, f"there is no {folder} in this bundle", f"It holds {known}")
    _write(out, {name.rpartition("/")[2]: read_member(path, name, members[name]) for name in names})


def unpack_facts(path: Path, out: Path) -> None:
    """Writes which bundle it is, with the digest of its file, and its model card."""
    facts = read_facts(path)
    card = read_member(path, CARD_FILE, facts.members.get(CARD_FILE))
    _write(out, {CARD_FILE: card})
    write_json(out / APPLIED_FILE, {"sha256": file_digest(path), **facts.model_dump(mode="json")})


def _write(out: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        with written_aside(out / name) as aside:
            aside.write_bytes(content)
