"""Verbs about masks: the liver, what the networks see, their training, and the automatic lesion masks."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from livermets.cli import app

Settings = Annotated[
    str, typer.Option("--settings", help="JSON of the section, or a configuration file to take it from.")
]
Image = Annotated[Path, typer.Option("--image", help="CT in HU, native grid.")]
Threads = Annotated[
    int,
    typer.Option(
        "--threads", min=1, help="Threads that share the arithmetic on a CPU; another number rounds otherwise."
    ),
]


@app.command("liver")
def liver(
    image: Image,
    out: Annotated[Path, typer.Option("--out", help="Liver mask on the CT's grid.")],
    given: Annotated[Path | None, typer.Option("--given", help="The cohort's liver mask (source: given).")] = None,
    network: Annotated[Path | None, typer.Option("--network", help="Folder of the liver network.")] = None,
    settings: Settings = "config.yaml",
    threads: Threads = 2,
) -> None:
    """Write the liver mask of a scan: the given one, the network's, or an external program's."""
    from livermets.config.load import section_from_option
    from livermets.config.segmentation import SegmentationSettings
    from livermets.segmentation.liver_source import liver_mask, write_liver
    from livermets.segmentation.preprocessed import read_scan

    chosen = section_from_option(settings, "segmentation", SegmentationSettings).liver
    volume, masks = read_scan(image, {"liver": given})
    found = liver_mask(image, volume, masks["liver"], network, chosen, threads)
    write_liver(out, found)
    for warning in found.warnings:
        print(f"warning: {warning}", file=sys.stderr)


@app.command("preprocess")
def preprocess(
    image: Image,
    liver: Annotated[Path, typer.Option("--liver", help="Liver mask on the CT's grid.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write.")],
    lesions: Annotated[
        Path | None, typer.Option("--lesions", help="Manual lesion label map, where there is one.")
    ] = None,
    target: Annotated[
        Literal["lesions", "liver"],
        typer.Option(
            "--target",
            help="lesions: z-score over the liver volume. liver: a fixed HU window, for training the liver network, "
            "which at prediction has no liver to take a z-score over.",
        ),
    ] = "lesions",
    settings: Settings = "config.yaml",
) -> None:
    """Clip, resize in plane and normalise a scan for the networks, masks along with it."""
    from livermets.config.load import section_from_option
    from livermets.config.preprocess import PreprocessSettings
    from livermets.segmentation.preprocess import preprocess_scan
    from livermets.segmentation.preprocessed import read_scan, write_preprocessed

    chosen = section_from_option(settings, "preprocess", PreprocessSettings)
    volume, masks = read_scan(image, {"liver": liver, "lesions": lesions})
    liver_volume = masks["liver"]
    if liver_volume is None:
        raise RuntimeError("--liver is required")
    write_preprocessed(out, preprocess_scan(volume, liver_volume, masks["lesions"], chosen, target, image))


@app.command("train-segmentation")
def train_segmentation(
    scans: Annotated[list[Path], typer.Option("--scans", help="Folder written by preprocess; once per scan.")],
    patients: Annotated[str, typer.Option("--patients", help="Patient ids, one per scan in order, comma-separated.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the network.")],
    target: Annotated[Literal["lesions", "liver"], typer.Option("--target", help="What is segmented.")] = "lesions",
    fold: Annotated[
        int | None, typer.Option("--fold", min=0, help="Leave this fold of patients out (segmentation.cross_fit).")
    ] = None,
    folds: Annotated[int, typer.Option("--folds", min=0, help="Number of folds; 0: segmentation.cross_fit.")] = 0,
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", help="Side folder from which an interrupted training continues.")
    ] = None,
    settings: Settings = "config.yaml",
    seed: Annotated[int, typer.Option("--seed", min=0, help="The study's seed.")] = 0,
    threads: Threads = 2,
) -> None:
    """Train the network for lesions or for the liver on preprocessed scans."""
    from livermets.segmentation.threads import use_threads

    use_threads(threads)
    from livermets.config.load import section_from_option
    from livermets.config.segmentation import SegmentationSettings
    from livermets.segmentation.training import read_training_scans, train_and_write

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    chosen = section_from_option(settings, "segmentation", SegmentationSettings)
    material = read_training_scans(scans, patients.split(","), target, fold, folds or chosen.cross_fit, seed)
    train_and_write(material, chosen, out, checkpoint, seed, workers=threads - 1)


@app.command("segment")
def segment(
    network: Annotated[
        list[Path],
        typer.Option("--network", help="Folder of a lesion network; of several, the first that never saw the patient."),
    ],
    preprocessed: Annotated[Path, typer.Option("--preprocessed", help="Folder written by preprocess.")],
    image: Image,
    liver: Annotated[Path, typer.Option("--liver", help="The liver mask used, on the CT's grid.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write.")],
    cohort: Annotated[str, typer.Option("--cohort", help="Written into the tables.")],
    patient: Annotated[str, typer.Option("--patient", help="Patient id, as given to train-segmentation.")],
    timepoint: Annotated[str, typer.Option("--timepoint", help="Written into the tables.")] = "baseline",
    lesions: Annotated[Path | None, typer.Option("--lesions", help="Manual lesion label map to match with.")] = None,
    liver_reference: Annotated[
        Path | None, typer.Option("--liver-reference", help="Manual liver mask to measure the used one against.")
    ] = None,
    settings: Settings = "config.yaml",
    threads: Threads = 2,
) -> None:
    """Segment the lesions of a scan on its native grid, and match them with the manual ones."""
    from livermets.segmentation.threads import use_threads

    use_threads(threads)
    from livermets.config.load import section_from_option
    from livermets.config.segmentation import SegmentationSettings
    from livermets.segmentation.files import choose_network, write_segmented
    from livermets.segmentation.preprocessed import preprocessed_digest, read_preprocessed, read_scan
    from livermets.segmentation.segment import segment_scan

    chosen = section_from_option(settings, "segmentation", SegmentationSettings)
    volume, masks = read_scan(image, {"liver": liver, "lesions": lesions, "liver reference": liver_reference})
    scan = read_preprocessed(preprocessed)
    trained = choose_network(network, cohort, patient, preprocessed_digest(preprocessed))
    found = segment_scan(trained, scan, volume, masks, chosen, preprocessed)
    write_segmented(out, found, volume, masks, (cohort, patient, timepoint), chosen.output.keep_probability)
