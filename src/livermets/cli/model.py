"""``livermets training-table``, ``select`` and ``classify``: from ROI tables to a model, from a model to classes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livermets.cli import app
from livermets.cli.options import (
    AlteredFeatures,
    Draw,
    OutTable,
    PredictingTimepoints,
    ReaderRois,
    Seed,
    settings_of,
    threads,
)
from livermets.masks.identity import REFERENCE


@app.command("training-table")
def training_table_verb(
    rois: Annotated[list[Path], typer.Argument(help="ROI tables (Parquet) of manual masks of training scans.")],
    lesions: Annotated[list[Path], typer.Option(help="Per-scan lesion tables with the outcome.")],
    out: Annotated[Path, typer.Option(help="Training table to write (Parquet).")],
    timepoint: Annotated[
        list[str] | None,
        typer.Option(help="Timepoint to learn from (repeatable); needed where tables hold several."),
    ] = None,
) -> None:
    """Joins manual ROIs of training scans with the outcome of their lesions."""
    from livermets.io.tables import write_parquet
    from livermets.model.files import existing, read_lesions, read_rois
    from livermets.model.training_table import common_extraction, training_table

    existing([*rois, *lesions])
    read = {str(path): read_rois(path) for path in rois}
    extraction = common_extraction({name: settings for name, (_, settings) in read.items()})
    tables = [table for table, _ in read.values()]
    made = training_table(tables, [read_lesions(path) for path in lesions], timepoint or [])
    for names, why in ((made.without_response, "no outcome"), (made.without_rois, "no ROI")):
        if names:
            typer.echo(f"{len(names)} lesions left out ({why}): {'; '.join(names)}", err=True)
    write_parquet(out, made.table, {"settings": extraction})
    typer.echo(f"{len(made.table)} ROIs in {out}", err=True)


@app.command("select")
def select_verb(
    table: Annotated[Path, typer.Argument(help="Any table with a binary target (CSV, TSV, Excel, Parquet).")],
    target: Annotated[str, typer.Option(help="Column with the outcome: 1 (R+) or 0 (R-).")],
    group: Annotated[list[str], typer.Option(help="Column(s) that name the patient (repeatable).")],
    out: Annotated[Path, typer.Option(help="Folder for model, tables and figures.")],
    lesion: Annotated[
        list[str] | None,
        typer.Option(help="Columns that with the group name a lesion (repeatable); none: each row is one."),
    ] = None,
    lesions: Annotated[
        list[Path] | None,
        typer.Option(help="Whole-lesion tables for the comparison models (diameter, features)."),
    ] = None,
    altered_features: AlteredFeatures = None,
    reader_rois: ReaderRois = None,
    settings: Annotated[str, settings_of("selection")] = "{}",
    population: Annotated[int | None, typer.Option(help="Individuals per generation.")] = None,
    generations: Annotated[int | None, typer.Option(help="Generations after the first.")] = None,
    seed: Seed = 0,
    threads: Annotated[int, threads("the result does not depend on their number")] = 1,
    checkpoint: Annotated[Path | None, typer.Option(help="Folder to go on from after a kill (kept by you).")] = None,
    draw: Draw = True,
) -> None:
    """Genetic selection of features and hidden neurons on any table with a binary target, with its audit."""
    from livermets.config.load import section_from_option, validate_section
    from livermets.config.selection import MasksBy, SelectionSettings
    from livermets.model.files import (
        existing,
        read_lesions,
        read_training_table,
        write_figures,
        write_tables,
    )
    from livermets.model.fitted import write_model
    from livermets.model.mask_files import read_mask_tables
    from livermets.model.progress import searching
    from livermets.model.selection import Inputs, select
    from livermets.model.tables import selection_tables

    given = section_from_option(settings, "selection", SelectionSettings).model_dump(exclude_unset=True)
    options = {"population": population, "generations": generations}
    given["search"] = {**given.get("search", {}), **{k: v for k, v in options.items() if v is not None}}
    chosen = validate_section(SelectionSettings, given, "selection")
    of_masks: dict[MasksBy, list[Path]] = {"altered": altered_features or [], "readers": reader_rois or []}
    existing([table, *(lesions or []), *of_masks["altered"], *of_masks["readers"]])
    named = [*group, *(lesion or [])]
    rows, extraction = read_training_table(table, named)
    masks = read_mask_tables({by: of_masks[by] for by in chosen.stable_features.used}, extraction)
    whole = [read_lesions(path, named) for path in lesions or []]
    inputs = Inputs.checked(rows, target, group, lesion or [], whole, extraction, chosen, seed, str(table), masks)
    for note in inputs.notes:
        typer.echo(f"note: {note}", err=True)
    with searching(inputs, threads, checkpoint) as run:
        selected = select(inputs, run)
    tables = selection_tables(selected)
    figures = {}
    if draw:
        from livermets.model.figures import selection_figures

        figures = selection_figures(tables)
    write_tables(out, tables)
    write_figures(out, figures)
    write_model(out, selected.fitted.model)
    for note in selected.notes:
        typer.echo(f"note: {note}", err=True)
    typer.echo(f"{selected.summary}: model and tables in {out}", err=True)


@app.command("classify")
def classify_verb(
    model: Annotated[Path, typer.Option(help="Folder of the fitted model.")],
    out: OutTable,
    lesions: Annotated[
        list[Path] | None, typer.Option(help="Per-scan tables of the reference lesions (repeatable).")
    ] = None,
    rois: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE=PATH", help="ROI tables of a mask source (repeatable)."),
    ] = None,
    matching: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE=PATH", help="A source's masks against the reference, per scan (repeatable)."),
    ] = None,
    reference: Annotated[str, typer.Option(help="The mask source that the others are compared with.")] = REFERENCE,
    primary: Annotated[
        str | None, typer.Option(help="The source beside the reference in the wide table [default: none].")
    ] = None,
    out_long: Annotated[
        Path | None, typer.Option(help="Lesion table of all sources to write, a row per lesion and source (CSV).")
    ] = None,
    roi_out: Annotated[Path | None, typer.Option(help="Probability of every ROI (Parquet).")] = None,
    settings: Annotated[str, settings_of("classification")] = "{}",
) -> None:
    """Applies a fitted model to the ROIs of every mask source of one cohort and calls every lesion R+ or R-."""
    import pandas as pd

    from livermets.config.classification import ClassificationSettings
    from livermets.config.load import section_from_option
    from livermets.errors import ProblemList
    from livermets.io.tables import write_csv, write_parquet
    from livermets.masks.pairs import pair
    from livermets.model.classify import long_table, roi_probabilities
    from livermets.model.files import by_source, concatenated, existing, read_rois
    from livermets.model.fitted import DESCRIPTION_FILE, read_model
    from livermets.provenance import file_digest

    minimum = section_from_option(settings, "classification", ClassificationSettings).minimum_rois
    fitted, problems = read_model(model), ProblemList()
    existing(lesions or [])
    matchings = {source: concatenated(paths) for source, paths in by_source(matching or [], "--matching").items()}
    found: dict[str, pd.DataFrame] = {}
    for source, paths in by_source(rois or [], "--rois").items():
        parts = []
        for path in paths:
            extracted, extraction = read_rois(path)
            wrong = fitted.problems_of(extracted, extraction or None, path)
            problems.extend(wrong)
            if not wrong:
                parts.append(roi_probabilities(fitted, extracted).assign(mask_source=source))
        found[source] = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    problems.raise_if_errors()
    table = long_table(fitted, concatenated(lesions or []), matchings, found, reference, minimum)
    if roi_out:
        everything = pd.concat([part for part in found.values() if len(part)] or [pd.DataFrame()], ignore_index=True)
        write_parquet(roi_out, everything, {"model": file_digest(model / DESCRIPTION_FILE)})
    if out_long:
        write_csv(out_long, table)
    wide = pair(table, reference, primary, every=True)
    write_csv(out, wide)
    typer.echo(f"{len(wide)} lesions in {out}", err=True)


@app.command("resubstitution")
def resubstitution_verb(
    lesions: Annotated[
        list[Path], typer.Argument(metavar="LESIONS.csv...", help="Lesion tables of the training cohorts, classified.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for resubstitution.csv and resubstitution_calls.csv.")],
    timepoint: PredictingTimepoints = None,
    settings: Annotated[str, settings_of("statistics")] = "{}",
    seed: Seed = 0,
) -> None:
    """Diagnostics of the final model on the lesions that it was fitted on, which are too good by construction."""
    from livermets.config.load import section_from_option
    from livermets.config.statistics import StatisticsSettings
    from livermets.io.tables import read_table
    from livermets.masks.lesion_table import TRAIN, checked_lesions, joined, with_headline
    from livermets.model.files import existing, write_tables
    from livermets.model.resubstitution import resubstitution_tables
    from livermets.randomness import generator
    from livermets.stats.resampling import Resampling

    statistics = section_from_option(settings, "statistics", StatisticsSettings)
    existing(lesions)
    table = checked_lesions(joined({str(path): read_table(path) for path in lesions}))
    counted = with_headline(table, timepoint or [], roles=[TRAIN]).query("headline")
    random = generator(seed, "model", "resubstitution")
    resampling = Resampling(statistics.bootstrap_replicates, statistics.level, random)
    write_tables(out, resubstitution_tables(counted, resampling))
