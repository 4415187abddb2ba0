"""Networks built from their settings, and what they need to know about sizes, channels and probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast, overload

import torch
from torch import Tensor, nn

from livermets.config.architectures import (
    AnyNetwork,
    DeepMedicSettings,
    FCNAlexNetSettings,
    FCNResNet18Settings,
    ResNet18UNetSettings,
    UNet3DSettings,
    UNetSettings,
)
from livermets.errors import input_error
from livermets.segmentation.architectures.deepmedic import DeepMedic
from livermets.segmentation.architectures.fcn_alexnet import FCNAlexNet
from livermets.segmentation.architectures.fcn_resnet import FCNResNet18
from livermets.segmentation.architectures.pathways import Images, Pathway
from livermets.segmentation.architectures.resnet_unet import ResNet18UNet
from livermets.segmentation.architectures.unet import UNet
from livermets.segmentation.architectures.unet3d import UNet3D
from livermets.segmentation.classes import Classes

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d, nn.Conv3d, nn.ConvTranspose3d)


class Several(nn.Module):
    """Networks that are trained and kept together, each for what it is shown: one of every plane, say."""

    def __init__(self, networks: dict[str, nn.Module]) -> None:
        super().__init__()
        self.networks = nn.ModuleDict(networks)


def networks_in(network: nn.Module) -> list[nn.Module]:
    """The networks that are kept together, or the only one."""
    return list(network.networks.values()) if isinstance(network, Several) else [network]


def _unet(settings: UNetSettings, outputs: int) -> nn.Module:
    inputs = 2 * settings.context_slices + 1
    width, norm, up = settings.base_filters, settings.norm, settings.upsampling
    return UNet(inputs, outputs, settings.levels, width, norm, up, settings.dropout_by_level, settings.short_skips)


def _resnet18_unet(settings: ResNet18UNetSettings, outputs: int) -> nn.Module:
    return ResNet18UNet(2 * settings.context_slices + 1, outputs, settings.dropout)


def _fcn_resnet18(settings: FCNResNet18Settings, outputs: int) -> nn.Module:
    return FCNResNet18(2 * settings.context_slices + 1, outputs, settings.dropout)


def _fcn_alexnet(settings: FCNAlexNetSettings, outputs: int) -> nn.Module:
    inputs, width = 2 * settings.context_slices + 1, settings.fully_connected
    return FCNAlexNet(inputs, outputs, width, settings.finest_stride, settings.dropout)


def _unet3d(settings: UNet3DSettings, outputs: int) -> nn.Module:
    return UNet3D(outputs, settings.levels, settings.base_filters, settings.norm, settings.dropout)


def _deepmedic(settings: DeepMedicSettings, outputs: int) -> nn.Module:
    scales, combining = (settings.downsampling, settings.filters), settings.combining_filters
    return DeepMedic(outputs, *scales, combining, settings.norm, settings.residual, settings.dropout)


_BUILDERS: dict[type[AnyNetwork], Callable[[Any, int], nn.Module]] = {
    UNetSettings: _unet,
    ResNet18UNetSettings: _resnet18_unet,
    FCNResNet18Settings: _fcn_resnet18,
    FCNAlexNetSettings: _fcn_alexnet,
    UNet3DSettings: _unet3d,
    DeepMedicSettings: _deepmedic,
}
"""How the network of each kind of settings is built; a further architecture is a further line."""


def build_network(settings: AnyNetwork, classes: Classes, parts: Sequence[str] = ()) -> nn.Module:
    """The network of these settings with fresh random weights (seed torch first); with ``parts``, one for each."""
    if parts:
        return Several({part: build_network(settings, classes) for part in parts})
    kind = next(kind for kind in type(settings).__mro__ if kind in _BUILDERS)
    network = _BUILDERS[kind](settings, classes.channels(settings.output))
    if settings.initialisation == "normal":
        network.apply(_initialise_normal)
    return network


@dataclass(frozen=True)
class NetworkPlan:
    """What a network is built from."""

    settings: AnyNetwork
    classes: Classes
    parts: Sequence[str] = ()
    """Names of the networks that are trained together, if it is not one."""

    def build(self) -> nn.Module:
        """The network with fresh random weights."""
        return build_network(self.settings, self.classes, self.parts)


def _initialise_normal(module: nn.Module) -> None:
    if isinstance(module, CONVOLUTIONS):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def parameter_count(network: nn.Module) -> int:
    """Number of trainable weights."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def convolution_count(network: nn.Module) -> int:
    """Number of convolution layers, transposed ones included."""
    return sum(isinstance(module, CONVOLUTIONS) for module in network.modules())


def size_multiple(network: nn.Module) -> int:
    """What the sides of an input must be a multiple of."""
    return cast(int, networks_in(network)[0].size_multiple)


def pathways_of(network: nn.Module) -> tuple[Pathway, ...]:
    """The scales of an unpadded network, full resolution first."""
    return cast(tuple[Pathway, ...], network.pathways)


def check_size(settings: AnyNetwork, pixels: int, where: object) -> None:
    """Raises `InputError` if an image of this many pixels shrinks to nothing inside the network."""
    halvings = settings.halvings
    if pixels < settings.least_side:
        raise input_error(
            where,
            f"slices of {pixels} pixels are too small for a network that halves them {halvings} times",
            f"Use at least {settings.least_side} pixels (preprocess.network_grid or pixel_spacing_mm), or fewer levels",
        )


def class_probabilities(logits: Tensor) -> Tensor:
    """Probability of every class beside the background, ``(batch, class, …)``, from one channel (sigmoid) or from one
    per class with the background first (softmax)."""
    if logits.shape[1] == 1:
        return torch.sigmoid(logits)
    if logits.shape[1] == 2:
        # The softmax of two channels is the sigmoid of their difference.
        return torch.sigmoid(logits[:, 1:] - logits[:, :1])
    return torch.softmax(logits, dim=1)[:, 1:]


def pick_device() -> torch.device:
    """The GPU when torch sees one, the CPU otherwise."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def on_device(network: nn.Module, device: torch.device) -> nn.Module:
    """The network on its device; a 2D one channels last: the layout that its convolutions are fastest in, on CPU and
    GPU."""
    network = network.to(device)
    if any(weight.ndim == 5 for weight in network.parameters()):
        return network
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


@overload
def images_on_device(images: Tensor, device: torch.device) -> Tensor: ...
@overload
def images_on_device(images: Images, device: torch.device) -> Images: ...
def images_on_device(images: Images, device: torch.device) -> Images:
    """A batch of images on a device, channels last as its network."""
    if isinstance(images, list):
        return [images_on_device(one, device) for one in images]
    layout = torch.channels_last if images.ndim == 4 else torch.preserve_format
    return images.to(device, non_blocking=True, memory_format=layout)
