"""Rules that hold for every table, read off the source itself."""

import ast
from pathlib import Path

import pytest

import livermets

SOURCE = Path(livermets.__file__).parent
DIRECT = {"read_csv", "read_table", "read_excel", "read_parquet", "to_csv", "to_excel", "to_parquet"}


@pytest.fixture(scope="module")
def calls() -> list[tuple[str, ast.Call]]:
    """Every call of a method or of a module's function, with its place."""
    return [
        (f"{path.relative_to(SOURCE).as_posix()}, line {node.lineno}", node)
        for path in sorted(SOURCE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]


def test_every_table_goes_through_one_reader_and_writer(calls):
    """pandas alone takes a cohort called NA for a missing one, and writes lesion 1.0."""
    found = [place for place, call in calls if call.func.attr in DIRECT]
    assert found, "io/tables.py is not seen"
    assert [place for place in found if not place.startswith("io/tables.py, ")] == []


def test_no_group_is_dropped_without_a_word(calls):
    """pandas drops the rows of an empty key unless told otherwise."""
    groups = [(place, call) for place, call in calls if call.func.attr == "groupby"]
    assert groups
    assert [place for place, call in groups if "dropna" not in {keyword.arg for keyword in call.keywords}] == []
