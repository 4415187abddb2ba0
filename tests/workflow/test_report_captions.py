"""Snakemake's own report: every marked file has a caption, a category and a label, and every caption is used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

WORKFLOW = Path(__file__).parents[2] / "workflow"
MARKED = [
    (path.name, block)
    for path in sorted((WORKFLOW / "rules").glob("*.smk"))
    for block in re.findall(r"=report\(\n(.*?)\n {8}\),", path.read_text(encoding="utf-8"), flags=re.S)
]


@pytest.mark.parametrize("rule, block", MARKED, ids=[re.search(r'"(.*?)"', block)[1] for _, block in MARKED])
def test_a_marked_file_is_captioned_and_filed(rule: str, block: str) -> None:
    caption = re.search(r'caption="\.\./report/(\w+\.rst)"', block)
    assert caption, f"{rule}: no caption"
    assert (WORKFLOW / "report" / caption[1]).is_file()
    assert re.search(r'category="[A-Z]', block), f"{rule}: no category"
    assert "labels=" in block or "report.html" in block, f"{rule}: no labels"


def test_every_figure_and_the_main_tables_are_marked() -> None:
    marked = " ".join(block for _, block in MARKED)
    tables = [
        "agreement",
        "strata",
        "accounting",
        "diagnostics",
        "subgroups",
        "required_dice",
        "selection",
        "evaluation",
    ]
    for what in ("report/figures", "lesions.csv", "qc.png", "overlay.png", *(f"{table}.csv" for table in tables)):
        assert what in marked


def test_no_caption_lies_unused() -> None:
    used = {name for _, block in MARKED for name in re.findall(r"report/(\w+\.rst)", block)}
    assert {path.name for path in (WORKFLOW / "report").glob("*.rst")} == used | {"workflow.rst"}
