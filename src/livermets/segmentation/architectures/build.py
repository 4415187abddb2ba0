"""Networks built from their settings, and what they need to know about sizes, channels and probabilities."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from livermets.config.segmentation import NetworkSettings
from livermets.errors import input_error
from livermets.segmentation.architectures.resnet_unet import ResNet18UNet
from livermets.segmentation.architectures.unet import UNet


def build_network(settings: NetworkSettings) -> UNet | ResNet18UNet:
    """The network of these settings with fresh random weights (seed torch first)."""
    in_channels = 2 * settings.context_slices + 1
    out_channels = 2 if settings.output == "softmax" else 1
    network: UNet | ResNet18UNet
    if settings.architecture == "resnet18-unet":
        network = ResNet18UNet(in_channels, out_channels, settings.dropout)
    else:
        network = UNet(
            in_channels,
            out_channels,
            settings.levels,
            settings.base_filters,
            settings.norm,
            settings.upsampling,
            settings.dropout,
        )
    if settings.initialisation == "normal":
        network.apply(_initialise_normal)
    return network


def _initialise_normal(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def parameter_count(network: nn.Module) -> int:
    """Number of trainable weights."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def convolution_count(network: nn.Module) -> int:
    """Number of convolution layers, transposed ones included."""
    return sum(isinstance(module, nn.Conv2d | nn.ConvTranspose2d) for module in network.modules())


def size_multiple(network: nn.Module) -> int:
    """What the height and width of an input must be a multiple of."""
    return cast(int, network.size_multiple)


def check_size(settings: NetworkSettings, pixels: int, where: object) -> None:
    """Raises `InputError` if an image of this many pixels shrinks to nothing inside the network."""
    halvings = 5 if settings.architecture == "resnet18-unet" else settings.levels
    if pixels < 2 ** (halvings + 1):
        raise input_error(
            where,
            f"slices of {pixels} pixels are too small for a network that halves them {halvings} times",
            f"Use at least {2 ** (halvings + 1)} pixels, or fewer levels",
        )


def foreground_probability(logits: Tensor) -> Tensor:
    """Probability of the foreground per pixel, ``(batch, 1, y, x)``, from one (sigmoid) or two (softmax) channels."""
    if logits.shape[1] == 1:
        return torch.sigmoid(logits)
    # The softmax of two channels is the sigmoid of their difference.
    return torch.sigmoid(logits[:, 1:] - logits[:, :1])


def pick_device() -> torch.device:
    """The GPU when torch sees one, the CPU otherwise."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def on_device(network: nn.Module, device: torch.device) -> nn.Module:
    """The network on its device, channels last: the layout that convolutions are fastest in, on CPU and GPU."""
    return network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
