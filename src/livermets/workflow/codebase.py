"""Which of the package's files a verb runs: by its digest, Snakemake reruns what a change of code touches.

Snakemake does not see changes in a package that a shell command runs. Everything here reads source text; nothing is
imported, because every cluster job parses the workflow again."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE_FOLDER = Path(__file__).parent.parent
PACKAGE = PACKAGE_FOLDER.name
# Settings reach a job as resolved values in its parameters, and errors carry no result.
NOT_A_CAUSE = (f"{PACKAGE}.config", f"{PACKAGE}.errors", f"{PACKAGE}.cli")
# These draw beside what they are for: a change of look alone must not train a network or segment a study again.
DRAW_BESIDE = ("intake", "train-segmentation", "segment")
LOOK = ("figures", "segmentation/figures.py", "intake/qc.py")
# `from package.module import (a, b)` or `import package.module`, at any indentation. Text is far quicker than a parse.
_IMPORT = re.compile(rf"^\s*(?:from\s+({PACKAGE}[\w.]*)\s+import\s+(\([^)]*\)|.*)|import\s+({PACKAGE}[\w.]*))", re.M)


def verb_digest(verb: str) -> str:
    """Digest of one verb: its function, and every file of the package that it reaches by imports of any depth."""
    source = _verb_source(verb)
    digest = hashlib.sha256(source.encode())
    for file in verb_files(verb):
        digest.update(file.relative_to(PACKAGE_FOLDER).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def verb_files(verb: str) -> list[Path]:
    """The files of the package that a verb reaches by imports of any depth; of verbs that draw beside what they are
    for, without those that only decide how pictures look."""
    look = [PACKAGE_FOLDER / place for place in LOOK] if verb in DRAW_BESIDE else []
    reached: set[Path] = set()
    pending = list(_imported(_verb_source(verb)))
    while pending:
        file = pending.pop()
        if file not in reached and not any(file.is_relative_to(place) for place in look):
            reached.add(file)
            pending.extend(_imports_of(file))
    return sorted(reached)


@cache
def _verb_source(verb: str) -> str:
    """The function of a verb and the helpers of its file that it names."""
    for file in sorted((PACKAGE_FOLDER / "cli").glob("*.py")):
        text = file.read_text(encoding="utf-8")
        if f'command("{verb}")' not in text:
            continue
        functions = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
        marked = [name for name, node in functions.items() if any(_names(mark, verb) for mark in node.decorator_list)]
        found: set[str] = set()
        while marked:
            name = marked.pop()
            found.add(name)
            named = {node.id for node in ast.walk(functions[name]) if isinstance(node, ast.Name)}
            marked.extend((named & functions.keys()) - found)
        return "\n".join(ast.unparse(functions[name]) for name in sorted(found))
    raise LookupError(f"no verb {verb}")


def _names(decorator: ast.expr, verb: str) -> bool:
    return any(isinstance(node, ast.Constant) and node.value == verb for node in ast.walk(decorator))


@cache
def _imports_of(file: Path) -> tuple[Path, ...]:
    return tuple(_imported(file.read_text(encoding="utf-8")))


def _imported(source: str) -> Iterator[Path]:
    """The package's own files that a piece of code imports, at its top or inside functions."""
    for module, names, plain in _IMPORT.findall(source):
        parts = re.findall(r"\w+", names) if names else []
        for name in [module or plain, *(f"{module}.{part}" for part in parts)]:
            if not name.startswith(NOT_A_CAUSE):
                yield from _files(name)


def _files(module: str) -> Iterator[Path]:
    parts = module.split(".")[1:]
    base = PACKAGE_FOLDER.joinpath(*parts)
    candidates = (base.with_suffix(".py"), base / "__init__.py") if parts else ()
    yield from (file for file in candidates if file.is_file())
