"""``livermets concordance``: manual against automatic masks, from a lesion table alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livermets.cli import app


@app.command("concordance")
def concordance_verb(
    lesions: Annotated[
        Path,
        typer.Argument(
            metavar="LESIONS.csv",
            help="Lesion table with patient_id, lesion_id, response, predicted_manual, predicted_automatic, dice, "
            "longest_diameter_mm (1 = R+, 0 = R-, empty = not available); more columns give more tables.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the tables (CSV) and figures (PNG).")],
    settings: Annotated[
        str, typer.Option("--settings", help="JSON of the statistics section, or a configuration file.")
    ] = "{}",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the patient bootstrap.")] = 0,
    cohort: Annotated[
        list[str] | None, typer.Option("--cohort", help="Only these cohorts of the table (repeatable).")
    ] = None,
    draw: Annotated[bool, typer.Option("--figures/--no-figures", help="Draw the figures.")] = True,
) -> None:
    """Agreement, diagnostics, strata, and the Dice that a lesion needs, each with its uncertainty."""
    from livermets.config.load import section_from_option
    from livermets.config.statistics import StatisticsSettings
    from livermets.io.concordance import write_concordance
    from livermets.io.tables import read_table
    from livermets.stats.concordance import concordance
    from livermets.stats.lesions import of_cohorts

    statistics = section_from_option(settings, "statistics", StatisticsSettings)
    table = of_cohorts(read_table(lesions), cohort or [], str(lesions))
    result = concordance(table, statistics, seed, where=str(lesions))
    figures = {}
    if draw:
        from livermets.figures.concordance import concordance_figures

        figures = concordance_figures(result, statistics)
    write_concordance(out, result, figures)
    typer.echo(f"{len(result.lesions)} lesions: tables in {out}", err=True)
    for note in result.notes:
        typer.echo(f"note: {note}", err=True)
