"""The receptive field of a network: how much of its input an output can depend on, measured by gradients."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from livermets.segmentation.architectures.pathways import Pathway

_CONVOLUTIONS: dict[type[nn.Module], Callable[..., Tensor]] = {
    nn.Conv2d: nn.functional.conv2d,
    nn.Conv3d: nn.functional.conv3d,
    nn.ConvTranspose2d: nn.functional.conv_transpose2d,
    nn.ConvTranspose3d: nn.functional.conv_transpose3d,
}
_MAXIMA: dict[type[nn.Module], type[nn.Module]] = {nn.MaxPool2d: nn.AvgPool2d, nn.MaxPool3d: nn.AvgPool3d}
_POINTWISE = (
    nn.modules.batchnorm._NormBase,
    nn.GroupNorm,
    nn.modules.dropout._DropoutNd,
    nn.ReLU,
    nn.LeakyReLU,
    nn.PReLU,
)
"""What has no extent of its own. (Instance normalisation takes mean and spread from everywhere, which is not counted.)
"""
_LONGEST = 8192


def receptive_field(network: nn.Module) -> tuple[int, int] | None:
    """The smallest and the largest side, in pixels or voxels, of what a single output can depend on, over its positions
    and the axes. (Where a network halves, it depends on the position how many coarse steps an output is made of.) None
    if outputs depend on the whole image, however large.

    The network has ``size_multiple``, or else ``pathways``, which say how far each reaches. It is not changed, and its
    weights do not matter: in a copy with one map everywhere and positive weights, no gradient that can be there is
    0."""
    pathways: Sequence[Pathway] = getattr(network, "pathways", ())
    if pathways:
        side = max(pathway.factor * pathway.side(1) for pathway in pathways)
        return side, side
    modules: Iterator[Any] = network.modules()
    axes = next(len(layer.kernel_size) for layer in modules if type(layer) in _CONVOLUTIONS)
    outline = outlined(network)
    by_axis = [_sides(outline, axes, axis) for axis in range(axes)]
    sides = [side for found in by_axis for side in found]
    return (min(sides), max(sides)) if all(by_axis) else None


def outlined(network: nn.Module) -> nn.Module:
    """A copy of a network in which every layer has one map, positive weights and no point of its own to bend at."""
    shared = {id(value): value for value in (*network.parameters(), *network.buffers())}
    return _outlined(copy.deepcopy(network, shared)).eval()


def _outlined(module: Any) -> nn.Module:
    if type(module) in _CONVOLUTIONS:
        return _Outline(module)
    if type(module) in _MAXIMA:
        return _MAXIMA[type(module)](module.kernel_size, module.stride, module.padding, module.ceil_mode)
    if isinstance(module, _POINTWISE):
        return nn.Identity()
    for name, inner in module.named_children():
        setattr(module, name, _outlined(inner))
    return module


class _Outline(nn.Module):
    """A convolution, transposed or not, of the mean of all maps with equal weights, to one map."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.apply_to, kernel = _CONVOLUTIONS[type(layer)], layer.kernel_size
        self.weight = torch.full((1, 1, *kernel), 1 / torch.Size(kernel).numel())
        names = ["stride", "padding", "dilation", *(["output_padding"] if "Transpose" in type(layer).__name__ else [])]
        self.geometry = {name: getattr(layer, name) for name in names}

    def forward(self, x: Tensor) -> Tensor:
        return self.apply_to(x.mean(dim=1, keepdim=True), self.weight, **self.geometry)


def _sides(outline: Any, axes: int, axis: int) -> list[int]:
    """What outputs depend on along an axis, at as many neighbouring positions as a coarsest step has; nothing if it is
    more than the longest image that is tried."""
    multiple = int(outline.size_multiple)
    # The axes do not depend on each other: the image is as narrow as it can be in the others.
    shape = [multiple] * axes
    length = 8 * multiple
    while length <= _LONGEST:
        shape[axis] = _at_least(length, multiple)
        first, last = _spans(outline, shape, axis, multiple)
        if first.min() > 0 and last.max() < shape[axis] - 1:
            return (last - first + 1).tolist()
        length *= 2
    return []


def _at_least(pixels: int, multiple: int) -> int:
    return -(-pixels // multiple) * multiple


def _spans(outline: nn.Module, shape: list[int], axis: int, positions: int) -> tuple[Tensor, Tensor]:
    """First and last pixel that each of some outputs in the middle of an axis depends on."""
    images = torch.ones(positions, 1, *shape, requires_grad=True)
    out = outline(images).mean(dim=1).movedim(1 + axis, 1).flatten(2).sum(dim=2)
    each = torch.arange(positions)
    (gradient,) = torch.autograd.grad(out[each, out.shape[1] // 2 + each].sum(), images)
    seen = (gradient[:, 0].movedim(1 + axis, 1).flatten(2).sum(dim=2) > 0).long()
    return seen.argmax(dim=1), shape[axis] - 1 - seen.flip(1).argmax(dim=1)
