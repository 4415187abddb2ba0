"""``livermets phantom``: a synthetic cohort with known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livermets.cli import app
from livermets.cli.options import threads
from livermets.config.load import section_from_option, validate_section
from livermets.config.phantom import PhantomSettings
from livermets.errors import input_error


@app.command("phantom")
def phantom(
    out: Annotated[Path, typer.Argument(help="Folder to write the cohort into.")],
    patients: Annotated[int | None, typer.Option(help="Number of patients.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed; the same seed gives the same bytes.")] = None,
    effect: Annotated[
        float | None, typer.Option(help="How strongly inner texture depends on response; 0: not at all.")
    ] = None,
    grid: Annotated[int | None, typer.Option(help="In-plane size in pixels, 96 to 512.")] = None,
    prefix: Annotated[str | None, typer.Option(help="What patient ids begin with.")] = None,
    threads: Annotated[int, threads("the files do not depend on their number")] = 1,
    settings: Annotated[str, typer.Option(help="Phantom settings as JSON; options above take precedence.")] = "{}",
) -> None:
    """Writes a synthetic cohort with known truth (effect 0: outcome unrelated to texture).

    CTs, liver masks, lesion label maps, an outcome table and the hidden truth. It proves nothing clinical."""
    from tqdm import tqdm

    from livermets.phantom.writing import write_cohort

    given = {"patients": patients, "seed": seed, "effect": effect, "grid": grid, "prefix": prefix}
    base = section_from_option(settings, "phantom", PhantomSettings).model_dump(exclude_unset=True)
    chosen = validate_section(
        PhantomSettings, {**base, **{key: value for key, value in given.items() if value is not None}}, "phantom"
    )
    if out.exists() and not out.is_dir():
        raise input_error(out, "this is a file, a folder is needed to write a cohort into", "Name another folder")
    written = write_cohort(out, chosen, chosen.seed or 0, threads)
    for _ in tqdm(written, total=chosen.patients, desc="phantom", unit="patient"):
        pass
