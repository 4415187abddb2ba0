"""From the scans of a training to the folder of a trained network."""

from __future__ import annotations

import logging
from pathlib import Path

from livermets.config.segmentation import (
    NetworkSettings,
    OutputSettings,
    SegmentationSettings,
    Target,
    TrainingSettings,
)
from livermets.figures.overlay import SLICE_DOTS_PER_INCH
from livermets.figures.slices import Pane
from livermets.figures.writing import write_png
from livermets.io.tables import write_csv
from livermets.provenance import canonical_json, code_digest, text_digest, versions
from livermets.segmentation.architectures.build import build_network, convolution_count, parameter_count, pick_device
from livermets.segmentation.description import NetworkDescription, TrainingDescription, write_description
from livermets.segmentation.figures import example_panes, examples, training_curves
from livermets.segmentation.predict import predict_probability
from livermets.segmentation.training_loop import CheckpointPlace, TrainedNetwork, train_network
from livermets.segmentation.training_material import TrainingMaterial
from livermets.segmentation.training_set import TrainingSet, assemble
from livermets.segmentation.weights import load_network, save_weights

logger = logging.getLogger(__name__)
N_EXAMPLES = 3


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
    planned = training_description(material, settings, data, seed)
    print_size(planned)
    place = CheckpointPlace(side, planned.digest) if side else None
    trained = train_network(data.training, data.validation, network, training, seed, place, workers)
    write_csv(out / "training_log.csv", trained.log)
    weights_digest = save_weights(out, trained.weights)
    write_description(out, _description(planned, trained, weights_digest))
    _write_pictures(out, trained, data, network, output)


def print_size(planned: TrainingDescription) -> None:
    """Says how large the network is, to be compared with the paper."""
    logger.info(
        "%s: %s weights in %d convolution layers, on %s; %d training slices, %d of them with the target",
        planned.network.architecture,
        f"{planned.parameter_count:,}",
        planned.convolution_count,
        planned.device,
        planned.training_slices,
        planned.training_slices_with_target,
    )


def training_description(
    material: TrainingMaterial, settings: SegmentationSettings, data: TrainingSet, seed: int
) -> TrainingDescription:
    """What a network will have been made from, and how large it is."""
    network, training, output = sections(settings, material.target)
    built = build_network(network)
    made_from = {
        "target": material.target,
        "network": network.model_dump(mode="json"),
        "training": training.model_dump(mode="json"),
        "field": output.field,
        "preprocess": material.preprocess.model_dump(mode="json"),
        "seed": seed,
        "fold": material.fold,
        "folds": material.folds,
        "scans": material.digests,
        "code": code_digest("segmentation", "config/segmentation.py"),
    }
    return TrainingDescription(
        **made_from,
        digest=text_digest(canonical_json(made_from)),
        parameter_count=parameter_count(built),
        convolution_count=convolution_count(built),
        device=pick_device().type,
        versions=versions(),
        **data.description(),
    )


def _description(planned: TrainingDescription, trained: TrainedNetwork, weights_sha256: str) -> NetworkDescription:
    return NetworkDescription(
        **dict(planned),
        best_epoch=trained.best_epoch,
        kept_epoch=trained.kept_epoch,
        epochs=len(trained.log),
        class_weights=trained.class_weights,
        slices_per_second=float(trained.log["slices_per_second"].median()),
        seconds=float(trained.log["seconds"].sum()),
        weights_sha256=weights_sha256,
    )


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
