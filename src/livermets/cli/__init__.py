"""The ``livermets`` program: one verb per rule, each a thin reader-caller-writer.

Exit status: 0 done; 2 the user's input is wrong (every problem on stderr, no traceback); 1 a defect of ours."""

from __future__ import annotations

import importlib
import sys

import typer

from livermets.errors import InputError

app = typer.Typer(
    name="livermets",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Per-lesion response prediction for colorectal liver metastases, with manual and automatic masks.",
)


VERB_MODULES = (
    "phantom",
    "intake",
    "segmentation",
    "radiomics",
    "model",
    "concordance",
    "sample_size",
    "overlap",
    "readers",
    "follow_up",
    "perturbation",
    "retraining",
    "bundle",
    "report",
    "workflow",
)


def _register_verbs() -> None:
    # Imported for their @app.command side effect; each keeps its heavy imports inside the verb.
    for module in VERB_MODULES:
        importlib.import_module(f"livermets.cli.{module}")


def main() -> None:
    """Runs the program; the only place where a user's mistake becomes an exit status."""
    _register_verbs()
    try:
        app()
    except InputError as error:
        for problem in error.problems:
            print(f"error: {problem}", file=sys.stderr)
        sys.exit(2)
