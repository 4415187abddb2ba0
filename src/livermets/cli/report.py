"""Verbs that tell what was found: the study report and its manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livermets.cli import app
from livermets.cli.options import CONFIG_FILE, Results, WholeConfig

# Beside the package in a checkout, wherever the study's own folder is.
LOCK = Path(__file__).parents[3] / "envs" / "lock.txt"


Lock = Annotated[Path, typer.Option(help="The locked environment, whose digest is recorded if it is there.")]


@app.command("report")
def report_verb(
    results: Results,
    out: Annotated[Path, typer.Option(help="The report; its figures and their data go to figures/ beside it.")] = Path(
        "report.html"
    ),
    settings: WholeConfig = CONFIG_FILE,
    lock: Lock = LOCK,
) -> None:
    """Build the study report: one self-contained HTML file."""
    from livermets.report.build import build_report
    from livermets.report.configuration import config_from_option
    from livermets.report.manifest import study_manifest
    from livermets.report.overlays import overlay_galleries
    from livermets.report.render import render_html
    from livermets.report.results import read_results
    from livermets.report.write import write_report

    config = config_from_option(settings)
    manifest = study_manifest(_existing(results), config, lock, tables_only=True)
    study = read_results(results, config, manifest)
    overlays = overlay_galleries(study, config.report.overlays_per_cohort)
    report = build_report(study, config.report, overlays)
    write_report(out, report, render_html(report))
    typer.echo(f"report: {out}", err=True)


@app.command("manifest")
def manifest_verb(
    results: Results,
    out: Annotated[Path, typer.Option(help="The manifest.")] = Path("results/manifest.json"),
    settings: WholeConfig = CONFIG_FILE,
    lock: Lock = LOCK,
) -> None:
    """Write what these results were made from: seed, versions, machine, digests of inputs and outputs."""
    from livermets.io.atomic import write_json
    from livermets.report.configuration import config_from_option
    from livermets.report.manifest import study_manifest

    write_json(out, study_manifest(_existing(results), config_from_option(settings), lock))
    typer.echo(f"manifest: {out}", err=True)


@app.command("verify")
def verify_verb(
    results: Results = Path("results"),
    manifest: Annotated[Path | None, typer.Option(help="Another manifest than the folder's own.")] = None,
) -> None:
    """Compare a results folder with its manifest; name every file that changed or is missing."""
    from livermets.errors import InputError
    from livermets.report.verify import verify

    compared, problems = verify(_existing(results), manifest)
    wrong = [problem for problem in problems if problem.severity == "error"]
    for problem in problems:
        if problem not in wrong:
            typer.echo(f"warning: {problem}", err=True)
    if wrong:
        raise InputError(wrong)
    typer.echo(f"{compared} files are as the manifest says", err=True)


def _existing(results: Path) -> Path:
    from livermets.errors import input_error

    if not results.is_dir():
        raise input_error(results, "this folder does not exist", "Give the results folder of a study")
    return results
