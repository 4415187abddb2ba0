"""Weights on disk: of trained networks (safetensors, nothing that runs code when opened)."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from livermets.errors import input_error
from livermets.io.atomic import written_aside
from livermets.provenance import file_digest
from livermets.segmentation.architectures.build import build_network
from livermets.segmentation.description import DESCRIPTION_FILE, NetworkDescription, read_description
from livermets.segmentation.transfer import first_difference
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
        weights = load_file(str(folder / WEIGHTS_FILE))
        difference = first_difference(network.state_dict(), weights)
    except SafetensorError as error:
        difference = f"they cannot be read ({error})"
    if difference:
        raise input_error(
            folder / WEIGHTS_FILE,
            f"these weights do not fit the architecture {description.network.architecture} and the classes "
            f"{description.told_apart} described beside them: {difference}",
            f"Use the {DESCRIPTION_FILE} that was written with them, or train again",
        )
    network.load_state_dict(weights)
    return network.eval(), description
