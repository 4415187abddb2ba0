"""``livermets concordance``, ``roi-concordance`` and ``concordance-sources``: mask sources against the reference."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livermets.cli import app
from livermets.cli.options import Draw, Seed, settings_of
from livermets.masks.identity import REFERENCE

Settings = Annotated[str, settings_of("statistics")]
Absent = Annotated[
    bool,
    typer.Option(
        "--allow-absent",
        help="Accept a --timepoint that no table holds, as in a cohort that was seen at other timepoints only.",
    ),
]
Reference = Annotated[str, typer.Option("--reference", help="The mask source that others are compared with.")]
Other = Annotated[
    str | None,
    typer.Option("--source", help="The mask source to compare with it [default: the only other one]."),
]
Roles = Annotated[
    list[str] | None,
    typer.Option(
        "--role",
        help="Roles whose lesions count, in tables with a column role (repeatable) [default: validation].",
    ),
]
HeadlineTimepoints = Annotated[
    list[str] | None,
    typer.Option(
        "--timepoint",
        help="Timepoints whose classes count as predictions (repeatable) [default: all]; lesions of others are "
        "only in lesions.csv and agreement_by_timepoint.csv.",
    ),
]


@app.command("concordance")
def concordance_verb(
    lesions: Annotated[
        list[Path],
        typer.Argument(
            metavar="LESIONS.csv...",
            help="Lesion tables with patient_id, lesion_id, response, predicted_manual, predicted_automatic, dice, "
            "longest_diameter_mm (1 = R+, 0 = R-, empty = not available); or in long form, a row per lesion and mask "
            "source, with mask_source and predicted. More columns give more tables.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the tables (CSV) and figures (PNG).")],
    reference: Reference = REFERENCE,
    source: Other = None,
    settings: Settings = "{}",
    seed: Seed = 0,
    cohort: Annotated[list[str] | None, typer.Option(help="Only these cohorts of the tables (repeatable).")] = None,
    role: Roles = None,
    timepoint: HeadlineTimepoints = None,
    allow_absent: Absent = False,
    draw: Draw = True,
) -> None:
    """Agreement, diagnostics, strata, and the Dice that a lesion needs, each with its uncertainty."""
    from livermets.concordance.files import write_concordance
    from livermets.concordance.result import concordance
    from livermets.config.load import section_from_option
    from livermets.config.statistics import StatisticsSettings
    from livermets.io.tables import read_table
    from livermets.masks.lesion_table import VALIDATION, of_cohorts, require_timepoints
    from livermets.masks.pairs import paired
    from livermets.report.findings import in_words

    statistics = section_from_option(settings, "statistics", StatisticsSettings)
    where = ", ".join(str(path) for path in lesions)
    pair = paired({str(path): read_table(path) for path in lesions}, reference, source)
    if not allow_absent:
        require_timepoints(pair.lesions, timepoint or [], where)
    table = of_cohorts(pair.lesions, cohort or [], where)
    result = concordance(table, statistics, seed, where, timepoint or [], role or [VALIDATION], pair.notes)
    figures = {}
    if draw:
        from livermets.concordance.figures import concordance_figures

        figures = concordance_figures(result, statistics, pair.names)
    summary = "".join(f"Note: {note}.\n" for note in pair.notes) + in_words(vars(result), result.lesions)
    write_concordance(out, result, figures, summary)
    typer.echo(f"{summary}{len(result.lesions)} lesions: tables in {out}", err=True)
    for note in result.notes:
        typer.echo(f"note: {note}", err=True)


@app.command("diagnostics")
def diagnostics_verb(
    lesions: Annotated[
        list[Path],
        typer.Argument(metavar="LESIONS.csv...", help="Lesion tables in long form, a row per lesion and mask source."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the tables (CSV).")],
    reference: Reference = REFERENCE,
    settings: Settings = "{}",
    seed: Seed = 0,
    role: Roles = None,
    timepoint: HeadlineTimepoints = None,
) -> None:
    """Sensitivity, specificity and calibration of one source's classes, where there is no other to compare with."""
    from livermets.concordance.alone import alone
    from livermets.config.load import section_from_option
    from livermets.config.statistics import StatisticsSettings
    from livermets.io.tables import read_table, write_csv
    from livermets.masks.lesion_table import VALIDATION
    from livermets.masks.pairs import joined_long

    statistics = section_from_option(settings, "statistics", StatisticsSettings)
    where = ", ".join(str(path) for path in lesions)
    long = joined_long({str(path): read_table(path) for path in lesions})
    tables = alone(long, reference, statistics, seed, where, timepoint or [], role or [VALIDATION])
    for name, table in tables.items():
        write_csv(out / f"{name}.csv", table)
    typer.echo(f"{len(tables)} tables in {out}", err=True)


