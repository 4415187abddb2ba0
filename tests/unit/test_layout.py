"""`tests/unit` mirrors `src/livermets`, so that whoever changes a module finds its tests."""

from __future__ import annotations

from pathlib import Path

import livermets

TESTS = Path(__file__).parent
SOURCE = Path(livermets.__file__).parent
HELPERS = {"report/statements"}
"""Folders of code that tests use."""


def folders(root: Path) -> set[str]:
    """Every folder below one that holds Python files, by its path from there."""
    return {path.parent.relative_to(root).as_posix() for path in root.rglob("*.py")} - {"."}


def modules() -> dict[str, set[str]]:
    """The folders that hold a module, by the module's name."""
    found: dict[str, set[str]] = {}
    for path in SOURCE.rglob("*.py"):
        found.setdefault(path.stem, set()).add(path.parent.relative_to(SOURCE).as_posix())
    return found


def test_every_folder_of_tests_has_a_package_of_its_name() -> None:
    assert folders(TESTS) - HELPERS - folders(SOURCE) == set()


def test_a_file_named_after_a_module_stands_in_the_folder_of_its_package() -> None:
    """Or, for a module of a package within a package, in a folder above it."""
    places = modules()
    assert len(places) > 100
    astray = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        folder, name = path.parent.relative_to(TESTS).as_posix(), path.stem.removeprefix("test_")
        homes = places.get(name, set())
        if homes and not any(home == folder or home.startswith(f"{folder}/") for home in homes) and name != folder:
            astray[path.relative_to(TESTS).as_posix()] = homes
    assert astray == {}
