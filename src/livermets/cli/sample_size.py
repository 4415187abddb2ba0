"""``livermets sample-size``: how many patients the next study needs; by hand, no rule runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livermets.cli import app
from livermets.cli.concordance import HeadlineTimepoints, Other, Reference, Roles, Settings
from livermets.cli.options import Draw, Seed
from livermets.masks.identity import REFERENCE


@app.command("sample-size")
def sample_size_verb(
    lesions: Annotated[
        list[Path],
        typer.Argument(metavar="LESIONS.csv...", help="Lesion tables of a finished study, in either form."),
    ],
    out: Annotated[Path, typer.Option(help="Table to write (CSV); its picture (PNG) gets the same name.")],
    patients: Annotated[
        list[int] | None,
        typer.Option(help="A number of patients to try (repeatable) [default: 20 to 300 in nine steps]."),
    ] = None,
    agreement: Annotated[
        float | None,
        typer.Option(help="Share of lesions assumed to keep their class, above the margin [default: this study's]."),
    ] = None,
    correlation: Annotated[
        float | None, typer.Option(help="Assumed correlation of agreement within patients [default: this study's].")
    ] = None,
    auc_difference: Annotated[float, typer.Option(help="Assumed difference of the areas under the ROC curve.")] = 0.0,
    half_width: Annotated[
        float | None, typer.Option(min=0, help="Say which number of patients gives an interval of ± this.")
    ] = None,
    both: Annotated[
        bool, typer.Option("--both", help="Plan agreement of the lesions that both masks classify, not the reader's.")
    ] = False,
    candidates: Annotated[
        int | None,
        typer.Option(help="Candidate features of a new response model: say how many lesions its development needs."),
    ] = None,
    explained: Annotated[
        float, typer.Option(help="R² anticipated of this model, as a share of the largest possible (Nagelkerke's R²).")
    ] = 0.15,
    simulated: Annotated[int, typer.Option(min=100, help="Simulated studies for each number of patients.")] = 1000,
    reference: Reference = REFERENCE,
    source: Other = None,
    settings: Settings = "{}",
    seed: Seed = 0,
    role: Roles = None,
    timepoint: HeadlineTimepoints = None,
    draw: Draw = True,
) -> None:
    """Power of the tests of equivalence and width of intervals against the number of patients, from a finished study.

    Margins and levels are those of ``statistics``; lesions are drawn in clusters, as patients have them."""
    from livermets.concordance import planning
    from livermets.concordance.agreement import AGREEMENT, READER_CLASSIFIED
    from livermets.config.load import section_from_option
    from livermets.config.statistics import StatisticsSettings
    from livermets.figures.writing import write_png
    from livermets.io.tables import read_table, write_csv
    from livermets.masks.lesion_table import VALIDATION
    from livermets.masks.pairs import paired
    from livermets.report.planned import model_in_words, plan_in_words

    statistics = section_from_option(settings, "statistics", StatisticsSettings)
    where = ", ".join(str(path) for path in lesions)
    pair = paired({str(path): read_table(path) for path in lesions}, reference, source)
    table = planning.lesions_to_plan_from(pair.lesions, where, timepoint or [], role or [VALIDATION])
    measure = AGREEMENT if both else READER_CLASSIFIED
    found = planning.pilot(table, where, measure)
    model = planning.model_plan(table, candidates, explained, where) if candidates is not None else None
    assumed = planning.Assumptions(agreement, correlation, auc_difference)
    numbers = patients or list(planning.PATIENTS)
    plan, notes = planning.plan_table(table, numbers, statistics, assumed, where, measure, simulated, seed)
    if draw:
        from livermets.concordance.figures.planning import power_curves

        write_png(out.with_suffix(".png"), power_curves(plan))
    write_csv(out, plan)
    typer.echo(plan_in_words(plan, found, half_width) + (model_in_words(model) if model else ""), nl=False)
    for note in (*pair.notes, *notes):
        typer.echo(f"note: {note}", err=True)
