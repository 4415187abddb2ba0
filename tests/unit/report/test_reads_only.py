"""The report reads tables and computes none: it knows words, constants and choices of the methods, and no estimator."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import livermets.report

FOLDER = Path(livermets.report.__file__).parent
READ = {
    "livermets.concordance.agreement_model": {"KEPT", "OUTCOMES", "SAME"},
    "livermets.stats.sample_size": {"OPTIMISM", "RISK_ERROR", "SHRINKAGE"},
    "livermets.stats.results": {"REFERENCES", "both_intervals", "is_clustered", "shown_interval"},
    "livermets.overlap.figures": {"dice_by_size", "learning_curve_figure"},
    "livermets.overlap.learning_curve": {"DICE"},
    "livermets.overlap.networks": {"CROSS_VALIDATED"},
    "livermets.overlap.study": {"compared_lesions"},
    "livermets.overlap.tables": {"BASELINE", "EVERY_TIMEPOINT", "at_places"},
    "livermets.concordance.false_positives": {"TOTAL"},
    "livermets.concordance.fates": {"ANY", "NOT_MEASURED"},
    "livermets.concordance.rois": {"BY_CONSTRUCTION"},
    "livermets.concordance.planning": {"ModelPlan", "Pilot", "smallest"},
    "livermets.concordance.strata": {"quoted_interval"},
    "livermets.concordance.diagnostics": {"CLASSIFIED", "END_TO_END"},
    "livermets.model.figures": {"MOST_FEATURES"},
    "livermets.model.names": {"CLINICAL", "MODEL_NAMES", "WITH_CLINICAL"},
    "livermets.follow_up.figures": {"MOST_LESIONS", "volumes_over_time"},
    "livermets.follow_up.tables": {"IDS"},
    "livermets.follow_up.tracks": {"STATUSES"},
    "livermets.randomness": {"integer_seed"},
}
"""Words, constants, pictures of tables, and which of two written intervals to quote."""
STAGES = tuple(
    f"livermets.{name}" for name in ("stats", "overlap", "concordance", "model", "readers", "follow_up", "randomness")
)


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_a_module_of_the_report_estimates_nothing(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = list(_imports(tree))
    assert [module for module, _ in found if module.split(".")[0] == "scipy" or module.startswith("numpy.random")] == []
    assert [name for module, name in found if module.startswith(STAGES) and name not in READ.get(module, ())] == []
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "random"]


def test_what_stands_beside_the_sections_knows_none_of_them() -> None:
    for name in ("answer", "detection", "findings", "rows", "seen"):
        tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
        assert [module for module, _ in _imports(tree) if module.startswith("livermets.report.sections")] == [], name


def _imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Module and name of every import, at the top or inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)
