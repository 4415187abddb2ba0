"""AlexNet as a fully convolutional network, against the published layers written out."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from livermets.config.architectures import FCNAlexNetSettings
from livermets.segmentation.architectures.build import build_network, convolution_count, parameter_count, size_multiple
from livermets.segmentation.architectures.fcn_alexnet import AlexNet, FCNAlexNet, central, interpolating
from livermets.segmentation.classes import Classes

BOTH = Classes(("background", "liver", "lesion"))
FEATURES = 2_469_696
"""Weights and biases of torchvision's ``alexnet().features``."""


def torchvision_alexnet(width: int) -> tuple[nn.Sequential, nn.Sequential]:
    """The layers of torchvision's AlexNet, as its source lists them, without the last one."""
    features = nn.Sequential(
        nn.Conv2d(3, 64, kernel_size=11, stride=4, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nn.Conv2d(64, 192, kernel_size=5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nn.Conv2d(192, 384, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Conv2d(384, 256, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Conv2d(256, 256, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=3, stride=2),
    )
    classifier = nn.Sequential(
        nn.Dropout(), nn.Linear(256 * 6 * 6, width), nn.ReLU(), nn.Dropout(), nn.Linear(width, width), nn.ReLU()
    )
    return features, classifier


def test_maps_are_those_of_the_published_layers():
    torch.manual_seed(1)
    features, classifier = torchvision_alexnet(24)
    ours = AlexNet(3, 24).eval()
    ours.features.load_state_dict(features.state_dict())
    weights = classifier.state_dict()
    ours.classifier.load_state_dict(
        {name: weights[name].reshape(v.shape) for name, v in ours.classifier.state_dict().items()}
    )
    image = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        maps = ours(image)
        x = image
        for number, layer in enumerate(features):
            x = layer(x)
            if number in (2, 5):
                assert torch.equal(maps[{2: 8, 5: 16}[number]], x)
        answers = classifier.eval()(torch.flatten(nn.AdaptiveAvgPool2d((6, 6))(x), 1))
    assert maps[32].shape == (2, 24, 1, 1)
    assert torch.allclose(maps[32][:, :, 0, 0], answers, atol=1e-5)


def test_weights_are_as_many_as_published():
    assert parameter_count(AlexNet(3, 2).features) == FEATURES
    with torch.device("meta"):
        encoder = AlexNet(3, 4096)
    # torchvision's alexnet: 61,100,840, of which the last layer has 4096 · 1000 + 1000
    assert parameter_count(encoder) == 61_100_840 - 4_097_000


def test_weights_of_the_whole_network():
    width, classes = 8, 3
    settings = FCNAlexNetSettings(architecture="fcn-alexnet", fully_connected=width)
    network = build_network(settings, BOTH)
    one_channel = FEATURES - 64 * 2 * 121
    connected = 36 * 256 * width + width + width * width + width
    scores = (width + 192 + 64 + 3) * classes
    rising = classes**2 * (3 * 3 + 3 * 3 + 15 * 15)
    assert parameter_count(network) == one_channel + connected + scores + rising
    assert convolution_count(network) == 5 + 2 + 3 + 3


@pytest.mark.parametrize("finest", [8, 16, 32])
@pytest.mark.parametrize("sides", [(32, 32), (64, 96)])
def test_output_has_the_size_of_the_input(finest, sides):
    settings = FCNAlexNetSettings(
        architecture="fcn-alexnet", fully_connected=4, finest_stride=finest, context_slices=1, initialisation="normal"
    )
    network = build_network(settings, BOTH)
    assert [side % size_multiple(network) for side in sides] == [0, 0]
    logits = network(torch.randn(2, 3, *sides))
    assert logits.shape == (2, 3, *sides)
    assert torch.isfinite(logits).all()


def test_upsampling_begins_as_linear_interpolation():
    layer = interpolating(2, 4)
    ramp = torch.arange(5.0).expand(1, 2, 5, 5)
    found = layer(ramp)
    assert found.shape == (1, 2, 23, 23)
    # Step k lies at 4 k + 3; between the first and the last step the ramp rises evenly, in every row.
    expected = (torch.arange(23.0) - 3) / 4
    assert torch.allclose(found[0, 0, 3:20, 3:20], expected[3:20].expand(17, 17), atol=1e-6)
    assert torch.equal(found[0, 0], found[0, 1])


def test_channels_do_not_mix_at_first():
    maps = torch.zeros(1, 2, 3, 3)
    maps[0, 1] = 1
    assert not interpolating(2, 8)(maps)[0, 0].any()


def test_the_middle_is_cut_out():
    maps = torch.arange(7.0).expand(1, 1, 7, 7)
    assert central(maps, torch.Size([7, 3]))[0, 0, 0].tolist() == [2, 3, 4]


@pytest.mark.parametrize("finest", [8, 16, 32])
def test_scores_of_all_maps_lie_where_their_pixels_do(finest):
    """Each score is replaced by the position of the middle of what it sees; up-sampled, these are the pixels' own."""
    network = FCNAlexNet(1, 1, 2, finest, 0.0).eval()
    middles = {stride: middle_of_steps(network, stride) for stride in (8, 16, 32)}
    scores = {32: network.score, **dict(zip(network.added, network.scores, strict=True))}
    for stride, score in scores.items():
        score.register_forward_hook(lambda _, __, y, s=stride: middles[s].expand(*y.shape) / len(scores))
    # Of the sum of equal parts, each of which must be the position on its own.
    found = network(torch.zeros(1, 1, 96, 96))[0, 0]
    inner = slice(32, 64)
    assert torch.allclose(found[inner, inner], torch.arange(96.0)[inner].expand(32, 32), atol=1e-3)


def middle_of_steps(network: FCNAlexNet, stride: int) -> Tensor:
    """Where the middle of what each step of a map sees lies in an input of 96 pixels, by gradients."""
    from livermets.segmentation.architectures.receptive_field import outlined

    image = torch.ones(1, 1, 96 + 191, 96 + 191, requires_grad=True)
    maps = outlined(network.encoder)(image)[stride][0].mean(dim=0)
    row = maps.shape[0] // 2
    middles = []
    for step in range(maps.shape[1]):
        (gradient,) = torch.autograd.grad(maps[row, step], image, retain_graph=True)
        seen = gradient[0, 0].sum(dim=0).nonzero()
        middles.append((int(seen.min()) + int(seen.max())) / 2 - 95)
    # Steps at the edge see less: the distance of the inner ones is that of all.
    half = len(middles) // 2
    return middles[half] + stride * (torch.arange(len(middles)) - half).float()
