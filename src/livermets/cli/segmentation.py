"""Verbs about masks: the liver, what the networks see, their training, and the automatic lesion masks."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from livermets.cli import app
from livermets.cli.options import CONFIG_FILE, Seed, settings_of, threads

Settings = Annotated[str, settings_of("segmentation")]
Image = Annotated[Path, typer.Option("--image", help="CT in HU, native grid.")]
Threads = Annotated[int, threads("they share the arithmetic on a CPU, and another number rounds otherwise")]


@app.command("liver")
def liver(
    image: Image,
    out: Annotated[Path, typer.Option(help="Liver mask on the CT's grid.")],
    given: Annotated[Path | None, typer.Option(help="The cohort's liver mask, where the scan has one.")] = None,
    network: Annotated[Path | None, typer.Option(help="Folder of the liver network.")] = None,
    settings: Settings = CONFIG_FILE,
    threads: Threads = 2,
) -> None:
    """Write the liver mask of a scan: the given one, the network's, or an external program's."""
    from livermets.config.load import section_from_option
    from livermets.config.segmentation import SegmentationSettings
    from livermets.segmentation.liver_mask import liver_mask, write_liver
    from livermets.segmentation.preprocessed import read_ct_and_masks
    from livermets.segmentation.threads import use_threads

    chosen = section_from_option(settings, "segmentation", SegmentationSettings).liver
    if network is not None:
        use_threads(threads)
    volume, masks = read_ct_and_masks(image, {"liver": given})
    found = liver_mask(image, volume, masks["liver"], network, chosen)
    write_liver(out, found)
    for warning in found.warnings:
        print(f"warning: {warning}", file=sys.stderr)


@app.command("preprocess")
def preprocess(
    image: Image,
    liver: Annotated[Path, typer.Option(help="Liver mask on the CT's grid.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    lesions: Annotated[Path | None, typer.Option(help="Manual lesion label map, where there is one.")] = None,
    classes: Annotated[
        str,
        typer.Option(
            help="What the network will find: lesion, liver, or liver,lesion. With the liver, a fixed HU window takes "
            "the place of the z-score over the liver volume: at prediction there is no liver yet.",
        ),
    ] = "lesion",
    settings: Annotated[str, settings_of("preprocess")] = CONFIG_FILE,
) -> None:
    """Clip, crop, resample, filter and scale a scan for the networks, masks along with it."""
    from livermets.config.load import section_from_option
    from livermets.config.preprocess import PreprocessSettings
    from livermets.segmentation.classes import Classes
    from livermets.segmentation.preprocess import preprocess_scan
    from livermets.segmentation.preprocessed import read_ct_and_masks, write_preprocessed

    asked = Classes.beside_background(classes.split(","))
    chosen = section_from_option(settings, "preprocess", PreprocessSettings)
    volume, masks = read_ct_and_masks(image, {"liver": liver, "lesions": lesions})
    liver_volume = masks["liver"]
    if liver_volume is None:
        raise RuntimeError("--liver is required")
    write_preprocessed(out, preprocess_scan(volume, liver_volume, masks["lesions"], chosen, asked, image))


@app.command("train-segmentation")
def train_segmentation(
    scans: Annotated[list[Path], typer.Option(help="Folder written by preprocess; once per scan.")],
    patients: Annotated[str, typer.Option(help="Patient ids, one per scan in order, comma-separated.")],
    out: Annotated[Path, typer.Option(help="Folder of the network.")],
    classes: Annotated[
        str,
        typer.Option(help="What is segmented: lesion, liver, or liver,lesion at once; empty: segmentation.classes."),
    ] = "",
    fold: Annotated[
        int | None, typer.Option(min=0, help="Leave this fold of patients out (segmentation.cross_fit).")
    ] = None,
    folds: Annotated[int, typer.Option(min=0, help="Number of folds; 0: segmentation.cross_fit.")] = 0,
    fold_patients: Annotated[
        str,
        typer.Option(
            help="Everybody whom the folds are made of and a share is drawn from, comma-separated; empty: the patients "
            "of the scans."
        ),
    ] = "",
    training_share: Annotated[
        float,
        typer.Option(help="Learn from this share of the patients, above 0 and at most 1 (networks.*.training_share)."),
    ] = 1.0,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Side folder from which an interrupted training continues.")
    ] = None,
    settings: Settings = CONFIG_FILE,
    seed: Seed = 0,
    threads: Threads = 2,
) -> None:
    """Train a network for lesions, for the liver or for both on preprocessed scans."""
    from livermets.segmentation.threads import use_threads

    use_threads(threads)
    from livermets.config.load import section_from_option
    from livermets.config.segmentation import SegmentationSettings
    from livermets.segmentation.classes import Classes
    from livermets.segmentation.folds import Fold, fold_count
    from livermets.segmentation.trained_network import train_and_write
    from livermets.segmentation.training_material import read_training_scans
    from livermets.segmentation.training_share import TrainingShare

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    chosen = section_from_option(settings, "segmentation", SegmentationSettings)
    asked = Classes.beside_background(classes.split(",") if classes else chosen.classes)
    of_scans = patients.split(",")
    everybody = fold_patients.split(",") if fold_patients else of_scans
    left_out = None if fold is None else Fold(fold, folds or fold_count(chosen.cross_fit, everybody), everybody)
    part = None if training_share == 1 else TrainingShare(training_share, everybody)
    material = read_training_scans(scans, of_scans, asked, left_out, seed, part)
    train_and_write(material, chosen, out, checkpoint, seed, workers=threads - 1)


@app.command("segment")
def segment(
    network: Annotated[
        list[Path],
        typer.Option(help="Folder of a lesion network; of several, the first that never saw the patient."),
    ],
    preprocessed: Annotated[Path, typer.Option(help="Folder written by preprocess.")],
    image: Image,
    liver: Annotated[Path, typer.Option(help="The liver mask used, on the CT's grid.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    cohort: Annotated[str, typer.Option(help="Written into the tables.")],
    patient: Annotated[str, typer.Option(help="Patient id, as given to train-segmentation.")],
    timepoint: Annotated[str, typer.Option(help="Written into the tables.")] = "baseline",
    lesions: Annotated[Path | None, typer.Option(help="Manual lesion label map to match with.")] = None,
    liver_reference: Annotated[
        Path | None, typer.Option(help="Manual liver mask to measure the used one against.")
    ] = None,
    settings: Settings = CONFIG_FILE,
    threads: Threads = 2,
) -> None:
    """Segment the lesions of a scan on its native grid, and match them with the manual ones."""
    from livermets.segmentation.threads import use_threads

    use_threads(threads)
    from livermets.config.load import section_from_option
    from livermets.config.segmentation import SegmentationSettings
    from livermets.segmentation.chosen_network import choose_network
    from livermets.segmentation.preprocessed import preprocessed_digest, read_ct_and_masks, read_preprocessed
    from livermets.segmentation.segment import segment_scan
    from livermets.segmentation.written_masks import write_masks

    chosen = section_from_option(settings, "segmentation", SegmentationSettings)
    volume, masks = read_ct_and_masks(image, {"liver": liver, "lesions": lesions, "liver reference": liver_reference})
    scan = read_preprocessed(preprocessed)
    trained = choose_network(network, cohort, patient, preprocessed_digest(preprocessed))
    found = segment_scan(trained, scan, volume, masks, chosen, preprocessed)
    probability = found.probability if chosen.output.keep_probability else None
    write_masks(out, found, volume, masks, (cohort, patient, timepoint), {"probability": probability})


@app.command("lesion-program")
def lesion_program(
    image: Image,
    program: Annotated[str, typer.Option(help="Its name, as the study says it under `programs`.")],
    out: Annotated[Path, typer.Option(help="Lesion mask (0 and 1) on the CT's grid.")],
    settings: Annotated[str, typer.Option(help="Configuration file, or JSON of the program.")] = CONFIG_FILE,
) -> None:
    """Let an external program draw the lesions of a scan; `match` brings its mask in."""
    from livermets.config.one_program import named_program
    from livermets.io.ct import read_image
    from livermets.io.images import write_volume
    from livermets.segmentation.lesion_program import lesions_by_program

    found = lesions_by_program(image, read_image(image), program, named_program(settings, program))
    write_volume(out, found.volume)
    for warning in found.warnings:
        print(f"warning: {warning}", file=sys.stderr)


@app.command("match")
def match(
    image: Image,
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    source: Annotated[str, typer.Option(help="Who or what drew the mask, as the study names it.")],
    cohort: Annotated[str, typer.Option(help="Written into the tables.")],
    patient: Annotated[str, typer.Option(help="Patient id.")],
    timepoint: Annotated[str, typer.Option(help="Written into the tables.")] = "baseline",
    lesions: Annotated[Path | None, typer.Option(help="The reference's lesion label map to match with.")] = None,
    liver: Annotated[Path | None, typer.Option(help="The scan's given liver mask, on the CT's grid.")] = None,
    settings: Annotated[
        str, typer.Option(help="Configuration file; or JSON of the mask's file and how it is read.")
    ] = CONFIG_FILE,
    matching: Annotated[
        str | None, typer.Option(help="JSON of segmentation.matching [default: that of the configuration file].")
    ] = None,
    seen: Annotated[
        bool | None,
        typer.Option("--seen/--not-seen", help="Whether the program that drew it was trained on the patient."),
    ] = None,
) -> None:
    """Bring in a given mask of one scan beside the reference's: checked like it, matched with it, measured."""
    from livermets.cohort.one_scan import named_mask
    from livermets.config.load import is_json, section_from_option
    from livermets.config.segmentation import MatchingSettings, SegmentationSettings
    from livermets.segmentation.given_masks import match_given, write_given
    from livermets.segmentation.preprocessed import read_ct_and_masks

    if matching is None and not is_json(settings):
        rule = section_from_option(settings, "segmentation", SegmentationSettings).matching
    else:
        rule = section_from_option(matching or "{}", "matching", MatchingSettings)
    scan, its_cohort = named_mask(settings, cohort, patient, timepoint, source)
    volume, masks = read_ct_and_masks(image, {"lesions": lesions, "liver": liver})
    given = match_given(scan, its_cohort, volume, masks, rule.detection_dice, seen)
    write_given(out, scan, given, volume, masks)
    for warning in given.warnings:
        print(f"warning: {warning}", file=sys.stderr)