@app.command("roi-concordance")
def roi_concordance_verb(
    rois: Annotated[
        list[Path],
        typer.Argument(
            metavar="ROIS.parquet...",
            help="ROI tables of both masks with patient_id, lesion_id, mask_source, z, y, x; a column probability "
            "gives the share of R+ among common and one-sided ROIs.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for roi_agreement.csv, roi_lesions.csv, feature_icc.csv.")],
    features: Annotated[
        list[Path] | None,
        typer.Option(
            help="ROI tables with radiomics features, whole lesions in each, for the ICC of every feature (repeatable) "
            "[default: ROIS.parquet].",
        ),
    ] = None,
    reference: Reference = REFERENCE,
    source: Other = None,
    lesions: Annotated[
        list[Path] | None,
        typer.Option(help="Lesion tables that say the role of every scan: only ROIs of its --role count (repeatable)."),
    ] = None,
    model: Annotated[Path | None, typer.Option(help="model.json of the fitted model: its features come first.")] = None,
    role: Roles = None,
    timepoint: Annotated[
        list[str] | None,
        typer.Option(help="Timepoints whose ROIs count (repeatable) [default: all]."),
    ] = None,
    allow_absent: Absent = False,
    settings: Settings = "{}",
    seed: Seed = 0,
) -> None:
    """ROI by ROI: do both masks hold the same ROIs, what do the others say, which features keep their value?"""
    import pandas as pd
    from tqdm import tqdm

    from livermets.concordance.feature_icc import feature_medians
    from livermets.concordance.files import write_roi_concordance
    from livermets.concordance.roi_result import roi_concordance
    from livermets.config.load import section_from_option
    from livermets.config.statistics import StatisticsSettings
    from livermets.io.tables import read_table
    from livermets.masks.lesion_table import VALIDATION, require_timepoints, scans_of_roles
    from livermets.model.files import model_features

    statistics = section_from_option(settings, "statistics", StatisticsSettings)
    table = pd.concat([read_table(path) for path in rois], ignore_index=True)
    if not allow_absent:
        require_timepoints(table, timepoint or [], ", ".join(str(path) for path in rois))
    named = [read_table(path) for path in lesions or []]
    scans = scans_of_roles(pd.concat(named, ignore_index=True), role or [VALIDATION]) if named else None
    # One feature table at a time: together they may not fit into memory.
    medians = [feature_medians(read_table(path)) for path in tqdm(features or [], desc="features", disable=None)]
    selected = model_features(model) if model else []
    result = roi_concordance(
        table,
        pd.concat(medians) if medians else None,
        statistics,
        seed,
        selected,
        timepoint or [],
        scans,
        reference,
        source,
    )
    write_roi_concordance(out, result)


@app.command("concordance-sources")
def concordance_sources_verb(
    lesions: Annotated[
        list[Path],
        typer.Argument(metavar="LESIONS.csv...", help="Lesion tables in long form, a row per lesion and mask source."),
    ],
    out: Annotated[Path, typer.Option(help="Table to write (CSV); its picture (PNG) gets the same name.")],
    reference: Reference = REFERENCE,
    primary: Annotated[
        str | None, typer.Option(help="The source that the others are tested against [default: the first].")
    ] = None,
    settings: Settings = "{}",
    seed: Seed = 0,
    role: Roles = None,
    timepoint: Annotated[
        list[str] | None,
        typer.Option(help="Timepoints whose classes count as predictions (repeatable) [default: all]."),
    ] = None,
    draw: Draw = True,
) -> None:
    """Every mask source against the reference, side by side: which one changes the fewest classes?"""
    from livermets.concordance.sources import sources_table
    from livermets.config.load import section_from_option
    from livermets.config.statistics import StatisticsSettings
    from livermets.figures.writing import write_png
    from livermets.io.tables import read_table, write_csv
    from livermets.masks.lesion_table import VALIDATION
    from livermets.masks.pairs import joined_long

    statistics = section_from_option(settings, "statistics", StatisticsSettings)
    where = ", ".join(str(path) for path in lesions)
    long = joined_long({str(path): read_table(path) for path in lesions})
    table = sources_table(long, reference, primary, statistics, seed, where, timepoint or [], role or [VALIDATION])
    if draw:
        from livermets.concordance.figures.sources import fates_by_source

        write_png(out.with_suffix(".png"), fates_by_source(table))
    write_csv(out, table)
    first = table["mask_source"].iloc[0]
    if primary not in (None, first):
        typer.echo(f"note: no row of {primary}: the others are compared with {first}", err=True)
    typer.echo(f"{len(table)} mask sources in {out}", err=True)
