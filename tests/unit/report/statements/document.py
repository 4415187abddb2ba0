"""The registry as a table for readers: sentence, number, file, test."""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit.report.statements import PARTS
from tests.unit.report.statements.registry import Statement

DOCUMENT = Path(__file__).parents[4] / "docs" / "statements.md"
_HEAD = """# Where the numbers of the report come from

Every number in the summary, in a caption, and in the sentences around them, with the file it can be read in again.
`<comparison>` is `pooled` where a study has several validation cohorts, else the only one. Numbers stand in braces,
words that vary are left out (…).

One test reads the report of a study, finds every number in it, and computes it again from these files alone
(`test_every_number_is_in_the_file_named_for_it` in `tests/unit/report/test_statements.py`); a number that no line
below accounts for makes it fail. The test of the whole workflow does so with the study that it runs. With
`LIVERMETS_RESULTS=study7/results` the same file tests a study of your own, whose `config.yaml` lies beside its results.
Counts of checklist items are tested in `test_checklists.py` beside it.

Written by `.venv/bin/python -m tests.unit.report.statements` from the folder of that name; not to be edited.
"""


def document() -> str:
    """The whole page."""
    parts = [_HEAD]
    for title, module in PARTS.items():
        rows = dict.fromkeys(_row(statement) for statement in module.STATEMENTS)
        head = "| where | sentence or caption | file | columns |\n| --- | --- | --- | --- |"
        parts.append("\n".join([f"## {title}\n", head, *rows]))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _row(statement: Statement) -> str:
    section, kind, block = (
        statement.where.split("/", 2) if statement.where.count("/") > 1 else (statement.where, "", "")
    )
    where = " ".join(word for word in (section, kind, block) if word and word != "*")
    text = re.sub(r":[%pw]\}", "}", statement.text).strip().replace("|", "\\|")
    where = re.sub(r"\{(\w+)\}", r"<\1>", where).replace("*", "…")
    return f"| {where} | {text} | `{statement.file}` | {statement.columns} |"
