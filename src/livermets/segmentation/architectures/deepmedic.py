"""DeepMedic (Kamnitsas 2017): pathways of 3×3×3 convolutions that see one place at several scales, and 1×1×1
convolutions that combine them. Nothing is padded, so that a voxel's result does not depend on the tile it is in.

Normalisation and activation stand before a convolution, as in the authors' program (He 2016, identity mappings)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from livermets.segmentation.architectures.pathways import Pathway


def layer(
    inputs: int, outputs: int, side: int, norm: Literal["none", "batch"], dropout: float = 0.0, last: bool = False
) -> nn.Sequential:
    """Normalisation (if any), PReLU, dropout (if any), and a convolution."""
    steps: list[nn.Module] = [nn.BatchNorm3d(inputs)] if norm == "batch" else []
    steps.append(nn.PReLU(inputs))
    if dropout > 0:
        steps.append(nn.Dropout(dropout))
    # A bias before a normalisation is cancelled by it; after the last layer none follows.
    return nn.Sequential(*steps, nn.Conv3d(inputs, outputs, side, bias=last or norm == "none"))


class PathwayLayers(nn.Module):
    """Unpadded 3×3×3 convolutions. With ``residual``, every second one from the fourth on adds what the layer before it
    was given."""

    def __init__(self, filters: Sequence[int], norm: Literal["none", "batch"], residual: bool) -> None:
        super().__init__()
        first = nn.Sequential(nn.Conv3d(1, filters[0], 3, bias=norm == "none"))
        deeper = (layer(*widths, 3, norm) for widths in pairwise(filters))
        self.layers = nn.ModuleList([first, *deeper])
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        before = x
        for number, one in enumerate(self.layers, start=1):
            found = one(x)
            if self.residual and number >= 4 and number % 2 == 0:
                found = found + _same_size(before, found)
            before, x = x, found
        return x


class DeepMedic(nn.Module):
    """Logits per voxel from one image for each of its ``pathways``; by its margins smaller than the first of them."""

    size_multiple = 1

    def __init__(
        self,
        out_channels: int,
        downsampling: Sequence[int],
        filters: Sequence[Sequence[int]],
        combining_filters: Sequence[int],
        norm: Literal["none", "batch"],
        residual: bool,
        dropout: float,
    ) -> None:
        super().__init__()
        self.pathways = tuple(
            Pathway(factor, len(widths)) for factor, widths in zip(downsampling, filters, strict=True)
        )
        self.scales = nn.ModuleList(PathwayLayers(widths, norm, residual) for widths in filters)
        widths = [sum(scale[-1] for scale in filters), *combining_filters]
        self.combining = nn.Sequential(
            *(
                layer(inputs, outputs, 1, norm, dropout if number else 0.0)
                for number, (inputs, outputs) in enumerate(pairwise(widths))
            ),
            layer(widths[-1], out_channels, 1, norm, dropout, last=True),
        )

    def forward(self, images: Sequence[Tensor]) -> Tensor:
        full, *coarse = (scale(image) for scale, image in zip(self.scales, images, strict=True))
        sizes = full.shape[2:]
        finer = [
            _at_full_resolution(found, pathway, sizes) for found, pathway in zip(coarse, self.pathways[1:], strict=True)
        ]
        return self.combining(torch.cat([full, *finer], dim=1))


def _same_size(x: Tensor, other: Tensor) -> Tensor:
    """The middle of a tensor, with as many channels as another: what lacks is 0, what is left over is left out."""
    for axis in range(2, x.ndim):
        lost = x.shape[axis] - other.shape[axis]
        x = x.narrow(axis, lost // 2, other.shape[axis])
    lacking = other.shape[1] - x.shape[1]
    return functional.pad(x, (0, 0) * (x.ndim - 2) + (0, lacking)) if lacking > 0 else x[:, : other.shape[1]]


def _at_full_resolution(x: Tensor, pathway: Pathway, sizes: Sequence[int]) -> Tensor:
    """Every voxel repeated along every axis, cut to the output. The gradient of an expansion is a sum, which is
    repeatable on a GPU; that of torch's up-sampling is not."""
    factor, (z, y, x_side) = pathway.factor, x.shape[2:]
    blocks = x[:, :, :, None, :, None, :, None].expand(-1, -1, z, factor, y, factor, x_side, factor)
    x = blocks.reshape(*x.shape[:2], z * factor, y * factor, x_side * factor)
    for axis, side in enumerate(sizes, start=2):
        x = x.narrow(axis, pathway.excess(side), side)
    return x
