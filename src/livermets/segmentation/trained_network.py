"""From the scans of a training to the folder of a trained network."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from livermets.config.sampling import SliceSampling
from livermets.config.segmentation import LiverSettings, OutputSettings, SegmentationSettings
from livermets.figures.overlay import SLICE_DOTS_PER_INCH
from livermets.figures.slices import Pane
from livermets.figures.writing import write_png
from livermets.io.tables import write_csv
from livermets.provenance import canonical_json, code_digest, text_digest, versions
from livermets.segmentation.architectures.build import (
    NetworkPlan,
    convolution_count,
    networks_in,
    parameter_count,
    pick_device,
)
from livermets.segmentation.architectures.receptive_field import receptive_field
from livermets.segmentation.classes import LESION, Classes, most_probable
from livermets.segmentation.description import WHOLE_IMAGE, NetworkDescription, TrainingDescription, write_description
from livermets.segmentation.figures import example_panes, examples, training_curves
from livermets.segmentation.monitoring import VolumeDice
from livermets.segmentation.training_loop import CheckpointPlace, TrainedNetwork, train_network
from livermets.segmentation.training_material import TrainingMaterial
from livermets.segmentation.training_set import TrainingSet, assemble
from livermets.segmentation.views.build import view_of
from livermets.segmentation.views.protocol import View
from livermets.segmentation.weights import load_network, save_weights

logger = logging.getLogger(__name__)
N_EXAMPLES = 3


def section_for(settings: SegmentationSettings, classes: Classes) -> SegmentationSettings | LiverSettings:
    """Where the settings of the network that finds these classes are: a network that finds lesions is the study's own,
    whatever else it finds."""
    return settings if LESION in classes.found else settings.liver


def train_and_write(
    material: TrainingMaterial, settings: SegmentationSettings, out: Path, side: Path | None, seed: int, workers: int
) -> None:
    """Trains, and writes weights, description, log and pictures."""
    own, classes = section_for(settings, material.classes), material.classes
    view = view_of(own.sampling, own.network, classes)
    plan = NetworkPlan(own.network, classes, view.parts)
    data = assemble(material.scans, view, plan.build(), classes, own.training, seed)
    planned = training_description(material, own, plan, data, seed)
    print_size(planned)
    warn_of_small_windows(planned)
    place = CheckpointPlace(side, planned.digest) if side else None
    by_volumes = own.training.validate_on == "volumes"
    dice = VolumeDice(view, data.validation_volumes, own.output) if by_volumes else None
    trained = train_network(data.training, data.validation, plan, own.training, seed, place, workers, dice)
    write_csv(out / "training_log.csv", trained.log)
    weights_digest = save_weights(out, trained.weights)
    write_description(out, _description(planned, trained, weights_digest))
    _write_pictures(out, trained, data, view, classes, own.output)


def print_size(planned: TrainingDescription) -> None:
    """Says how large the network is, to be compared with the paper."""
    logger.info(
        "%s: %s weights in %d convolution layers, receptive field up to %s, on %s; %d training samples, %s in %d",
        planned.network.architecture,
        f"{planned.parameter_count:,}",
        planned.convolution_count,
        f"{max(planned.receptive_sides or (0,)):g}",
        planned.device,
        planned.training_samples,
        planned.classes[-1],
        planned.training_samples_with_focus,
    )


def warn_of_small_windows(planned: TrainingDescription) -> None:
    """Says what it means that windows are smaller than the receptive field. Segments are not concerned: they are of one
    size in training and in prediction."""
    windows = planned.sampling.patch if isinstance(planned.sampling, SliceSampling) else None
    field = max(planned.receptive_sides or (0,))
    if windows is not None and windows < field:
        logger.warning(
            "The windows of %d pixels are smaller than the receptive field of %g: what an output depends on beyond its "
            "window is padding in training and image in prediction, which sees whole slices",
            windows,
            field,
        )


def training_description(
    material: TrainingMaterial,
    own: SegmentationSettings | LiverSettings,
    plan: NetworkPlan,
    data: TrainingSet,
    seed: int,
) -> TrainingDescription:
    """What a network will have been made from, and how large it is."""
    built = plan.build()
    made_from = {
        "classes": material.classes.names,
        "network": own.network.model_dump(mode="json"),
        "sampling": own.sampling.model_dump(mode="json"),
        "training": own.training.model_dump(mode="json"),
        "preprocess": material.preprocess.model_dump(mode="json"),
        "seed": seed,
        "fold": material.fold,
        "folds": material.folds,
        "scans": material.digests,
        "code": code_digest(
            "segmentation", *(f"config/{name}.py" for name in ("segmentation", "architectures", "sampling", "training"))
        ),
    }
    return TrainingDescription(
        **made_from,
        digest=text_digest(canonical_json(made_from | _cut_at(own))),
        parameter_count=parameter_count(built),
        convolution_count=convolution_count(built),
        receptive_field=receptive_field(networks_in(built)[0]) or WHOLE_IMAGE,
        device=pick_device().type,
        versions=versions(),
        training_share=material.share,
        **data.description(),
    )


def _cut_at(own: SegmentationSettings | LiverSettings) -> dict[str, Any]:
    """How the validation scans are segmented, where the choice of the epoch depends on it."""
    by_volumes = own.training.validate_on == "volumes"
    return {"output": own.output.model_dump(mode="json")} if by_volumes else {}


def _description(planned: TrainingDescription, trained: TrainedNetwork, weights_sha256: str) -> NetworkDescription:
    return NetworkDescription(
        **dict(planned),
        best_epoch=trained.best_epoch,
        kept_epoch=trained.kept_epoch,
        epochs=len(trained.log),
        class_weights=trained.class_weights,
        samples_per_second=float(trained.log["samples_per_second"].median()),
        seconds=float(trained.log["seconds"].sum()),
        weights_sha256=weights_sha256,
    )


def _write_pictures(
    out: Path, trained: TrainedNetwork, data: TrainingSet, view: View, classes: Classes, output: OutputSettings
) -> None:
    """The training's curves, and what the network makes of a few scans that it was not trained on."""
    write_png(out / "curves.png", training_curves(trained.log, trained.kept_epoch))
    built, _ = load_network(out)
    panes: list[Pane] = []
    for scan in data.validation_scans[:N_EXAMPLES]:
        probability = view.probabilities(built, scan.image, scan.liver, output, pick_device())
        found = most_probable(probability)[classes.focus - 1]
        panes += example_panes(scan, scan.target == classes.focus, found)
    write_png(out / "examples.png", examples(panes), SLICE_DOTS_PER_INCH)
