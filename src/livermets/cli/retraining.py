"""``livermets retrain`` and ``class-noise``: how much of a change of class is the mask's, and how much the fit's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livermets.cli import app
from livermets.cli.options import AlteredFeatures, ReaderRois, Seed, settings_of, threads
from livermets.masks.identity import REFERENCE


@app.command("retrain")
def retrain(
    table: Annotated[Path, typer.Argument(help="Training table that the model was fitted on, as training-table says.")],
    lesions: Annotated[list[Path], typer.Option(help="Long lesion tables with the model's classes (repeatable).")],
    rois: Annotated[list[str], typer.Option(metavar="SOURCE=PATH", help="ROI tables of a mask source (repeatable).")],
    out: Annotated[Path, typer.Option(help="Folder for refits.csv and refit_classes.csv.")],
    altered_features: AlteredFeatures = None,
    reader_rois: ReaderRois = None,
    seeds: Annotated[int | None, typer.Option(min=0, help="Refits with other seeds.")] = None,
    bootstraps: Annotated[int | None, typer.Option(min=0, help="Refits on bootstrapped patients.")] = None,
    seed: Seed = 0,
    threads: Annotated[int, threads("the result does not depend on their number")] = 1,
    checkpoint: Annotated[Path | None, typer.Option(help="Folder to go on from after a kill (kept by you).")] = None,
    settings: Annotated[str, settings_of("selection")] = "{}",
) -> None:
    """Fits the model again with other seeds and on bootstrapped patients, and classifies lesions that it has not seen.

    The search, the network and the threshold are those of `select` with the same settings, without its audit."""
    from livermets.config.load import section_from_option, validate_section
    from livermets.config.retraining import RetrainingSettings
    from livermets.config.selection import MasksBy, SelectionSettings
    from livermets.model.files import by_source, existing, write_tables
    from livermets.model.refit_classes import refit_classes, unseen_lesions
    from livermets.model.refit_files import check_extraction, read_asked, read_scores, read_unseen
    from livermets.model.refits import refits, refits_table, refitting

    chosen = section_from_option(settings, "selection", SelectionSettings)
    given = {"seeds": seeds, "bootstraps": bootstraps}
    counts = validate_section(RetrainingSettings, {name: n for name, n in given.items() if n is not None}, "retraining")
    of_masks: dict[MasksBy, list[Path]] = {"altered": altered_features or [], "readers": reader_rois or []}
    existing([table, *lesions, *of_masks["altered"], *of_masks["readers"]])
    tables = by_source(rois, "--rois")
    asked = read_asked(table, chosen, counts, seed, of_masks)
    check_extraction(asked, tables)
    unseen = unseen_lesions(read_unseen(lesions), asked.data.lesions)
    with refitting(asked, threads, checkpoint) as run:
        found = refits(asked, run)
    classes = refit_classes(found, unseen, read_scores(found, tables, unseen))
    write_tables(out, {"refits": refits_table(found), "refit_classes": classes})
    n_lesions = len(unseen.drop_duplicates(["cohort", "patient_id", "timepoint", "lesion_id"]))
    typer.echo(f"{len(found)} refits, {n_lesions} lesions that they have not seen: tables in {out}", err=True)


@app.command("class-noise")
def class_noise_verb(
    classes: Annotated[Path, typer.Argument(metavar="REFIT_CLASSES.csv", help="Classes, as retrain writes them.")],
    out: Annotated[Path, typer.Option(help="Folder for class_noise.csv and class_noise_lesions.csv.")],
    perturbations: Annotated[
        list[Path] | None, typer.Option(help="Altered masks of the same lesions, as perturb writes them (repeatable).")
    ] = None,
    reference: Annotated[str, typer.Option(help="The mask source that the others are compared with.")] = REFERENCE,
    primary: Annotated[
        str | None, typer.Option(help="The source by whose Dice altered masks are chosen [default: none].")
    ] = None,
    seed: Seed = 0,
    settings: Annotated[str, settings_of("statistics")] = "{}",
) -> None:
    """How often a lesion's class changes by retraining, and how often by another mask, lesion by lesion and paired."""
    from livermets.config.load import section_from_option
    from livermets.config.statistics import StatisticsSettings
    from livermets.model.files import existing, read_lesions, write_tables
    from livermets.perturbation.class_noise import class_noise
    from livermets.perturbation.files import read_altered

    chosen = section_from_option(settings, "statistics", StatisticsSettings)
    existing([classes, *(perturbations or [])])
    altered = read_altered(perturbations) if perturbations else None
    found = class_noise(read_lesions(classes), altered, reference, primary, chosen, seed)
    write_tables(out, vars(found))
    typer.echo(f"{len(found.class_noise_lesions)} rates of lesions in {out}", err=True)
