"""``livermets overlap``: what networks made of the scans that a reader has drawn lesions on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livermets.cli import app
from livermets.cli.options import Seed, settings_of


@app.command("overlap")
def overlap_verb(
    scans: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=FOLDER",
            help="Folder that `segment` wrote for a scan by the network of this name; once per scan, or with * for "
            "many. The first network named is paired with every other, on the cohorts of the others.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the tables (CSV) and the picture.")],
    network: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FOLDER", help="Folder of a trained network, for its size and speed."),
    ] = None,
    settings: Annotated[str, settings_of("statistics")] = "{}",
    seed: Seed = 0,
) -> None:
    """Overlap and detection of one network's masks; of several, side by side, the first tested against every other."""
    from livermets.config.load import section_from_option
    from livermets.config.statistics import StatisticsSettings
    from livermets.overlap.files import read_network_masks, write_overlap
    from livermets.overlap.study import overlap_tables
    from livermets.randomness import generator
    from livermets.stats.resampling import Resampling

    statistics = section_from_option(settings, "statistics", StatisticsSettings)
    # By the names of those who once drew them: other names would be other resamples, and move every interval.
    alone, beside = (
        Resampling(statistics.bootstrap_replicates, statistics.level, generator(seed, *purpose))
        for purpose in (("report", "patient bootstrap"), ("segmentation", "compare networks"))
    )
    write_overlap(out, overlap_tables(read_network_masks(network or [], scans), alone, beside))
