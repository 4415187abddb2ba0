"""Weights on disk: of trained networks (safetensors, nothing that runs code when opened), and of ImageNet."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from livermets.config.architectures import PretrainedSettings
from livermets.errors import input_error
from livermets.io.atomic import written_aside
from livermets.provenance import file_digest
from livermets.segmentation.architectures.build import build_network, networks_in
from livermets.segmentation.architectures.resnet_unet import ResNet18Encoder, ResNet18UNet
from livermets.segmentation.description import DESCRIPTION_FILE, NetworkDescription, read_description
from livermets.segmentation.pretrained import checked_pretrained_file
from livermets.segmentation.views.build import view_of

WEIGHTS_FILE = "network.safetensors"


def save_weights(folder: Path, weights: dict[str, Tensor]) -> str:
    """Writes ``network.safetensors``; its digest, for the description beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    with written_aside(folder / WEIGHTS_FILE) as aside:
        save_file({name: value.detach().cpu().contiguous() for name, value in weights.items()}, str(aside))
    return file_digest(folder / WEIGHTS_FILE)


def checked_description(folder: Path) -> NetworkDescription:
    """The description of a network whose weights are there.

    Raises `InputError` if the folder holds no network or its weights are not the described ones."""
    description, weights = read_description(folder), folder / WEIGHTS_FILE
    if not weights.exists():
        raise input_error(weights, "this file of a trained network does not exist", "Run train-segmentation first")
    if description.weights_sha256 != file_digest(weights):
        raise input_error(weights, f"these weights are not the ones that {DESCRIPTION_FILE} describes", "Train again")
    return description


def load_network(folder: Path) -> tuple[nn.Module, NetworkDescription]:
    """A trained network in evaluation mode, on the CPU, with its description.

    Raises `InputError` for weights of another architecture than the description says."""
    description = checked_description(folder)
    view = view_of(description.sampling, description.network, description.told_apart)
    network = build_network(description.network, description.told_apart, view.parts)
    try:
        network.load_state_dict(load_file(str(folder / WEIGHTS_FILE)))
    except (RuntimeError, SafetensorError) as error:
        raise input_error(
            folder / WEIGHTS_FILE,
            f"these weights do not fit the architecture {description.network.architecture} described beside them",
            f"Use the {DESCRIPTION_FILE} that was written with them, or train again",
        ) from error
    return network.eval(), description


def load_pretrained(network: nn.Module, settings: PretrainedSettings) -> None:
    """Puts ImageNet weights into the encoder of every network of a kind that has one."""
    for own in networks_in(network):
        if isinstance(own, ResNet18UNet):
            load_pretrained_encoder(own.encoder, settings)


def load_pretrained_encoder(encoder: ResNet18Encoder, settings: PretrainedSettings) -> None:
    """Puts ImageNet weights (torchvision's key names) into the encoder; the classifier ``fc`` is left out.

    A grey image enters a three-channel network as three equal channels; with one channel the first convolution's
    weights are summed over colours, which is the same thing at a third of the work."""
    weights = _read_pretrained(settings)
    weights = {name: value for name, value in weights.items() if not name.startswith("fc.")}
    if "conv1.weight" in weights and encoder.conv1.in_channels == 1:
        weights["conv1.weight"] = weights["conv1.weight"].sum(dim=1, keepdim=True)
    try:
        encoder.load_state_dict(weights)
    except RuntimeError as error:
        raise input_error(
            settings.file, "this is not a ResNet-18 with torchvision's key names", "Use resnet18-f37072fd.pth"
        ) from error


def _read_pretrained(settings: PretrainedSettings) -> dict[str, Tensor]:
    path = checked_pretrained_file(settings)
    try:
        if path.suffix == ".safetensors":
            return load_file(str(path))
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises several unrelated types for a file that is not one of its own
        raise input_error(
            path, "this file cannot be read as PyTorch or safetensors weights", "Fetch it again"
        ) from error
    return dict(loaded)
