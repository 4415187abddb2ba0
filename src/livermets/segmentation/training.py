"""From folders of preprocessed scans to the folder of a trained network."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livermets.config.segmentation import NetworkSettings, OutputSettings, SegmentationSettings, TrainingSettings
from livermets.errors import ProblemList, input_error
from livermets.figures.overlay import SLICE_DOTS_PER_INCH
from livermets.figures.slices import Pane
from livermets.figures.writing import write_png
from livermets.io.tables import write_csv
from livermets.provenance import canonical_json, code_digest, text_digest, versions
from livermets.segmentation.architectures.build import build_network, convolution_count, parameter_count, pick_device
from livermets.segmentation.figures import example_panes, examples, training_curves
from livermets.segmentation.predict import predict_probability
from livermets.segmentation.preprocess import Target, check_same_preprocessing, training_scan
from livermets.segmentation.preprocessed import preprocessed_digest, read_preprocessed
from livermets.segmentation.scan import TrainingScan
from livermets.segmentation.train import CheckpointPlace, TrainedNetwork, train_network
from livermets.segmentation.training_set import TrainingSet, assemble, patients_of_fold
from livermets.segmentation.weights import load_network, save_network

logger = logging.getLogger(__name__)
N_EXAMPLES = 3


@dataclass(frozen=True, eq=False)
class TrainingMaterial:
    """The scans of one training with their digests and how they were preprocessed."""

    target: Target
    scans: list[TrainingScan]
    digests: dict[str, str]
    preprocess: dict[str, Any]
    fold: int | None
    folds: int


def read_training_scans(
    folders: list[Path], patients: list[str], target: Target, fold: int | None, folds: int, seed: int
) -> TrainingMaterial:
    """Reads the scans of the patients that this network (or the network of this fold) may see.

    Raises `InputError` naming every scan that cannot be used, and if they were preprocessed differently."""
    if len(folders) != len(patients):
        raise input_error(
            "--patients", f"{len(patients)} ids for {len(folders)} scans", "Give one id per scan, in order"
        )
    seen = set(patients_of_fold(patients, fold, folds, seed))
    scans, digests, problems = [], {}, ProblemList()
    preprocess: dict[str, Any] = {}
    for folder, patient in zip(folders, patients, strict=True):
        if patient not in seen:
            continue
        read = read_preprocessed(folder)
        scans.append(training_scan(read, str(folder), patient, target))
        digests[str(folder)] = preprocessed_digest(folder)
        preprocess = preprocess or read.normalisation["preprocess"]
        check_same_preprocessing(read.normalisation, {"target": target, "preprocess": preprocess}, folder)
    problems.raise_if_errors()
    return TrainingMaterial(target, scans, digests, preprocess, fold, folds if fold is not None else 0)


def sections(
    settings: SegmentationSettings, target: Target
) -> tuple[NetworkSettings, TrainingSettings, OutputSettings]:
    """The settings of the network for this target."""
    own = settings.liver if target == "liver" else settings
    return own.network, own.training, own.output


def train_and_write(
    material: TrainingMaterial, settings: SegmentationSettings, out: Path, side: Path | None, seed: int, workers: int
) -> None:
    """Trains, and writes weights, description, log and pictures."""
    network, training, output = sections(settings, material.target)
    data = assemble(material.scans, network, training, output, seed)
    what = _description(material, settings, data, seed)
    print_size(what)
    place = CheckpointPlace(side, what["digest"]) if side else None
    trained = train_network(data.training, data.validation, network, training, seed, place, workers)
    what |= {
        "best_epoch": trained.best_epoch,
        "kept_epoch": trained.kept_epoch,
        "epochs": len(trained.log),
        "class_weights": trained.class_weights,
        "slices_per_second": float(trained.log["slices_per_second"].median()),
        "seconds": float(trained.log["seconds"].sum()),
    }
    write_csv(out / "training_log.csv", trained.log)
    save_network(out, trained.weights, what)
    _write_pictures(out, trained, data, network, output)


def print_size(description: dict[str, Any]) -> None:
    """Says how large the network is, to be compared with the paper."""
    logger.info(
        "%s: %s weights in %d convolution layers, on %s; %d training slices, %d of them with the target",
        description["network"]["architecture"],
        f"{description['parameter_count']:,}",
        description["convolution_count"],
        description["device"],
        description["training_slices"],
        description["training_slices_with_target"],
    )


def _description(
    material: TrainingMaterial, settings: SegmentationSettings, data: TrainingSet, seed: int
) -> dict[str, Any]:
    network, training, output = sections(settings, material.target)
    built = build_network(network)
    made_from = {
        "target": material.target,
        "network": network.model_dump(mode="json"),
        "training": training.model_dump(mode="json"),
        "field": output.field,
        "preprocess": material.preprocess,
        "seed": seed,
        "fold": material.fold,
        "folds": material.folds,
        "scans": material.digests,
        "code": code_digest("segmentation", "config/segmentation.py"),
    }
    return {
        **made_from,
        "digest": text_digest(canonical_json(made_from)),
        "parameter_count": parameter_count(built),
        "convolution_count": convolution_count(built),
        "device": pick_device().type,
        "versions": versions(),
        **data.description(),
    }


def _write_pictures(
    out: Path, trained: TrainedNetwork, data: TrainingSet, network: NetworkSettings, output: OutputSettings
) -> None:
    """The training's curves, and what the network makes of a few scans that it was not trained on."""
    write_png(out / "curves.png", training_curves(trained.log, trained.kept_epoch))
    built, _ = load_network(out)
    panes: list[Pane] = []
    for scan in data.validation_scans[:N_EXAMPLES]:
        probability = predict_probability(built, network, output, scan.image, scan.liver, pick_device())
        panes += example_panes(scan, probability > 0.5)
    write_png(out / "examples.png", examples(panes), SLICE_DOTS_PER_INCH)
