"""A 3D U-Net: MONAI's, whose levels halve by strides (Kerfoot 2019)."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn


class UNet3D(nn.Module):
    """Logits per voxel, at the size of the input, whose sides must be multiples of ``size_multiple``."""

    def __init__(
        self, out_channels: int, levels: int, base_filters: int, norm: Literal["batch", "instance"], dropout: float
    ) -> None:
        from monai.networks.nets import UNet

        super().__init__()
        self.size_multiple = 2**levels
        self.network = UNet(
            spatial_dims=3,
            in_channels=1,
            out_channels=out_channels,
            channels=[base_filters * 2**level for level in range(levels + 1)],
            strides=[2] * levels,
            norm=norm,
            dropout=dropout,
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x)
