"""Sizes of the networks against published counts, and what goes in and comes out."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from livermets.config.architectures import ResNet18UNetSettings, UNet3DSettings, UNetSettings
from livermets.errors import InputError
from livermets.segmentation.architectures.build import (
    build_network,
    check_size,
    class_probabilities,
    convolution_count,
    networks_in,
    parameter_count,
)
from livermets.segmentation.architectures.resnet_unet import ResNet18Encoder
from livermets.segmentation.classes import Classes

LESIONS = Classes(("background", "lesion"))


def test_original_unet_has_23_convolutions_and_31_million_weights():
    # Ronneberger 2015: "In total the network has 23 convolutional layers". The count of weights is that of the
    # original without normalisation, from its layer table (3×3 and 2×2 convolutions with biases, two classes).
    network = build_network(UNetSettings(base_filters=64, norm="none"), LESIONS)
    widths = [1, 64, 128, 256, 512, 1024]
    descending = sum(9 * a * b + b + 9 * b * b + b for a, b in pairwise(widths))
    rising = sum(4 * 2 * b * b + b + 9 * 2 * b * b + b + 9 * b * b + b for b in widths[1:-1])
    assert convolution_count(network) == 23
    assert parameter_count(network) == descending + rising + 64 * 2 + 2 == 31_030_658


def test_batch_normalised_unet_has_the_weights_of_the_widely_used_pytorch_one():
    # milesial/Pytorch-UNet, UNet(n_channels=3, n_classes=2): 31,037,698
    network = build_network(UNetSettings(base_filters=64, norm="batch", context_slices=1), LESIONS)
    assert parameter_count(network) == 31_037_698


def test_resnet_encoder_has_the_weights_of_torchvision_without_the_classifier():
    # torchvision's resnet18: 11,689,512, of which the classifier has 512 · 1000 + 1000
    assert parameter_count(ResNet18Encoder(3)) == 11_689_512 - 513_000


def test_resnet_unet_has_the_weights_of_segmentation_models():
    # segmentation_models_pytorch, Unet("resnet18", in_channels=3, classes=1): 14,328,209
    settings = ResNet18UNetSettings(architecture="resnet18-unet", context_slices=1, output="sigmoid")
    assert parameter_count(build_network(settings, LESIONS)) == 14_328_209


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", [UNetSettings(base_filters=4), ResNet18UNetSettings(architecture="resnet18-unet")], ids=["unet", "resnet"]
)
@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
@pytest.mark.parametrize("context", [0, 1])
def test_output_has_the_size_of_the_input(kind, output, context):
    settings = kind.model_copy(update={"output": output, "context_slices": context})
    network = build_network(settings, LESIONS).eval()
    logits = network(torch.zeros(2, 2 * context + 1, 64, 96))
    assert logits.shape == (2, 2 if output == "softmax" else 1, 64, 96)


@pytest.mark.parametrize("up, norm", [("transpose", "none"), ("nearest", "batch"), ("nearest", "instance")])
def test_variants_run(up, norm):
    settings = UNetSettings(levels=2, base_filters=4, upsampling=up, norm=norm, initialisation="normal")
    network = build_network(settings, LESIONS)
    assert torch.isfinite(network(torch.randn(2, 1, 16, 16))).all()


def test_foreground_is_the_second_softmax_channel():
    logits = torch.randn(3, 2, 5, 5)
    assert torch.allclose(class_probabilities(logits), torch.softmax(logits, dim=1)[:, 1:], atol=1e-6)
    assert torch.allclose(class_probabilities(logits[:, :1]), torch.sigmoid(logits[:, :1]))


def test_probabilities_of_three_classes_are_their_softmax():
    logits = torch.randn(3, 3, 5, 5)
    assert torch.allclose(class_probabilities(logits), torch.softmax(logits, dim=1)[:, 1:])


def test_a_3d_network_has_the_weights_of_its_layers():
    # Three convolutions down and two transposed ones up, all 3×3×3, and a slope of PReLU after each but the last.
    settings = UNet3DSettings(architecture="unet3d", levels=2, base_filters=4)
    network = build_network(settings, Classes(("background", "liver", "lesion")))
    down = [(1, 4), (4, 8), (8, 16)]
    up = [(16 + 8, 4), (4 + 4, 3)]
    assert parameter_count(network) == sum(27 * a * b + b for a, b in down + up) + len(down + up[:1])
    assert network(torch.zeros(1, 1, 8, 12, 16)).shape == (1, 3, 8, 12, 16)


def test_networks_of_parts_are_as_many_with_weights_of_their_own():
    settings = UNetSettings(levels=1, base_filters=2)
    one, three = build_network(settings, LESIONS), build_network(settings, LESIONS, ("a", "b", "c"))
    assert parameter_count(three) == 3 * parameter_count(one)
    first, second, _ = networks_in(three)
    assert not torch.equal(first.head.weight, second.head.weight)
    assert networks_in(one) == [one]


def test_slices_that_would_vanish_are_refused():
    check_size(UNetSettings(levels=4), 32, "scan")
    with pytest.raises(
        InputError, match="scan: slices of 31 pixels are too small for a network that halves them 4 times"
    ):
        check_size(UNetSettings(levels=4), 31, "scan")
    with pytest.raises(InputError, match="5 times"):
        check_size(ResNet18UNetSettings(architecture="resnet18-unet"), 63, "scan")
