"""Networks on disk: what comes back is what was saved, and nothing else is accepted."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import save_file
from tests.network_descriptions import network_description

from livermets.config.architectures import PretrainedSettings, UNetSettings
from livermets.errors import InputError
from livermets.provenance import file_digest
from livermets.segmentation.architectures.build import build_network
from livermets.segmentation.architectures.resnet_unet import ResNet18Encoder
from livermets.segmentation.classes import Classes
from livermets.segmentation.description import write_description
from livermets.segmentation.weights import load_network, load_pretrained_encoder, save_weights

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
    with pytest.raises(InputError, match="do not fit the architecture unet"):
        load_network(folder)


def test_a_folder_without_a_network_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"does not exist\. Run train-segmentation first"):
        load_network(tmp_path)


@pytest.fixture
def imagenet_file(tmp_path):
    """A file like torchvision's: an encoder's weights and a classifier."""
    torch.manual_seed(2)
    weights = ResNet18Encoder(3).state_dict()
    weights["fc.weight"], weights["fc.bias"] = torch.zeros(1000, 512), torch.zeros(1000)
    path = tmp_path / "resnet18.pth"
    torch.save(weights, path)
    return path, weights


def test_key_names_are_those_of_torchvision():
    names = set(ResNet18Encoder(3).state_dict())
    assert {"conv1.weight", "bn1.running_var", "layer1.0.conv2.weight", "layer2.0.downsample.0.weight"} <= names
    assert {"layer2.0.downsample.1.num_batches_tracked", "layer4.1.bn2.bias"} <= names
    assert len(names) == 122 - 2  # torchvision's state dictionary of resnet18 has 122 entries, two of the classifier


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_pretrained_weights_enter_the_encoder(imagenet_file, suffix, tmp_path):
    path, weights = imagenet_file
    if suffix == ".safetensors":
        path = tmp_path / "resnet18.safetensors"
        save_file(weights, str(path))
    encoder = ResNet18Encoder(3)
    load_pretrained_encoder(encoder, PretrainedSettings(file=str(path), sha256=file_digest(path)[:8]))
    assert torch.equal(encoder.layer3[1].conv1.weight, weights["layer3.1.conv1.weight"])


@pytest.mark.slow
def test_one_channel_sees_grey_as_three_equal_channels(imagenet_file):
    path, _ = imagenet_file
    settings = PretrainedSettings(file=str(path), sha256=file_digest(path))
    colour, grey = ResNet18Encoder(3).eval(), ResNet18Encoder(1).eval()
    load_pretrained_encoder(colour, settings)
    load_pretrained_encoder(grey, settings)
    x = torch.randn(1, 1, 64, 64)
    for one, other in zip(grey(x), colour(x.expand(-1, 3, -1, -1)), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_a_pretrained_file_with_another_digest_is_refused(imagenet_file):
    path, _ = imagenet_file
    with pytest.raises(InputError, match="its SHA-256 is"):
        load_pretrained_encoder(ResNet18Encoder(3), PretrainedSettings(file=str(path), sha256="f37072fd"))


def test_a_missing_pretrained_file_says_how_to_get_it(tmp_path):
    missing = PretrainedSettings(file=str(tmp_path / "no.pth"), sha256="f37072fd")
    with pytest.raises(InputError, match="Fetch it once with `curl -LO https://download"):
        load_pretrained_encoder(ResNet18Encoder(3), missing)


@pytest.mark.parametrize("content", [b"no weights", None])
def test_a_pretrained_file_of_something_else_is_refused(tmp_path, content):
    path = tmp_path / "other.pth"
    if content is None:
        torch.save({"conv1.weight": torch.zeros(3)}, path)
    else:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"cannot be read|not a ResNet-18 with torchvision's key names"):
        load_pretrained_encoder(ResNet18Encoder(3), PretrainedSettings(file=str(path), sha256=file_digest(path)))
