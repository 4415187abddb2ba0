"""Verbs that hand a finished study over, and take it apart where it is applied."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livermets.cli import app
from livermets.cli.options import CONFIG_FILE


@app.command("bundle")
def bundle_verb(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write, e.g. study.zip.")],
    results: Annotated[Path, typer.Option(help="The results folder of the finished study.")] = Path("results"),
    config: Annotated[
        list[str] | None,
        typer.Option(
            "--config",
            help="The configuration that made them; where it was several files, each in their order (repeatable) "
            f"[default: {CONFIG_FILE}].",
        ),
    ] = None,
) -> None:
    """Write networks, response model, their settings and the model card of a finished study into one file."""
    from livermets.bundle.handover import write_bundle

    typer.echo(str(write_bundle(out, results, config or [CONFIG_FILE])), err=True)


@app.command("unpack")
def unpack_verb(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A file that `livermets bundle` has written.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    part: Annotated[
        str | None, typer.Option(help="model, or networks/NAME; without it: which bundle this is, and its model card.")
    ] = None,
) -> None:
    """Take a part out of a bundle, as training would have left it."""
    from livermets.bundle.unpack import unpack_facts, unpack_folder

    unpack_folder(bundle, part, out) if part is not None else unpack_facts(bundle, out)
