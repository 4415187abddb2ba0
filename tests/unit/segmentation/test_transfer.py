"""Weights of published classifiers: they enter the layers that they are of, and nothing else does."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from livermets.config.architectures import FCNAlexNetSettings, PretrainedSettings, ResNet18UNetSettings
from livermets.errors import InputError
from livermets.provenance import file_digest
from livermets.segmentation.architectures.build import build_network
from livermets.segmentation.architectures.fcn_alexnet import AlexNet
from livermets.segmentation.architectures.resnet_unet import ResNet18Encoder
from livermets.segmentation.classes import Classes
from livermets.segmentation.transfer import load_encoder, load_pretrained

LESIONS = Classes(("background", "lesion"))
WIDTH = 16


def resnet_weights() -> dict[str, torch.Tensor]:
    """As in torchvision's file: an encoder's and a classifier's."""
    torch.manual_seed(2)
    return ResNet18Encoder(3).state_dict() | {"fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)}


def alexnet_weights(connected: bool = True) -> dict[str, torch.Tensor]:
    """As in torchvision's file, but for the width of the fully connected layers, which may be left out."""
    torch.manual_seed(3)
    weights = AlexNet(3, WIDTH).state_dict()
    features = {name: value for name, value in weights.items() if name.startswith("features.")}
    if not connected:
        return features
    matrices = {name: value.flatten(1) if value.ndim == 4 else value for name, value in weights.items()}
    last = {"classifier.6.weight": torch.zeros(1000, WIDTH), "classifier.6.bias": torch.zeros(1000)}
    return features | {name: value for name, value in matrices.items() if name not in features} | last


def written(folder: Path, weights: dict[str, torch.Tensor], suffix: str) -> PretrainedSettings:
    path = folder / f"weights{suffix}"
    if suffix == ".safetensors":
        save_file({name: value.contiguous() for name, value in weights.items()}, str(path))
    elif suffix == ".npz":
        np.savez(path, **{name: value.numpy() for name, value in weights.items()})  # type: ignore[arg-type]
    else:
        torch.save(weights, path)
    return PretrainedSettings(file=str(path), sha256=file_digest(path)[:8])


def alexnet(context: int = 0, width: int = WIDTH) -> torch.nn.Module:
    settings = FCNAlexNetSettings(architecture="fcn-alexnet", fully_connected=width, context_slices=context)
    return build_network(settings, LESIONS)


def test_key_names_are_those_of_torchvision():
    names = set(ResNet18Encoder(3).state_dict())
    assert {"conv1.weight", "bn1.running_var", "layer1.0.conv2.weight", "layer2.0.downsample.0.weight"} <= names
    assert {"layer2.0.downsample.1.num_batches_tracked", "layer4.1.bn2.bias"} <= names
    assert len(names) == 122 - 2  # torchvision's state dictionary of resnet18 has 122 entries, two of the classifier
    layers = {*(f"features.{number}" for number in (0, 3, 6, 8, 10)), "classifier.1", "classifier.4"}
    assert set(AlexNet(3, 2).state_dict()) == {f"{layer}.{kind}" for layer in layers for kind in ("weight", "bias")}


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".safetensors", ".npz"])
def test_weights_enter_the_encoder_from_every_kind_of_file(tmp_path, suffix):
    weights = resnet_weights()
    network = build_network(ResNet18UNetSettings(architecture="resnet18-unet", context_slices=1), LESIONS)
    load_pretrained(network, written(tmp_path, weights, suffix), "ResNet-18")
    for name, value in network.encoder.state_dict().items():
        assert torch.equal(value, weights[name]), name


def test_files_that_count_no_batches_are_read():
    old = {name: value for name, value in resnet_weights().items() if not name.endswith("num_batches_tracked")}
    assert load_encoder(ResNet18Encoder(3), old, "ResNet-18", "file") == []


