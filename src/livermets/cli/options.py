"""Options that several verbs have: each said in one way."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

CONFIG_FILE = "config.yaml"
"""What a verb without ``--settings`` takes its settings from."""
WholeConfig = Annotated[
    str, typer.Option("--settings", help="JSON of the whole configuration, or its file; {} for none.")
]
Results = Annotated[Path, typer.Argument(metavar="RESULTS_DIR", help="The results folder of one study.")]
OutTable = Annotated[Path, typer.Option("--out", help="Lesion table to write (CSV).")]
PredictingTimepoints = Annotated[
    list[str] | None,
    typer.Option("--timepoint", help="Timepoints whose classes count as predictions (repeatable) [default: all]."),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed; the same seed gives the same result.")]
Cohort = Annotated[str, typer.Option(help="Fills the column cohort.")]
Patient = Annotated[str, typer.Option(help="Fills the column patient_id.")]
Timepoint = Annotated[str, typer.Option(help="Fills the column timepoint.")]
Draw = Annotated[bool, typer.Option("--figures/--no-figures", help="Draw the figures.")]
AlteredFeatures = Annotated[
    list[Path] | None,
    typer.Option(help="Features over altered masks, as `altered-features` writes them, for stable features."),
]
ReaderRois = Annotated[
    list[Path] | None,
    typer.Option(help="ROI tables of further readers' masks of the same scans, for stable features."),
]


def settings_of(section: str) -> Any:
    """``--settings`` of a verb that uses one section of the configuration."""
    return typer.Option("--settings", help=f"JSON of the section {section}, or a configuration file to take it from.")


def threads(meaning: str) -> Any:
    """``--threads``, with what their number means for the result."""
    return typer.Option("--threads", min=1, help=f"Threads; {meaning}.")
