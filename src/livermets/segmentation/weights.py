"""Trained networks on disk (safetensors and JSON, nothing that runs code when opened), and ImageNet weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from livermets.config.load import validate_section
from livermets.config.segmentation import NetworkSettings, PretrainedSettings
from livermets.errors import input_error
from livermets.io.atomic import write_json, written_aside
from livermets.provenance import file_digest
from livermets.segmentation.architectures.build import build_network
from livermets.segmentation.architectures.resnet_unet import ResNet18Encoder
from livermets.segmentation.pretrained import checked_pretrained_file

WEIGHTS_FILE, DESCRIPTION_FILE = "network.safetensors", "network.json"


def save_network(folder: Path, weights: dict[str, Tensor], description: dict[str, Any]) -> None:
    """Writes ``network.safetensors`` and ``network.json``; the JSON carries the digest of the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    with written_aside(folder / WEIGHTS_FILE) as aside:
        save_file({name: value.detach().cpu().contiguous() for name, value in weights.items()}, str(aside))
    write_json(folder / DESCRIPTION_FILE, {**description, "weights_sha256": file_digest(folder / WEIGHTS_FILE)})


def read_description(folder: Path) -> dict[str, Any]:
    """The JSON beside a network's weights.

    Raises `InputError` if the folder holds no network or its weights are not the described ones."""
    path, weights = folder / DESCRIPTION_FILE, folder / WEIGHTS_FILE
    for file in (path, weights):
        if not file.exists():
            raise input_error(file, "this file of a trained network does not exist", "Run train-segmentation first")
    description = json.loads(path.read_text(encoding="utf-8"))
    if description.get("weights_sha256") != file_digest(weights):
        raise input_error(weights, f"these weights are not the ones that {path.name} describes", "Train again")
    return description


def load_network(folder: Path) -> tuple[nn.Module, dict[str, Any]]:
    """A trained network in evaluation mode, on the CPU, with its description.

    Raises `InputError` for weights of another architecture than the description says."""
    description = read_description(folder)
    settings = network_settings(description, folder)
    network = build_network(settings)
    try:
        network.load_state_dict(load_file(str(folder / WEIGHTS_FILE)))
    except (RuntimeError, SafetensorError) as error:
        raise input_error(
            folder / WEIGHTS_FILE,
            f"these weights do not fit the architecture {settings.architecture} described beside them",
            "Use the network.json that was written with them, or train again",
        ) from error
    return network.eval(), description


def network_settings(description: dict[str, Any], folder: Path) -> NetworkSettings:
    """The architecture as the description gives it."""
    where = str(folder / DESCRIPTION_FILE)
    return validate_section(NetworkSettings, description.get("network", {}), f"{where}: network")


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
