"""Verbs about the study as a whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from livermets.cli import app
from livermets.cli.options import OutTable
from livermets.errors import input_error

SCHEMA_PATH = Path("workflow/schemas/config.schema.json")


@app.command("schema")
def schema(
    out: Annotated[Path, typer.Option(help="Where the schema is kept.")] = SCHEMA_PATH,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if the file on disk is out of date.")
    ] = False,
) -> None:
    """Write the JSON schema of config.yaml, generated from the typed configuration."""
    from livermets.config.study import json_schema
    from livermets.io.atomic import write_text

    text = json.dumps(json_schema(), indent=2) + "\n"
    if not check:
        write_text(out, text)
    elif not out.exists() or out.read_text() != text:
        raise input_error(out, "the schema is not in step with the typed configuration", "Run `make schema`")


@app.command("lesion-table")
def lesion_table(
    lesions: Annotated[list[Path], typer.Argument(help="Tables of one kind, from `classify` or `lesion-features`.")],
    out: OutTable,
) -> None:
    """Put the lesion tables of all cohorts, or the feature tables of all scans, under each other."""
    import pandas as pd

    from livermets.io.tables import read_table, write_csv

    write_csv(out, pd.concat([read_table(path) for path in lesions], ignore_index=True))


def print_estimate(settings: str, out: Path | None) -> None:
    """The rehearsal of `check --estimate`, and its table as CSV."""
    from livermets.config.load import values_from_option
    from livermets.io.tables import write_csv
    from livermets.workflow.estimate import as_text, estimate
    from livermets.workflow.plan import Plan

    table = estimate(Plan.from_config(values_from_option(settings)))
    print(as_text(table))
    if out is not None:
        write_csv(out / "estimate.csv", table)
