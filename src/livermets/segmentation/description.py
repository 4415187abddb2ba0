"""What a trained network is and what it was made from: ``network.json`` beside its weights, written and read here."""

from __future__ import annotations

import json
from math import inf
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from livermets.config.architectures import NetworkSettings
from livermets.config.preprocess import PreprocessSettings
from livermets.config.sampling import SamplingSettings
from livermets.config.training import TrainingSettings
from livermets.errors import input_error
from livermets.io.atomic import write_json
from livermets.segmentation.classes import Classes

DESCRIPTION_FILE = "network.json"
WHOLE_IMAGE: Literal["whole image"] = "whole image"
"""The receptive field of a network whose outputs depend on all of an image, however large."""


class TrainingDescription(BaseModel):
    """What is known of a network before it is trained. The order of the fields is that of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    classes: tuple[str, ...]
    """What it tells apart, in the order of its channels; the first one is the background."""
    network: NetworkSettings
    sampling: SamplingSettings
    """What it is shown of a scan."""
    training: TrainingSettings
    preprocess: PreprocessSettings
    seed: int
    fold: int | None
    """The fold of patients that it was not shown; none for a network that was shown all of them."""
    folds: int
    scans: dict[str, str]
    """Digest of every preprocessed scan that it was trained on or monitored with, by folder."""
    code: str
    digest: str
    """Of everything above (and of `output`, where whole scans monitor the training): a training continues only where it
    was begun with the same."""
    parameter_count: int
    convolution_count: int
    receptive_field: tuple[int, int] | Literal["whole image"] | None = None
    """Smallest and largest side, over axes and positions, of what one output depends on, in pixels (voxels) of the
    network grid; none in files of versions that did not measure it."""
    device: str
    versions: dict[str, str]
    training_share: float = 1.0
    """The share of the study's training patients (of a fold's network: of those that the fold leaves) that it was
    given, to learn from and to be monitored on; all in files of versions that knew no shares."""
    training_patients: tuple[str, ...]
    validation_patients: tuple[str, ...]
    """Patients who only monitored the training."""
    training_scans: int | None = None
    """Scans of the training patients, those who only monitored it left out; none in files of versions that did not
    count them."""
    training_samples: int
    """Slices, or segments per epoch."""
    training_samples_with_focus: int
    """Of the slices those, of the scans of segments those, that show the innermost class."""
    validation_samples: int
    """Slices, or segments that cover the scans."""

    @property
    def receptive_sides(self) -> tuple[float, float] | None:
        """The receptive field as numbers: infinite where it is the whole image."""
        return (inf, inf) if isinstance(self.receptive_field, str) else self.receptive_field

    @property
    def told_apart(self) -> Classes:
        """The classes as an object."""
        return Classes(self.classes)


class NetworkDescription(TrainingDescription):
    """A trained network: what it was made from, how the training went, and the weights that this belongs to."""

    best_epoch: int
    """The best one by the monitor."""
    kept_epoch: int
    """The one whose weights the network has."""
    epochs: int
    class_weights: tuple[float, ...] | None
    samples_per_second: float
    """Median over epochs."""
    seconds: float
    """All epochs together."""
    weights_sha256: str

    @property
    def patients(self) -> set[str]:
        """Everyone the network has seen, in training or in monitoring it."""
        return {*self.training_patients, *self.validation_patients}


def write_description(folder: Path, description: NetworkDescription) -> None:
    """Writes ``network.json`` into the folder of a network."""
    write_json(folder / DESCRIPTION_FILE, description.model_dump(mode="json"))


def read_description(folder: Path) -> NetworkDescription:
    """The description in the folder of a network, whether or not its weights are there.

    Raises `InputError` if there is none, or one that is damaged or of another version of this program."""
    path = folder / DESCRIPTION_FILE
    if not path.is_file():
        raise input_error(path, "this file of a trained network does not exist", "Run train-segmentation first")
    try:
        values: Any = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise input_error(path, "this description of a network is damaged", "Train again") from error
    try:
        return NetworkDescription.model_validate(values)
    except ValidationError as error:
        what = f"this description of a network is of another version ({_differences(error)})"
        raise input_error(path, what, "Train again, or use the version that trained it") from error


def _differences(error: ValidationError) -> str:
    """Which keys are missing, unknown or of another kind than this version writes."""
    words = {"missing": "missing", "extra_forbidden": "unknown"}
    found: dict[str, list[str]] = {}
    for detail in error.errors():
        kind = words.get(detail["type"], "not as expected")
        found.setdefault(kind, []).append(".".join(map(str, detail["loc"])) or "the whole file")
    return "; ".join(f"{kind}: {', '.join(keys)}" for kind, keys in found.items())
