"""Verbs that bring a cohort in: check it, convert it, propose its configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livermets.cli import app
from livermets.cli.options import CONFIG_FILE, OutTable


@app.command("intake")
def intake(
    cohort: Annotated[str, typer.Option(help="Name of the cohort in the configuration.")],
    patient: Annotated[str, typer.Option(help="Patient id.")],
    out: Annotated[Path, typer.Option(help="Folder for image, masks, scan.json, qc.png and lesions.csv.")],
    timepoint: Annotated[str, typer.Option(help="Timepoint.")] = "baseline",
    settings: Annotated[
        str, typer.Option(help="Configuration file; or JSON of one scan's files and reading, then without lesions.csv.")
    ] = CONFIG_FILE,
) -> None:
    """Bring one scan in: CT in HU, masks, lesion table and QC picture on the CT's own grid."""
    from livermets.cohort.one_scan import named_scan
    from livermets.intake.checks import checked_scan
    from livermets.intake.writing import write_scan

    scan, its_cohort, outcome_known = named_scan(settings, cohort, patient, timepoint)
    data, lesions = checked_scan(scan, its_cohort)
    write_scan(out, scan, data, lesions, with_outcome=outcome_known)


@app.command("outcome")
def outcome(
    scans: Annotated[list[Path], typer.Argument(help="scan.json of every scan, as `intake` has written it.")],
    out: OutTable,
    settings: Annotated[
        str, typer.Option(help="Configuration file, or JSON of its cohorts and outcome.")
    ] = CONFIG_FILE,
    centres: Annotated[bool, typer.Option(help="The column `centre`; nothing is fitted on it.")] = True,
) -> None:
    """Join the lesions of scans with their outcome: one table, and every lesion that only one side has."""
    from livermets.intake.outcome_table import outcome_table
    from livermets.io.tables import write_csv

    table = outcome_table(scans, settings)
    write_csv(out, table if centres else table.drop(columns="centre"))


@app.command("check")
def check(
    settings: Annotated[
        str, typer.Option("--settings", "--config", help="Configuration file, or its JSON.")
    ] = CONFIG_FILE,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for problems.csv, scans.csv, without errors summary.txt, and pictures."),
    ] = None,
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Also write one QC picture per scan to OUT/pictures.")
    ] = False,
    estimate: Annotated[
        bool,
        typer.Option("--estimate", help="Only predict time, memory, disk and GPU hours per rule; no image is opened."),
    ] = False,
) -> None:
    """Check configuration, tables and every image before anything is computed; list all problems at once."""
    from livermets.cli.workflow import print_estimate
    from livermets.workflow.check import check_from_settings

    if estimate:
        print_estimate(settings, out)
        return
    check_from_settings(settings, out, pictures)


@app.command("cohort-init")
def cohort_init(
    folder: Annotated[Path, typer.Argument(help="Folder that holds the patients of one cohort.")],
    role: Annotated[str, typer.Option(help="train, validation or predict.")] = "predict",
    out: Annotated[Path | None, typer.Option(help="Write the lines to this file instead of the screen.")] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            help="Write every path into this new table (CSV), where no template holds them all; role predict."
        ),
    ] = None,
) -> None:
    """Look at a folder and propose the lines of config.yaml that bring it in."""
    from livermets.config.roles import USED
    from livermets.errors import input_error
    from livermets.intake.proposal import propose
    from livermets.io.atomic import write_text

    if role not in USED:
        raise input_error("--role", f'"{role}" is not a role', f"Use {', '.join(USED)}")
    if table is not None and role != "predict":
        fix = "Add the columns image, liver and lesions to your own table, and name it under `table`"
        raise input_error("--table", f"a table of paths holds no outcome for role {role}", fix)
    if table is not None and table.exists():
        raise input_error(table, "this file is there already", "Give the name of a new one")
    proposal = propose(folder, role, table)
    if out is None:
        print(proposal, end="")
    else:
        write_text(out, proposal)
