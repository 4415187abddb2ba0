"""Writes ``docs/statements.md`` from the registry."""

from tests.unit.reporting.statements.document import DOCUMENT, document

if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
