"""Networks on disk: what comes back is what was saved, and nothing else is accepted."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import save_file
from tests.network_descriptions import network_description

from livermets.config.architectures import UNetSettings
from livermets.errors import InputError
from livermets.segmentation.architectures.build import build_network
from livermets.segmentation.classes import Classes
from livermets.segmentation.description import write_description
from livermets.segmentation.weights import load_network, save_weights

LESIONS = Classes(("background", "lesion"))
SMALL = UNetSettings(levels=2, base_filters=4)


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(1)
    network = build_network(SMALL, LESIONS)
    digest = save_weights(tmp_path / "net", network.state_dict())
    write_description(tmp_path / "net", network_description(network=SMALL, weights_sha256=digest))
    return tmp_path / "net", network.eval()


def test_a_saved_network_predicts_the_same(saved):
    folder, network = saved
    loaded, description = load_network(folder)
    x = torch.randn(1, 1, 16, 16)
    assert torch.equal(loaded(x), network(x))
    assert not loaded.training
    assert description.told_apart == LESIONS


def test_other_weights_than_described_are_refused(saved):
    folder, _ = saved
    save_file(build_network(SMALL, LESIONS).state_dict(), str(folder / "network.safetensors"))
    with pytest.raises(InputError, match=r"these weights are not the ones that network\.json describes"):
        load_network(folder)


def test_weights_of_another_architecture_are_refused(saved):
    folder, _ = saved
    path = folder / "network.json"
    description = json.loads(path.read_text())
    description["network"]["levels"] = 3
    path.write_text(json.dumps(description))
    sentence = r"do not fit the architecture unet and the classes lesion .*: encoder\.2\.0\.weight is missing"
    with pytest.raises(InputError, match=sentence):
        load_network(folder)


def test_weights_for_another_number_of_classes_are_refused(saved):
    folder, _ = saved
    path = folder / "network.json"
    description = json.loads(path.read_text())
    description["classes"] = ["background", "liver", "lesion"]
    path.write_text(json.dumps(description))
    sentence = r"the classes liver and lesion .*: head\.weight is 2 × 4 × 1 × 1, not 3 × 4 × 1 × 1"
    with pytest.raises(InputError, match=sentence):
        load_network(folder)


def test_a_folder_without_a_network_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"does not exist\. Run train-segmentation first"):
        load_network(tmp_path)
