"""Where every number of the report comes from: sentences and captions, each with the file that says the same.

One module per part of the report holds its ``STATEMENTS``. To add a sentence: write its stable words as a template,
name the file and its columns, and compute the numbers from the file with pandas alone, never with the package. The
table in ``docs/statements.md`` is written from here by ``python -m tests.unit.report.statements``."""

from __future__ import annotations

from tests.unit.report.statements import (
    class_noise,
    cohorts,
    concordance,
    diagnostics,
    follow_up,
    other,
    perturbation,
    segmentation,
    selection,
    sources,
    summary,
)
from tests.unit.report.statements.registry import Statement

PARTS = {
    "Summary": summary, "Cohorts and flow of lesions": cohorts, "Concordance": concordance,
    "How good must a mask be?": perturbation,
    "How good must a mask be? Retraining": class_noise,
    "Mask sources": sources, "Diagnostics": diagnostics, "Segmentation": segmentation, "Selection": selection,
    "Lesions over time": follow_up, "All other parts": other,
}  # fmt: skip
STATEMENTS: tuple[Statement, ...] = tuple(s for part in PARTS.values() for s in part.STATEMENTS)