@pytest.mark.slow
def test_one_channel_sees_grey_as_three_equal_channels():
    weights = resnet_weights()
    colour, grey = ResNet18Encoder(3).eval(), ResNet18Encoder(1).eval()
    load_encoder(colour, weights, "ResNet-18", "file")
    load_encoder(grey, weights, "ResNet-18", "file")
    x = torch.randn(1, 1, 64, 64)
    for one, other in zip(grey(x), colour(x.expand(-1, 3, -1, -1)), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_one_channel_of_alexnet_sees_grey_as_three_equal_channels():
    colour, grey = AlexNet(3, WIDTH).eval(), AlexNet(1, WIDTH).eval()
    for encoder in (colour, grey):
        load_encoder(encoder, alexnet_weights(), "AlexNet", "file")
    x = torch.randn(1, 1, 224, 224)
    for stride, maps in grey(x).items():
        assert torch.allclose(maps, colour(x.expand(-1, 3, -1, -1))[stride], atol=1e-4), stride


def test_fully_connected_layers_become_kernels(tmp_path, caplog):
    weights, network = alexnet_weights(), alexnet(context=1)
    with caplog.at_level(logging.INFO):
        load_pretrained(network, written(tmp_path, weights, ".npz"), "AlexNet")
    # Row m of the matrix is the kernel of map m: maps, rows and columns of the pooled image, in this order.
    kernel = network.encoder.classifier[1].weight
    assert kernel[5, 7, 2, 3] == weights["classifier.1.weight"][5, 7 * 36 + 2 * 6 + 3]
    assert torch.equal(network.encoder.classifier[4].weight[:, :, 0, 0], weights["classifier.4.weight"])
    assert "at random" not in caplog.text


def test_layers_that_a_file_lacks_begin_at_random_and_are_said(tmp_path, caplog):
    weights, network = alexnet_weights(connected=False), alexnet(context=1)
    before = network.encoder.classifier[1].weight.clone()
    settings = written(tmp_path, weights, ".npz")
    with caplog.at_level(logging.INFO):
        load_pretrained(network, settings, "AlexNet")
    assert torch.equal(network.encoder.features[3].weight, weights["features.3.weight"])
    assert torch.equal(network.encoder.classifier[1].weight, before)
    assert caplog.messages == [f"{settings.file} has no weights of classifier.1, classifier.4: they begin at random"]


def test_every_network_of_several_gets_the_weights(tmp_path, caplog):
    settings = FCNAlexNetSettings(architecture="fcn-alexnet", fully_connected=2, context_slices=1)
    network = build_network(settings, LESIONS, ("axial", "coronal"))
    weights = alexnet_weights(connected=False)
    with caplog.at_level(logging.INFO):
        load_pretrained(network, written(tmp_path, weights, ".pth"), "AlexNet")
    for own in network.networks.values():
        assert torch.equal(own.encoder.features[0].weight, weights["features.0.weight"])
    assert len(caplog.messages) == 1


def refused(settings: PretrainedSettings, backbone: str = "AlexNet", network: torch.nn.Module | None = None) -> str:
    with pytest.raises(InputError) as error:
        load_pretrained(network or alexnet(), settings, backbone)  # type: ignore[arg-type]
    return str(error.value)


def test_weights_of_another_network_are_refused(tmp_path):
    other = written(tmp_path, resnet_weights(), ".pth")
    assert refused(other).endswith(
        "this is not an AlexNet with torchvision's key names and sizes: features.0.weight is missing. "
        "Use alexnet-owt-7be5be79.pth."
    )
    resnet = build_network(ResNet18UNetSettings(architecture="resnet18-unet"), LESIONS)
    assert refused(written(tmp_path, alexnet_weights(), ".pth"), "ResNet-18", resnet).endswith(
        "this is not a ResNet-18 with torchvision's key names and sizes: conv1.weight is missing. "
        "Use resnet18-f37072fd.pth."
    )


def test_a_deeper_network_of_the_same_kind_is_refused(tmp_path):
    deeper = resnet_weights() | {"layer1.2.conv1.weight": torch.zeros(64, 64, 3, 3)}
    resnet = build_network(ResNet18UNetSettings(architecture="resnet18-unet"), LESIONS)
    assert "layer1.2.conv1.weight belongs to no layer of it" in refused(
        written(tmp_path, deeper, ".pth"), "ResNet-18", resnet
    )


def test_another_size_is_refused(tmp_path):
    wide = alexnet_weights() | {"features.0.weight": torch.zeros(96, 3, 11, 11)}
    assert "features.0.weight is 96 × 3 × 11 × 11, not 64 × 1 × 11 × 11" in refused(written(tmp_path, wide, ".npz"))


def test_fully_connected_layers_of_another_width_are_refused(tmp_path):
    said = refused(written(tmp_path, alexnet_weights(), ".pth"), network=alexnet(width=8))
    assert said.endswith(
        "classifier.1.weight is 16 × 9216, not 8 × 256 × 6 × 6. Set network.fully_connected to what the file has, or "
        "use a file without classifier.1 and classifier.4."
    )


def test_half_a_fully_connected_layer_is_refused(tmp_path):
    weights = alexnet_weights()
    del weights["classifier.1.bias"]
    assert "classifier.1.bias is missing" in refused(written(tmp_path, weights, ".pth"))


def test_a_kind_of_file_that_is_not_known_is_refused(tmp_path):
    path = tmp_path / "weights.h5"
    path.write_bytes(b"anything")
    said = refused(PretrainedSettings(file=str(path), sha256=file_digest(path)))
    assert said.endswith(
        "weights.h5: weights are read from files that end in .pth, .pt, .safetensors or .npz. "
        "Use such a file, e.g. alexnet-owt-7be5be79.pth."
    )


@pytest.mark.parametrize("suffix", [".pth", ".safetensors", ".npz"])
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_file_that_is_cut_short_is_refused(tmp_path, suffix, share):
    path = Path(written(tmp_path, {"features.0.bias": torch.ones(1000)}, suffix).file)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    said = refused(PretrainedSettings(file=str(path), sha256=file_digest(path)))
    assert said.endswith(
        f"cannot be read as {suffix} weights; it is damaged, cut short or of another kind. Fetch it again."
    )


class Danger:
    """Something that a pickle would run when it is opened."""

    def __reduce__(self):
        return os.mkdir, ("made-by-a-pickle",)


@pytest.mark.parametrize("suffix", [".pth", ".npz"])
def test_nothing_in_a_file_is_run(tmp_path, monkeypatch, suffix):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / f"danger{suffix}"
    if suffix == ".npz":
        np.savez(path, weights=np.array([Danger()], dtype=object))
    else:
        torch.save({"features.0.weight": Danger()}, path)
    assert "cannot be read" in refused(PretrainedSettings(file=str(path), sha256=file_digest(path)))
    assert not (tmp_path / "made-by-a-pickle").exists()


@pytest.mark.parametrize("content", [[torch.zeros(2)], {"state_dict": {"features.0.weight": torch.zeros(2)}}])
def test_a_file_of_something_else_than_weights_is_refused(tmp_path, content):
    path = tmp_path / "other.pth"
    torch.save(content, path)
    said = refused(PretrainedSettings(file=str(path), sha256=file_digest(path)))
    assert (
        "something else than weights by the names of their layers. Use a file of weights alone (a state_dict)" in said
    )


def test_a_file_with_another_digest_is_refused(tmp_path):
    settings = written(tmp_path, alexnet_weights(), ".npz").model_copy(update={"sha256": "f37072fd"})
    assert "its SHA-256 is" in refused(settings)


@pytest.mark.parametrize(
    "backbone, file", [("ResNet-18", "resnet18-f37072fd.pth"), ("AlexNet", "alexnet-owt-7be5be79.pth")]
)
def test_a_missing_file_says_how_to_get_the_right_one(tmp_path, backbone, file):
    said = refused(PretrainedSettings(file=str(tmp_path / "no.pth"), sha256="f37072fd"), backbone)
    assert f"this file of pre-trained {backbone} weights does not exist" in said
    assert f"Fetch it once with `curl -LO https://download.pytorch.org/models/{file}`" in said


@pytest.mark.skipif("LIVERMETS_DATA" not in os.environ, reason="needs a file of ImageNet weights in LIVERMETS_DATA")
def test_the_published_convolutions_are_read():
    path = Path(os.environ["LIVERMETS_DATA"]) / "imagenet-alexnet/alexnet_features_torchvision_names.npz"
    if not path.exists():
        pytest.skip(f"needs {path.name} in LIVERMETS_DATA")
    network = alexnet(context=1, width=2)
    load_pretrained(network, PretrainedSettings(file=str(path), sha256="e762b28a0489ca1b"), "AlexNet")
    row = network.encoder.features[0].weight[0, 0, 0]
    # As torchvision prints them for its alexnet.
    assert row[:3].tolist() == pytest.approx([0.1186, 0.0941, 0.0954], abs=5e-5)
    assert row[-3:].tolist() == pytest.approx([0.0558, 0.0216, 0.0500], abs=5e-5)
