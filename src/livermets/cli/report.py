"""Verbs that tell what was found: the study report and its manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from livermets.cli import app

# Beside the package in a checkout, wherever the study's own folder is.
LOCK = Path(__file__).parents[3] / "envs" / "lock.txt"


@app.command("report")
def report_verb(
    results: Path = typer.Argument(..., metavar="RESULTS_DIR", help="The results folder of one study."),
    out: Path = typer.Option(
        Path("report.html"), help="The report; its figures and their data go to figures/ beside it."
    ),
    settings: str = typer.Option("config.yaml", help="JSON of the whole configuration, or its file; {} for none."),
    lock: Path = typer.Option(LOCK, help="The locked environment, whose digest is recorded if it is there."),
) -> None:
    """Build the study report: one self-contained HTML file."""
    from livermets.config.load import validate_section
    from livermets.config.report import ReportSettings
    from livermets.report.build import build_report
    from livermets.report.manifest import study_manifest
    from livermets.report.overlays import overlay_galleries
    from livermets.report.render import render_html
    from livermets.report.results import read_results
    from livermets.report.write import write_report

    config = study_settings(settings)
    report_settings = validate_section(ReportSettings, config.get("report") or {}, "report")
    manifest = study_manifest(_existing(results), config, lock, tables_only=True)
    study = read_results(results, config, manifest)
    overlays = overlay_galleries(study, report_settings.overlays_per_cohort)
    report = build_report(study, report_settings, overlays)
    write_report(out, report, render_html(report))
    typer.echo(f"report: {out}", err=True)


@app.command("manifest")
def manifest_verb(
    results: Path = typer.Argument(..., metavar="RESULTS_DIR", help="The results folder of one study."),
    out: Path = typer.Option(Path("results/manifest.json"), help="The manifest."),
    settings: str = typer.Option("config.yaml", help="JSON of the whole configuration, or its file; {} for none."),
    lock: Path = typer.Option(LOCK, help="The locked environment, whose digest is recorded if it is there."),
) -> None:
    """Write what these results were made from: seed, versions, machine, digests of inputs and outputs."""
    from livermets.io.atomic import write_json
    from livermets.report.manifest import study_manifest

    write_json(out, study_manifest(_existing(results), study_settings(settings), lock))
    typer.echo(f"manifest: {out}", err=True)


@app.command("verify")
def verify_verb(
    results: Path = typer.Argument(Path("results"), metavar="RESULTS_DIR", help="The results folder of one study."),
    manifest: Path | None = typer.Option(None, help="Another manifest than the folder's own."),
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


def study_settings(option: str) -> Mapping[str, Any]:
    """``--settings`` as the whole configuration with its defaults; a study without cohorts stays as it was given."""
    from livermets.config.load import read_yaml, validate_section

    values = _json(option) if option.lstrip().startswith("{") else read_yaml(option)
    if not values.get("cohorts"):
        return values
    from livermets.config.study import StudyConfig

    return validate_section(StudyConfig, values, "config").model_dump(mode="json")


def _json(option: str) -> dict[str, Any]:
    from livermets.config.duplicates import parsed_json
    from livermets.errors import input_error

    try:
        return parsed_json(option, "--settings")
    except json.JSONDecodeError as error:
        raise input_error(
            "--settings", f"this is not valid JSON ({error})", "Give JSON or the path of a file"
        ) from error


def _existing(results: Path) -> Path:
    from livermets.errors import input_error

    if not results.is_dir():
        raise input_error(results, "this folder does not exist", "Give the results folder of a study")
    return results
