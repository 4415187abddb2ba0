"""ResNet-18 with a mirrored decoder."""

from __future__ import annotations

import torch
from torch import nn

from livermets.config.architectures import FCNResNet18Settings
from livermets.segmentation.architectures.build import build_network, parameter_count
from livermets.segmentation.architectures.resnet_unet import ResNet18Encoder
from livermets.segmentation.classes import Classes

BOTH = Classes(("background", "liver", "lesion"))
SETTINGS = FCNResNet18Settings(architecture="fcn-resnet18")


def test_the_decoder_has_as_many_layers_as_the_encoder():
    network = build_network(SETTINGS, BOTH)
    in_blocks = [n for n, m in network.encoder.named_modules() if isinstance(m, nn.Conv2d) and "downsample" not in n]
    rising = [m for m in network.modules() if isinstance(m, nn.ConvTranspose2d)]
    assert len(rising) == len(in_blocks) == 17
    assert sum(layer.stride == (2, 2) for layer in rising) == 5


def test_weights_mirror_those_of_the_encoder():
    # ResNet-18's 3×3 layers have 4 · 9 c² or 3 · 9 c² + 9 c (c / 2) weights; mirrored, the same, with a batch
    # normalisation after each; the first 7×7 layer, mirrored, makes three classes.
    network = build_network(SETTINGS, BOTH)
    stages = sum(3 * 9 * a * a + 9 * a * b + 2 * (3 * a + b) for a, b in [(512, 256), (256, 128), (128, 64), (64, 64)])
    assert parameter_count(network) == parameter_count(ResNet18Encoder(1)) + stages + 49 * 64 * 3 + 3


def test_output_has_the_size_of_the_input():
    logits = build_network(SETTINGS, BOTH).eval()(torch.randn(1, 1, 32, 96))
    assert logits.shape == (1, 3, 32, 96)


def test_nothing_but_the_deepest_maps_reaches_the_output():
    network = build_network(SETTINGS, BOTH).eval()
    network.encoder.layer4.register_forward_hook(lambda _, __, y: torch.zeros_like(y))
    first, second = (network(torch.randn(1, 1, 32, 32)) for _ in range(2))
    assert torch.equal(first, second)
