"""AlexNet (Krizhevsky 2012, with the widths of torchvision's) as a fully convolutional network (Long 2015).

Its five convolutions and its first two fully connected layers stay, the latter as convolutions of 6×6 and 1×1; the last
one is replaced by a 1×1 convolution that scores the classes. As FCN does, the input is padded with zeros once, so far
that there is a score for every pixel, and what is beyond the input is cut off again.

Where the text that it follows (Elmenabawy) says only that transposed convolutions up-sample "8 times in size", this is
FCN-8s: scores at 1/32 are doubled, scores of the pooled maps at 1/16 are added, the same at 1/8, and the sum is
up-sampled eightfold. Our choices: scores of the earlier maps begin at 0 and transposed convolutions as linear
interpolation, both learnt (FCN: the same, and its last up-sampling fixed); all is trained at once (FCN: in three
stages); kernels have an odd side of twice the factor less one (FCN: an even one of twice the factor), for AlexNet's
maps lie on whole steps of each other only so."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

MAPS = {8: 64, 16: 192}
"""Maps that earlier scores are taken from, by pixels per step: the first two maximum poolings."""
PADDING = (95, 96)
"""Zeros before and after each axis. n + 191 pixels give exactly n / 32 steps at the end of AlexNet, and transposed
convolutions of these make n + 31 pixels."""
BEYOND = 15
"""How many of those lie before the input's first pixel."""


class AlexNet(nn.Module):
    """AlexNet without its last layer, for images of any size: its maps at 8 and 16 pixels per step, and the answers of
    its second fully connected layer at 32. The names of its parameters are torchvision's."""

    def __init__(self, in_channels: int, fully_connected: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 64, 11, stride=4, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(64, 192, 5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(192, 384, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
        )
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Conv2d(256, fully_connected, 6),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Conv2d(fully_connected, fully_connected, 1),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Tensor) -> dict[int, Tensor]:
        at_8 = self.features[:3](x)
        at_16 = self.features[3:6](at_8)
        return {8: at_8, 16: at_16, 32: self.classifier(self.features[6:](at_16))}


class FCNAlexNet(nn.Module):
    """Logits per pixel, at the size of the input, which must be a multiple of ``size_multiple``."""

    size_multiple = 32

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        fully_connected: int = 4096,
        finest_stride: Literal[8, 16, 32] = 8,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.encoder = AlexNet(in_channels, fully_connected, dropout)
        self.score = nn.Conv2d(fully_connected, out_channels, 1)
        self.added = [stride for stride in (16, 8) if stride >= finest_stride]
        self.scores = nn.ModuleList(_zero(nn.Conv2d(MAPS[stride], out_channels, 1)) for stride in self.added)
        self.doubled = nn.ModuleList(interpolating(out_channels, 2) for _ in self.added)
        self.up = interpolating(out_channels, finest_stride)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        maps = self.encoder(functional.pad(x, 2 * PADDING))
        found = self.score(maps[32])
        for stride, score, double in zip(self.added, self.scores, self.doubled, strict=True):
            found = double(found)
            found = found + central(score(maps[stride]), found.shape[2:])
        return self.up(found)[:, :, BEYOND : BEYOND + height, BEYOND : BEYOND + width]


def interpolating(channels: int, factor: int) -> nn.ConvTranspose2d:
    """A transposed convolution that begins as linear interpolation of every channel: n steps become
    ``factor`` · (n + 1) − 1."""
    layer = nn.ConvTranspose2d(channels, channels, 2 * factor - 1, stride=factor, bias=False)
    rising = torch.arange(1, factor + 1) / factor
    tent = torch.cat([rising, rising[:-1].flip(0)])
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[range(channels), range(channels)] = tent[:, None] * tent
    return layer


def central(maps: Tensor, size: torch.Size) -> Tensor:
    """The middle of maps (batch, channel, y, x) in a size (y, x): pooling without padding loses as much all around."""
    top, left = ((have - wanted) // 2 for have, wanted in zip(maps.shape[2:], size, strict=True))
    return maps[:, :, top : top + size[0], left : left + size[1]]


def _zero(layer: nn.Conv2d) -> nn.Conv2d:
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
