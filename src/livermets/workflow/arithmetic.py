"""The multiply-accumulates of a network, from its settings alone: what the time of a training grows with.

Those of its convolutions, transposed ones included, for one image forward; normalisation, pooling, interpolation and
biases are left out. The tests hold every architecture against torch's own count of the built network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import prod
from typing import Any

from livermets.config.architectures import (
    AnyNetwork,
    DeepMedicSettings,
    FCNAlexNetSettings,
    FCNResNet18Settings,
    ResNet18UNetSettings,
    SliceNetwork,
    UNet3DSettings,
    UNetSettings,
)

Shape = Sequence[int]
_STAGES = (64, 128, 256, 512)
"""Maps of the stages of ResNet-18; the first begins at a quarter of the sides."""
_DECODER, _SKIPS = (256, 128, 64, 32, 16), (256, 128, 64, 64, 0)
"""Maps of the decoder of ``resnet18-unet``, and of the encoder's that are joined on the way up."""


def multiply_accumulates(network: AnyNetwork, shape: Shape, outputs: int) -> int:
    """How many there are for one image of a shape (``yx``, or ``zyx`` for a 3D network, without the channels) and so
    many output channels. A shape that does not fit the network's halvings is taken larger, as images are padded."""
    count = next(_COUNTS[kind] for kind in type(network).__mro__ if kind in _COUNTS)
    multiple = 2**network.halvings
    return count(network, [-(-side // multiple) * multiple for side in shape], outputs)


def _at(shape: Shape, factor: int) -> int:
    """Positions of maps whose sides are the shape's divided by a factor."""
    return prod(side // factor for side in shape)


def _inputs(settings: SliceNetwork) -> int:
    return 2 * settings.context_slices + 1


def _unet(settings: UNetSettings, shape: Shape, outputs: int) -> int:
    filters = [settings.base_filters * 2**level for level in range(settings.levels + 1)]

    def level(inputs: int, maps: int) -> int:
        skip = inputs * maps if settings.short_skips and inputs != maps else 0
        return 9 * maps * (inputs + maps) + skip

    up = 1 if settings.upsampling == "transpose" else 9  # taps per position of the finer maps
    total = outputs * filters[0] * _at(shape, 1)
    for depth, (inputs, maps) in enumerate(zip([_inputs(settings), *filters[:-1]], filters, strict=True)):
        total += level(inputs, maps) * _at(shape, 2**depth)
    for depth, (maps, deeper) in enumerate(pairwise(filters)):
        total += (level(2 * maps, maps) + up * deeper * maps) * _at(shape, 2**depth)
    return total


def _resnet18(inputs: int, shape: Shape) -> int:
    """ResNet-18 without its last layer."""
    total = 49 * inputs * 64 * _at(shape, 2)
    for number, (before, maps) in enumerate(pairwise((64, *_STAGES))):
        halved = before * maps if number else 0  # the 1×1 convolution beside a stride
        total += (9 * maps * (before + 3 * maps) + halved) * _at(shape, 4 * 2**number)
    return total


def _resnet18_unet(settings: ResNet18UNetSettings, shape: Shape, outputs: int) -> int:
    total = _resnet18(_inputs(settings), shape) + 9 * _DECODER[-1] * outputs * _at(shape, 1)
    widths = zip((512, *_DECODER), _SKIPS, _DECODER, strict=False)
    for number, (inputs, skip, maps) in enumerate(widths):
        total += 9 * maps * (inputs + skip + maps) * _at(shape, 16 // 2**number)
    return total


def _fcn_resnet18(settings: FCNResNet18Settings, shape: Shape, outputs: int) -> int:
    total = _resnet18(_inputs(settings), shape) + 49 * 64 * outputs * _at(shape, 2)
    for number, (maps, after) in enumerate(pairwise((*_STAGES[::-1], 64))):
        # A transposed convolution multiplies at the positions that it is given, the coarser ones.
        total += 9 * maps * (3 * maps + after) * _at(shape, 32 // 2**number)
    return total


def _fcn_alexnet(settings: FCNAlexNetSettings, shape: Shape, outputs: int) -> int:
    padded, width = [side + 191 for side in shape], settings.fully_connected
    first = [(side + 4 - 11) // 4 + 1 for side in padded]
    at_8 = [(side - 3) // 2 + 1 for side in first]
    at_16 = [(side - 3) // 2 + 1 for side in at_8]
    at_32 = [(side - 3) // 2 + 1 for side in at_16]
    total = 121 * _inputs(settings) * 64 * prod(first) + 25 * 64 * 192 * prod(at_8)
    total += 9 * (192 * 384 + 384 * 256 + 256 * 256) * prod(at_16)
    steps = [side - 5 for side in at_32]
    total += (36 * 256 * width + width * width + width * outputs) * prod(steps)
    for stride, maps, sides in ((16, 192, at_16), (8, 64, at_8)):
        if stride >= settings.finest_stride:
            total += outputs * outputs * 9 * prod(steps) + maps * outputs * prod(sides)
            steps = [2 * side + 1 for side in steps]
    return total + outputs * outputs * (2 * settings.finest_stride - 1) ** 2 * prod(steps)


def _unet3d(settings: UNet3DSettings, shape: Shape, outputs: int) -> int:
    filters = [settings.base_filters * 2**level for level in range(settings.levels + 1)]
    *strided, deepest = zip([1, *filters], filters, strict=False)
    total = 27 * prod(deepest) * _at(shape, 2**settings.levels)
    for depth, (inputs, maps) in enumerate(strided, start=1):
        below = filters[depth] if depth == settings.levels else maps  # what comes up to be joined with these maps
        after = outputs if depth == 1 else inputs
        total += 27 * (inputs * maps + (maps + below) * after) * _at(shape, 2**depth)
    return total


def _deepmedic(settings: DeepMedicSettings, shape: Shape, outputs: int) -> int:
    margin = len(settings.filters[0])
    given_back = [side - 2 * margin for side in shape]
    total = 0
    for factor, filters in zip(settings.downsampling, settings.filters, strict=True):
        sides = [-(-side // factor) + 2 * len(filters) for side in given_back]
        for inputs, maps in pairwise((1, *filters)):
            sides = [side - 2 for side in sides]
            total += 27 * inputs * maps * prod(sides)
    widths = (sum(filters[-1] for filters in settings.filters), *settings.combining_filters, outputs)
    return total + sum(inputs * maps for inputs, maps in pairwise(widths)) * prod(given_back)


_COUNTS: dict[type[AnyNetwork], Callable[[Any, Shape, int], int]] = {
    UNetSettings: _unet,
    ResNet18UNetSettings: _resnet18_unet,
    FCNResNet18Settings: _fcn_resnet18,
    FCNAlexNetSettings: _fcn_alexnet,
    UNet3DSettings: _unet3d,
    DeepMedicSettings: _deepmedic,
}
"""How those of each kind of settings are counted; a further architecture is a further line."""
