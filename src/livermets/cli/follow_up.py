"""The verb that follows a patient's lesions over time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livermets.cli import app
from livermets.cli.options import settings_of


@app.command("follow-up")
def follow_up(
    cohort: Annotated[str, typer.Option(help="Cohort of the patient.")],
    patient: Annotated[str, typer.Option(help="Patient id.")],
    lesions: Annotated[
        list[str],
        typer.Option(metavar="TIMEPOINT=PATH", help="Label map of the reference (repeatable), in the order of time."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the tables (CSV) and the picture.")],
    liver: Annotated[
        list[str] | None,
        typer.Option(metavar="TIMEPOINT=PATH", help="Liver mask (repeatable); without it a scan cannot be registered."),
    ] = None,
    image: Annotated[
        list[str] | None, typer.Option(metavar="TIMEPOINT=PATH", help="CT for the picture (repeatable).")
    ] = None,
    matching: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TIMEPOINT/SOURCE=PATH",
            help="matching.csv of another mask source (repeatable), for its volume of every lesion.",
        ),
    ] = None,
    days: Annotated[
        list[str] | None,
        typer.Option(metavar="TIMEPOINT=DAYS", help="Days since the first scan (repeatable)."),
    ] = None,
    reference: Annotated[str, typer.Option(help="Name of the source that drew the label maps.")] = "manual",
    by_id: Annotated[
        bool, typer.Option("--by-id/--by-position", help="Lesions of one id are the same, or those of one place.")
    ] = False,
    settings: Annotated[str, settings_of("follow_up")] = "{}",
) -> None:
    """Which lesion of one scan is which of the next: volumes over time by lesion and mask source."""
    from livermets.config.follow_up import FollowUpSettings
    from livermets.config.load import section_from_option
    from livermets.follow_up.files import Words, follow_patient, write_followed

    found = follow_patient(
        Words(lesions, image or [], liver or [], matching or [], days or []),
        {"cohort": cohort, "patient_id": patient},
        reference,
        by_id,
        section_from_option(settings, "follow_up", FollowUpSettings),
    )
    write_followed(out, found, f"{patient}: lesions over time")
    for note in found.scans["note"].dropna():
        if note:
            typer.echo(f"note: {note}", err=True)
