"""``livermets perturb``, ``altered-features`` and ``required-mask``: masks altered as segmentations fail, what features
and classes are over them, and how good a mask must be."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livermets.cli import app
from livermets.cli.options import Cohort, Patient, Seed, Timepoint, settings_of, threads
from livermets.masks.identity import REFERENCE

Image = Annotated[Path, typer.Argument(help="CT that the features are taken from.")]
Lesions = Annotated[Path, typer.Argument(help="Label map of the reference, on the CT's grid.")]
Liver = Annotated[Path | None, typer.Option(help="Liver mask: where masks leak to, and what z-scores are taken over.")]
AlteredTable = Annotated[
    Path, typer.Option("--out", help="Table to write (Parquet): one row per lesion and altered mask.")
]
Threads = Annotated[int, threads("the result does not depend on their number")]


@app.command("perturb")
def perturb(
    image: Image,
    lesions: Lesions,
    model: Annotated[Path, typer.Option(help="Folder of the fitted model.")],
    out: AlteredTable,
    picture: Annotated[
        Path | None, typer.Option(help="Picture to write (PNG): altered masks of the largest lesion.")
    ] = None,
    liver: Liver = None,
    errors: Annotated[
        Path | None, typer.Option(help="Errors of the study's sources that lesions are given too, by mask-errors.")
    ] = None,
    cohort: Cohort = "",
    patient: Patient = "",
    timepoint: Timepoint = "",
    minimum_rois: Annotated[int, typer.Option(min=1, help="ROIs that a mask must hold to give a class.")] = 1,
    seed: Seed = 0,
    threads: Threads = 1,
    settings: Annotated[str, settings_of("perturbation")] = "{}",
) -> None:
    """Alters the mask of every lesion in ways that segmentations fail, and classifies every altered mask."""
    from tqdm import tqdm

    from livermets.config.load import section_from_option
    from livermets.config.perturbation import PerturbationSettings
    from livermets.errors import input_error
    from livermets.perturbation.error_files import read_errors
    from livermets.perturbation.files import (
        masks_of,
        perturbations,
        read_classified,
        write_perturbations,
        write_picture,
    )

    chosen = section_from_option(settings, "perturbation", PerturbationSettings)
    if not chosen.draws:
        raise input_error("perturbation.draws", "0 asks for no altered mask", "Give a number of masks per lesion")
    key = {"cohort": cohort, "patient_id": patient, "timepoint": timepoint}
    of_sources = None if errors is None else read_errors(errors)
    read = read_classified(image, lesions, model, liver)
    with tqdm(total=masks_of(read, chosen, of_sources), desc="masks", unit="mask", delay=10, mininterval=1) as bar:
        table = perturbations(read, key, chosen, seed, minimum_rois, threads, bar.update, of_sources)
    read_from = {"image": image, "lesions": lesions, "liver": liver, "model": model, "errors": errors}
    write_perturbations(out, table, chosen, read_from)
    if picture is not None and len(table):
        write_picture(picture, read, key, chosen, seed, of_sources)
    typer.echo(f"{len(table)} altered masks of {table['lesion_id'].nunique()} lesions in {out}", err=True)


@app.command("altered-features")
def altered_features_verb(
    image: Image,
    lesions: Lesions,
    out: AlteredTable,
    liver: Liver = None,
    cohort: Cohort = "",
    patient: Patient = "",
    timepoint: Timepoint = "",
    seed: Seed = 0,
    threads: Threads = 1,
    settings: Annotated[
        str,
        typer.Option(help="JSON of the sections radiomics and selection, or a configuration file to take them from."),
    ] = "{}",
) -> None:
    """Features of every lesion over altered masks of it, from which `select` takes the stable ones."""
    from livermets.config.altered_features import AlteredFeaturesStudy
    from livermets.config.load import sections_from_option
    from livermets.io.folders import made_from
    from livermets.io.tables import write_parquet
    from livermets.masks.identity import SCAN_KEY
    from livermets.perturbation.feature_values import altered_features
    from livermets.perturbation.neighbourhood import Scan
    from livermets.radiomics.files import read_scan

    study = sections_from_option(settings, AlteredFeaturesStudy)
    radiomics, masks = study.radiomics, study.selection.stable_features
    scan = Scan.of(read_scan(image, lesions, liver, radiomics))
    key = dict(zip(SCAN_KEY, (cohort, patient, timepoint), strict=True))
    table = altered_features(scan, radiomics, masks, seed, ("stable features", *key.values()), threads)
    for place, (name, value) in enumerate(key.items()):
        table.insert(place, name, value)
    given = {"image": image, "lesions": lesions, "liver": liver}
    metadata = {**made_from(radiomics, given), "masks": masks.model_dump(mode="json")}
    write_parquet(out, table, metadata)
    typer.echo(f"{len(table)} altered masks of {table['lesion_id'].nunique()} lesions in {out}", err=True)


@app.command("mask-errors")
def mask_errors(
    mask: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=FOLDER",
            help="Folder that `segment` or `match` wrote for a scan by the source of this name (repeatable).",
        ),
    ],
    reference: Annotated[
        list[Path], typer.Option(help="The reference's label map of the same scan, once per --mask in their order.")
    ],
    out: Annotated[Path, typer.Option(help="Table to write (Parquet): one row per lesion and source.")],
) -> None:
    """Measures how the masks of networks, programs and readers err, lesion by lesion, for `perturb` to transport."""
    from livermets.perturbation.error_files import measured_errors, write_errors

    found = measured_errors(mask, reference)
    write_errors(out, found)
    typer.echo(f"errors of {len(found)} masks of {found['mask_source'].nunique()} sources in {out}", err=True)


@app.command("required-mask")
def required_mask(
    perturbations: Annotated[
        list[Path], typer.Argument(metavar="PERTURBATIONS.parquet...", help="Altered masks, as perturb writes them.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the tables (CSV).")],
    pairs: Annotated[
        list[Path] | None,
        typer.Option(help="Long lesion tables (repeatable), whose other sources the altered masks are held against."),
    ] = None,
    errors: Annotated[
        Path | None, typer.Option(help="Errors of the sources that perturb was given, as mask-errors writes them.")
    ] = None,
    reference: Annotated[str, typer.Option(help="Name of the source whose masks were altered.")] = REFERENCE,
    targets: Annotated[
        list[float] | None, typer.Option("--target", help="Agreement asked for (repeatable) [default: 0.9, 0.95].")
    ] = None,
    seed: Seed = 0,
    settings: Annotated[str, settings_of("statistics")] = "{}",
) -> None:
    """How good a mask must be: the Dice, the surface distance and the volume that keep a lesion's class."""
    from livermets.config.load import section_from_option, validate_section
    from livermets.config.perturbation import PerturbationSettings
    from livermets.config.statistics import StatisticsSettings
    from livermets.perturbation.answer import answer
    from livermets.perturbation.error_files import read_errors
    from livermets.perturbation.files import read_answer_inputs, write_answer

    chosen = section_from_option(settings, "statistics", StatisticsSettings)
    asked = {"target_agreements": targets} if targets else {}
    targets = list(validate_section(PerturbationSettings, asked, "perturbation").target_agreements)
    of_sources = None if errors is None else read_errors(errors)
    found = answer(*read_answer_inputs(perturbations, pairs or [], reference), chosen, targets, seed, of_sources)
    write_answer(out, found)
    for note in found.notes["note"]:
        typer.echo(f"note: {note}", err=True)
