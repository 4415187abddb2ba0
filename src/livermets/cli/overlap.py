"""``livermets overlap``: what networks made of the scans that a reader has drawn lesions on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livermets.cli import app
from livermets.cli.options import Seed, settings_of


@app.command("overlap")
def overlap_verb(
    out: Annotated[Path, typer.Option(help="Folder for the tables (CSV) and the picture.")],
    scans: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FOLDER",
            help="Folder that `segment` wrote for a scan by the network of this name; once per scan, or with * for "
            "many. The first network named is paired with every other, on the cohorts of the others.",
        ),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FOLDER",
            help="The same of given masks (a reader's, another tool's) that `match` wrote; each is judged alone.",
        ),
    ] = None,
    network: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FOLDER", help="Folder of a trained network, for its size and speed."),
    ] = None,
    same_recipe: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME,NAME",
            help="Networks that differ in their share of the training patients alone; once per learning curve.",
        ),
    ] = None,
    settings: Annotated[str, settings_of("statistics")] = "{}",
    seed: Seed = 0,
) -> None:
    """Overlap and detection of one network's masks; of several, side by side, the first tested against every other."""
    from livermets.config.load import section_from_option
    from livermets.config.statistics import StatisticsSettings
    from livermets.errors import input_error
    from livermets.overlap.files import curves_of, read_network_masks, write_overlap
    from livermets.overlap.study import overlap_tables
    from livermets.randomness import generator
    from livermets.stats.resampling import Resampling

    statistics = section_from_option(settings, "statistics", StatisticsSettings)
    # By the names of those who once drew them: other names would be other resamples, and move every interval.
    alone, beside = (
        Resampling(statistics.bootstrap_replicates, statistics.level, generator(seed, *purpose))
        for purpose in (("report", "patient bootstrap"), ("segmentation", "compare networks"))
    )
    masks = read_network_masks(network or [], scans or [])
    drawn = read_network_masks([], given or [], "--given")
    if not masks and not drawn:
        fix = "Name one network to judge, or several to compare"
        raise input_error("--scans", "no network is named, and no given mask", fix)
    curves, cuts_mm = curves_of(same_recipe or [], masks), statistics.size_cuts_mm
    write_overlap(out, overlap_tables(masks, alone, beside, drawn, curves, cuts_mm), cuts_mm)
