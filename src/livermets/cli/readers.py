"""Verbs about readers: how alike the masks of several readers, corrected masks and networks are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livermets.cli import app
from livermets.cli.options import CONFIG_FILE, Seed


@app.command("readers-scan")
def readers_scan(
    cohort: Annotated[str, typer.Option(help="Cohort of the scan.")],
    patient: Annotated[str, typer.Option(help="Patient id.")],
    timepoint: Annotated[str, typer.Option(help="Timepoint.")],
    out: Annotated[Path, typer.Option(help="Table to write (CSV).")],
    mask: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=PATH",
            help="Lesion label map of one source (repeatable); a label up to 1000 is the same lesion in all of them, "
            "larger ones are findings without a lesion of the reference.",
        ),
    ] = None,
    liver: Annotated[
        list[str] | None, typer.Option(metavar="NAME=PATH", help="Liver mask of one source (repeatable).")
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=PATH",
            help="scan_metrics.csv that `segment` wrote beside the mask of a network (repeatable): whether it was "
            "trained on the patient.",
        ),
    ] = None,
) -> None:
    """Compare the masks of one scan, every source with every other."""
    from livermets.io.tables import write_csv
    from livermets.readers.files import scan_table

    key = {"cohort": cohort, "patient_id": patient, "timepoint": timepoint}
    write_csv(out, scan_table(mask or [], liver or [], metrics or [], key))


@app.command("reader-scores")
def reader_scores(
    out: Annotated[Path, typer.Option(help="Table to write (CSV).")],
    settings: Annotated[
        str, typer.Option(help="Configuration file, or JSON of its cohorts, outcome and sources.")
    ] = CONFIG_FILE,
) -> None:
    """Take the scores and minutes that `sources` names out of the cohorts' tables: one row per scan and source."""
    from dataclasses import asdict

    import pandas as pd

    from livermets.cohort.load import load_cohorts
    from livermets.cohort.scores import scan_scores
    from livermets.config.applied import study_from_option
    from livermets.io.tables import write_csv
    from livermets.readers.tables import GIVEN_COLUMNS

    config = study_from_option(settings)
    study = load_cohorts(config.cohorts, config.outcome, config.seed, phantoms_written=True)
    found = [asdict(score) for score in scan_scores(study.cohorts, config.sources)]
    write_csv(out, pd.DataFrame(found, columns=list(GIVEN_COLUMNS)))


@app.command("readers")
def readers_verb(
    tables: Annotated[list[Path], typer.Argument(metavar="TABLES...", help="Written by `readers-scan`, one per scan.")],
    out: Annotated[Path, typer.Option(help="Folder for the tables (CSV) and pictures.")],
    scores: Annotated[
        Path | None,
        typer.Option(help="Table with cohort, patient_id, timepoint, mask_source, quality (1 to 5), minutes."),
    ] = None,
    network: Annotated[
        list[str] | None, typer.Option(help="A source that is a network of the study (repeatable).")
    ] = None,
    settings: Annotated[
        str,
        typer.Option(help="JSON of the sections sources, readers and statistics, or a configuration file."),
    ] = "{}",
    seed: Seed = 0,
) -> None:
    """Readers with readers, networks with readers, with and without a start: how alike masks are over all scans."""
    from livermets.config.load import sections_from_option
    from livermets.config.sources import ReaderStudy
    from livermets.randomness import generator
    from livermets.readers.files import readers_of, write_readers
    from livermets.stats.resampling import Resampling

    study = sections_from_option(settings, ReaderStudy)
    statistics = study.statistics
    random = generator(seed, "readers", "patient bootstrap")
    resampling = Resampling(statistics.bootstrap_replicates, statistics.level, random)
    found = readers_of(tables, scores, network or [], study, resampling)
    write_readers(out, found)
    for note in found.notes["statement"]:
        typer.echo(f"note: {note}", err=True)
