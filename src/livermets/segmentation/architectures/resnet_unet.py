"""A U-Net whose encoder is ResNet-18 (He 2016), so that ImageNet weights can be transferred.

The encoder's parameters carry torchvision's key names; the decoder has the widths of the widely used
``segmentation_models`` U-Net (256, 128, 64, 32, 16), so the parameter count can be compared with theirs."""

from __future__ import annotations

import torch
from torch import Tensor, nn

DECODER_FILTERS = (256, 128, 64, 32, 16)
SKIP_FILTERS = (256, 128, 64, 64, 0)


class BasicBlock(nn.Module):
    """Two 3×3 convolutions with a residual connection."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module | None = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        residual = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(x)) + residual)


class ResNet18Encoder(nn.Module):
    """ResNet-18 without its classifier: feature maps at 1/2, 1/4, 1/8, 1/16 and 1/32 of the input's size."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = nn.Sequential(BasicBlock(64, 64, 1), BasicBlock(64, 64, 1))
        self.layer2 = nn.Sequential(BasicBlock(64, 128, 2), BasicBlock(128, 128, 1))
        self.layer3 = nn.Sequential(BasicBlock(128, 256, 2), BasicBlock(256, 256, 1))
        self.layer4 = nn.Sequential(BasicBlock(256, 512, 2), BasicBlock(512, 512, 1))

    def forward(self, x: Tensor) -> list[Tensor]:
        features = [self.relu(self.bn1(self.conv1(x)))]
        x = self.maxpool(features[0])
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
            features.append(x)
        return features


class DecoderBlock(nn.Module):
    """Nearest-neighbour upsampling, concatenation with the encoder's features, two 3×3 convolutions."""

    def __init__(self, inputs: int, skip: int, outputs: int) -> None:
        super().__init__()
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.convolutions = nn.Sequential(
            nn.Conv2d(inputs + skip, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Tensor, skip: Tensor | None) -> Tensor:
        x = self.up(x)
        return self.convolutions(x if skip is None else torch.cat([x, skip], dim=1))


class ResNet18UNet(nn.Module):
    """Logits per pixel, at the size of the input, which must be a multiple of ``size_multiple``."""

    size_multiple = 32

    def __init__(self, in_channels: int, out_channels: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.encoder = ResNet18Encoder(in_channels)
        self.dropout = nn.Dropout2d(dropout)
        inputs = (512, *DECODER_FILTERS[:-1])
        self.decoder = nn.ModuleList(
            DecoderBlock(*widths) for widths in zip(inputs, SKIP_FILTERS, DECODER_FILTERS, strict=True)
        )
        self.head = nn.Conv2d(DECODER_FILTERS[-1], out_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        *skips, x = self.encoder(x)
        x = self.dropout(x)
        for block, skip in zip(self.decoder, [*reversed(skips), None], strict=True):
            x = block(x, skip)
        return self.head(x)
