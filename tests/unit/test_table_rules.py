"""Rules that hold for every table, read off the source itself."""

import ast
from pathlib import Path

import pytest

import livermets

SOURCE = Path(livermets.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))
DIRECT = {"read_csv", "read_table", "read_excel", "read_parquet", "to_csv", "to_excel", "to_parquet"}


def called(path: Path) -> list[ast.Call]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_every_table_goes_through_one_reader_and_writer(path):
    """pandas alone takes a cohort called NA for a missing one, and writes lesion 1.0."""
    if path != SOURCE / "io" / "tables.py":
        assert not [f"line {call.lineno}" for call in called(path) if call.func.attr in DIRECT]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_no_group_is_dropped_without_a_word(path):
    """pandas drops the rows of an empty key unless told otherwise."""
    calls = [call for call in called(path) if call.func.attr == "groupby"]
    assert not [f"line {c.lineno}" for c in calls if "dropna" not in {keyword.arg for keyword in c.keywords}]
