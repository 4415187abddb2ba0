"""Writes ``docs/statements.md`` from the registry."""

from tests.unit.report.statements.document import DOCUMENT, document

if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
