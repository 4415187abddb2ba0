"""The plain 2D U-Net (Ronneberger 2015), with the depth, width and normalisation that the published systems differ in.

MONAI's ``BasicUNet`` has a fixed depth and always normalises, its ``UNet`` strides instead of pooling; the papers that
are reproduced here do neither, so this small module states the architecture as they describe it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

Norm = Literal["none", "batch", "instance"]


def normalisation(norm: Norm, channels: int) -> list[nn.Module]:
    """The layer after a convolution; nothing for ``none``."""
    if norm == "batch":
        return [nn.BatchNorm2d(channels)]
    if norm == "instance":
        return [nn.InstanceNorm2d(channels, affine=True)]
    return []


def double_convolution(inputs: int, outputs: int, norm: Norm) -> nn.Sequential:
    """Two 3×3 convolutions, each with normalisation (if any) and ReLU; padded, so the size stays."""
    layers: list[nn.Module] = []
    for channels in (inputs, outputs):
        # A bias before a normalisation is cancelled by it.
        layers += [nn.Conv2d(channels, outputs, 3, padding=1, bias=norm == "none"), *normalisation(norm, outputs)]
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


class ResidualConvolutions(nn.Module):
    """The two convolutions of a level with a short skip (Drozdzal 2016): their input is added before the last ReLU, as
    ResNet's blocks do (He 2016), through a 1×1 convolution where the number of maps changes."""

    def __init__(self, inputs: int, outputs: int, norm: Norm) -> None:
        super().__init__()
        *layers, self.relu = double_convolution(inputs, outputs, norm)
        self.convolutions = nn.Sequential(*layers)
        projection = [nn.Conv2d(inputs, outputs, 1, bias=norm == "none"), *normalisation(norm, outputs)]
        self.skip = nn.Sequential(*(projection if inputs != outputs else []))

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.convolutions(x) + self.skip(x))


def upsampling(inputs: int, outputs: int, kind: Literal["transpose", "nearest"]) -> nn.Module:
    """Doubles the size and changes the number of channels."""
    if kind == "transpose":
        return nn.ConvTranspose2d(inputs, outputs, 2, stride=2)
    return nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(inputs, outputs, 3, padding=1))


class UNet(nn.Module):
    """Logits per pixel, at the size of the input, which must be a multiple of ``size_multiple``.

    ``dropout`` has a share for every level from the top down, the deepest one included; empty: none."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        levels: int,
        base_filters: int,
        norm: Norm = "batch",
        up: Literal["transpose", "nearest"] = "transpose",
        dropout: Sequence[float] = (),
        short_skips: bool = False,
    ) -> None:
        super().__init__()
        level = ResidualConvolutions if short_skips else double_convolution
        filters = [base_filters * 2**level for level in range(levels + 1)]
        self.size_multiple = 2**levels
        self.encoder = nn.ModuleList(
            level(inputs, outputs, norm)
            for inputs, outputs in zip([in_channels, *filters[:-2]], filters[:-1], strict=True)
        )
        self.pool = nn.MaxPool2d(2)
        self.bottom = level(filters[-2], filters[-1], norm)
        self.dropout = nn.ModuleList(nn.Dropout2d(share) for share in dropout or [0.0] * len(filters))
        rising = list(zip(filters[:0:-1], filters[-2::-1], strict=True))
        self.up = nn.ModuleList(upsampling(inputs, outputs, up) for inputs, outputs in rising)
        self.decoder = nn.ModuleList(level(2 * outputs, outputs, norm) for _, outputs in rising)
        self.head = nn.Conv2d(base_filters, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        *descending, deepest = self.dropout
        skips = []
        for block, dropout in zip(self.encoder, descending, strict=True):
            x = dropout(block(x))
            skips.append(x)
            x = self.pool(x)
        x = deepest(self.bottom(x))
        rising = zip(self.up, self.decoder, reversed(skips), reversed(descending), strict=True)
        for up, block, skip, dropout in rising:
            x = dropout(block(torch.cat([skip, up(x)], dim=1)))
        return self.head(x)
