"""ImageNet weights put into the layers of a published classifier that a network begins with (transfer learning)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from livermets.config.architectures import Backbone, PretrainedSettings
from livermets.errors import input_error
from livermets.segmentation.architectures.build import networks_in
from livermets.segmentation.pretrained import DOWNLOADS, checked_pretrained_file

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Layers:
    """What of a published classifier a network has, by torchvision's key names."""

    first: str
    """Weight of the first convolution, which sees the colours."""
    discarded: str
    """What the names of the last layer begin with, which tells the 1000 classes of ImageNet apart."""
    may_lack: str | None = None
    """What the names of layers begin with that a file may leave out: they then begin at random."""


LAYERS: dict[Backbone, Layers] = {
    "ResNet-18": Layers(first="conv1.weight", discarded="fc."),
    "AlexNet": Layers(first="features.0.weight", discarded="classifier.6.", may_lack="classifier."),
}


def load_pretrained(network: nn.Module, settings: PretrainedSettings, backbone: Backbone) -> None:
    """Puts ImageNet weights into the part ``encoder`` of every network that is kept together. What the file lacks stays
    as it is, at random, and is said.

    Raises `InputError` for a file that is not there, cannot be read or holds the weights of something else."""
    path = checked_pretrained_file(settings, backbone)
    weights = _read_weights(path, backbone)
    lacking: list[str] = []
    for own in networks_in(network):
        lacking = load_encoder(own.get_submodule("encoder"), weights, backbone, path)
    if lacking:
        logger.info("%s has no weights of %s: they begin at random", path, ", ".join(lacking))


def load_encoder(encoder: nn.Module, weights: Mapping[str, Tensor], backbone: Backbone, where: object) -> list[str]:
    """Puts weights (torchvision's key names) into an encoder; the layers that they leave out.

    A grey image enters a network of three channels as three equal ones; with one channel the first convolution's
    weights are summed over colours, which is the same thing at a third of the work. The matrix of a fully connected
    layer becomes the kernel of the convolution that stands for it."""
    layers, own = LAYERS[backbone], encoder.state_dict()
    fitting = {name: value for name, value in weights.items() if not name.startswith(layers.discarded)}
    for name in fitting.keys() & own.keys():
        value, wanted = fitting[name], own[name].shape
        if name == layers.first and wanted[1] == 1 and value.shape == (wanted[0], 3, *wanted[2:]):
            fitting[name] = value.sum(dim=1, keepdim=True)
        elif value.ndim == 2 and len(wanted) == 4 and value.shape == (wanted[0], wanted[1:].numel()):
            fitting[name] = value.reshape(wanted)
    left_out = _layers_left_out(own, fitting, layers.may_lack)
    expected = {name: value for name, value in own.items() if name.rpartition(".")[0] not in left_out}
    difference = first_difference(expected, fitting)
    if difference:
        what = f"this is not {_a(backbone)} with torchvision's key names and sizes: {difference}"
        raise input_error(where, what, _advice(difference, backbone))
    encoder.load_state_dict(fitting, strict=False)
    return left_out


def first_difference(expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> str | None:
    """In words, the first weight that is missing, has another size or belongs to no layer; None: they fit."""
    for name, value in expected.items():
        if name not in found:
            if not name.endswith("num_batches_tracked"):  # files of early versions of PyTorch do not count them
                return f"{name} is missing"
        elif found[name].shape != value.shape:
            return f"{name} is {_size(found[name])}, not {_size(value)}"
    unknown = [name for name in found if name not in expected]
    return f"{unknown[0]} belongs to no layer of it" if unknown else None


def _layers_left_out(own: Mapping[str, Tensor], found: Mapping[str, Tensor], may_lack: str | None) -> list[str]:
    """Layers that may be lacking and of which nothing was found."""
    if may_lack is None:
        return []
    layers = dict.fromkeys(name.rpartition(".")[0] for name in own if name.startswith(may_lack))
    return [layer for layer in layers if not any(name.startswith(f"{layer}.") for name in found)]


def _advice(difference: str, backbone: Backbone) -> str:
    if backbone == "AlexNet" and difference.startswith("classifier."):
        return "Set network.fully_connected to what the file has, or use a file without classifier.1 and classifier.4"
    return f"Use {DOWNLOADS[backbone]}"


def _a(name: str) -> str:
    return f"an {name}" if name[0] in "AEIOU" else f"a {name}"


def _size(value: Tensor) -> str:
    return " × ".join(map(str, value.shape)) or "one number"


def _read_weights(path: Path, backbone: Backbone) -> dict[str, Tensor]:
    try:
        found = _read_any(path)
    except Exception as error:  # torch raises several unrelated types for a file that is not one of its own
        what = f"this file cannot be read as {path.suffix} weights; it is damaged, cut short or of another kind"
        raise input_error(path, what, "Fetch it again") from error
    if not isinstance(found, Mapping) or not all(isinstance(value, Tensor) for value in found.values()):
        what = "this file holds something else than weights by the names of their layers"
        raise input_error(path, what, f"Use a file of weights alone (a state_dict), e.g. {DOWNLOADS[backbone]}")
    return {str(name): value for name, value in found.items()}


def _read_any(path: Path) -> Any:
    """What a file holds, read without running any code that it may contain."""
    if path.suffix == ".safetensors":
        return load_file(str(path))
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            return {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    return torch.load(path, map_location="cpu", weights_only=True)
