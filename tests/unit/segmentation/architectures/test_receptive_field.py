"""Receptive fields against closed forms."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from livermets.config.architectures import DeepMedicSettings, FCNAlexNetSettings, UNet3DSettings, UNetSettings
from livermets.segmentation.architectures.build import build_network
from livermets.segmentation.architectures.receptive_field import receptive_field
from livermets.segmentation.classes import Classes

LESIONS = Classes(("background", "lesion"))


class Layers(nn.Sequential):
    """Layers one after the other, at one size."""

    size_multiple = 1


def same(kernel: int, dilation: int = 1) -> nn.Conv2d:
    return nn.Conv2d(3, 3, kernel, padding=dilation * (kernel - 1) // 2, dilation=dilation)


@pytest.mark.parametrize(
    "layers, side",
    [
        ([same(1)], 1),
        ([same(3)], 3),
        ([same(3), nn.BatchNorm2d(3), nn.ReLU(), same(3)], 5),
        ([same(3, dilation=4), same(5)], 13),
        ([same(7), nn.MaxPool2d(3, stride=1, padding=1), nn.InstanceNorm2d(3), nn.Dropout2d(0.5)], 9),
        ([nn.ConvTranspose2d(3, 3, 5, padding=2)], 5),
    ],
)
def test_layers_of_one_size_add_their_kernels(layers, side):
    assert receptive_field(Layers(*layers)) == (side, side)


def test_of_several_scales_the_farthest_counts():
    settings = DeepMedicSettings(
        architecture="deepmedic", downsampling=(1, 3), filters=((2, 2, 2), (2, 2)), combining_filters=(2,)
    )
    # Two layers of 3 × 3 × 3 see 5 voxels, each of which stands for 3; three of full resolution see 7.
    assert receptive_field(build_network(settings, LESIONS)) == (15, 15)


def test_sides_of_an_oblong_kernel_are_both_told():
    assert receptive_field(Layers(nn.Conv2d(1, 1, (3, 7), padding=(1, 3)))) == (3, 7)


def unet_field(levels: int, pixel: int) -> int:
    """What a pixel of a U-Net's output depends on: two 3×3 convolutions a level, and two pixels for each step below."""
    first = last = pixel
    for _ in range(levels):
        first, last = (first - 2) // 2, (last + 2) // 2
    first, last = first - 2, last + 2
    for _ in range(levels):
        first, last = 2 * first - 2, 2 * last + 1 + 2
    return last - first + 1


@pytest.mark.parametrize("levels, digits", [(1, (18, 18)), (3, (92, 100))])
@pytest.mark.parametrize("short_skips", [False, True])
def test_unet_has_the_field_of_its_levels(levels, digits, short_skips):
    network = build_network(UNetSettings(levels=levels, base_filters=2, short_skips=short_skips), LESIONS)
    sides = [unet_field(levels, pixel) for pixel in range(2**levels)]
    assert receptive_field(network) == (min(sides), max(sides)) == digits


def test_alexnet_has_the_published_field_and_what_interpolation_adds():
    # 195 pixels after the last pooling (Araujo 2019, "Computing receptive fields", for AlexNet v2), five steps of 32
    # more by the 6×6 convolution, and one more where a pixel lies between two steps.
    settings = FCNAlexNetSettings(architecture="fcn-alexnet", fully_connected=2)
    assert receptive_field(build_network(settings, LESIONS)) == (195 + 5 * 32, 195 + 6 * 32)


def test_strided_3d_network():
    network = build_network(UNet3DSettings(architecture="unet3d", levels=2, base_filters=2), LESIONS)
    assert receptive_field(network) == brute_force(network, 64)


def brute_force(network: nn.Module, length: int) -> tuple[int, int]:
    """The field found by changing one voxel at a time, in a network that has random weights and no bends."""
    sides = []
    network = network.eval().double()
    for module in network.modules():
        if hasattr(module, "A"):
            module.A, module.N = nn.Identity(), nn.Identity()
    image = torch.zeros(1, 1, 8, 8, length, dtype=torch.float64, requires_grad=True)
    out: Tensor = network(image)[0, 0, 4, 4]
    for position in range(length // 2, length // 2 + 4):
        (gradient,) = torch.autograd.grad(out[position], image, retain_graph=True)
        seen = gradient.abs().amax(dim=(0, 1, 2, 3)).nonzero()
        sides.append(int(seen.max() - seen.min()) + 1)
    return min(sides), max(sides)


def test_the_network_stays_as_it_is():
    network = build_network(UNetSettings(levels=2, base_filters=2, dropout=0.5), LESIONS)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    receptive_field(network)
    after = network.state_dict()
    assert network.training
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert sum(isinstance(module, nn.MaxPool2d) for module in network.modules()) == 1


def test_a_network_that_sees_everything_has_no_field():
    class Whole(nn.Module):
        size_multiple = 1

        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Conv2d(1, 1, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.layer(x) + x.mean(dim=(2, 3), keepdim=True)

    assert receptive_field(Whole()) is None
