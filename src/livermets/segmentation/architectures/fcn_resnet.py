"""ResNet-18 (He 2016) as encoder, and a decoder of as many layers by deconvolution (Noh 2015).

The text that it follows (Elmenabawy) says no more of the decoder than that. Our choice is the mirror of the encoder:
each of its 17 convolutions has a transposed one of the same kernel with its numbers of maps exchanged, in reverse
order, and what halves a side there (four strides and the maximum pooling) doubles it here. Neither short skips in the
decoder nor long ones from the encoder: what the decoder knows, it knows from the deepest maps."""

from __future__ import annotations

from torch import Tensor, nn

from livermets.segmentation.architectures.resnet_unet import ResNet18Encoder

STAGES = ((512, 256), (256, 128), (128, 64), (64, 64))
"""Maps before and after the stages that mirror ``layer4`` to ``layer1`` (with the pooling before that)."""
LAYERS_PER_STAGE = 4


class FCNResNet18(nn.Module):
    """Logits per pixel, at the size of the input, which must be a multiple of ``size_multiple``."""

    size_multiple = 32

    def __init__(self, in_channels: int, out_channels: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.encoder = ResNet18Encoder(in_channels)
        self.dropout = nn.Dropout2d(dropout)
        self.decoder = nn.Sequential(*(mirrored_stage(*widths) for widths in STAGES))
        self.head = nn.ConvTranspose2d(STAGES[-1][1], out_channels, 7, stride=2, padding=3, output_padding=1)

    def forward(self, x: Tensor) -> Tensor:
        deepest = self.encoder(x)[-1]
        return self.head(self.decoder(self.dropout(deepest)))


def mirrored_stage(inputs: int, outputs: int) -> nn.Sequential:
    """Four 3×3 transposed convolutions, each with batch normalisation and ReLU; the last one doubles the sides."""
    layers: list[nn.Module] = []
    for _ in range(LAYERS_PER_STAGE - 1):
        layers += [nn.ConvTranspose2d(inputs, inputs, 3, padding=1, bias=False), nn.BatchNorm2d(inputs)]
        layers.append(nn.ReLU(inplace=True))
    layers += [
        nn.ConvTranspose2d(inputs, outputs, 3, stride=2, padding=1, output_padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    ]
    return nn.Sequential(*layers)
