"""DeepMedic: its weights counted layer by layer, what it sees by gradients, and residual connections by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from livermets.config.architectures import DeepMedicSettings
from livermets.segmentation.architectures.build import build_network, convolution_count, parameter_count, pathways_of
from livermets.segmentation.architectures.deepmedic import PathwayLayers
from livermets.segmentation.classes import Classes

LESIONS = Classes(("background", "lesion"))


def small(**keys) -> DeepMedicSettings:
    """Eight layers in every pathway, but few filters."""
    row = (2, 2, 3, 3, 4, 4, 3, 3)
    base = {"downsampling": (1, 3, 5), "filters": (row, row, row), "combining_filters": (6, 5), "dropout": 0.0}
    return DeepMedicSettings(architecture="deepmedic", **base | keys)


def images_for(network, output, random=None):
    """Random images of the sizes that give back ``output`` voxels along every axis."""
    random = random or torch.Generator().manual_seed(0)
    return [torch.randn(1, 1, *(pathway.side(output),) * 3, generator=random) for pathway in pathways_of(network)]


def test_it_has_the_weights_of_its_layers():
    settings = DeepMedicSettings(architecture="deepmedic")
    kernels = sum(27 * a * b for row in settings.filters for a, b in pairwise((1, *row)))
    combined = [sum(row[-1] for row in settings.filters), 150, 150]
    ones = sum(a * b for a, b in pairwise((*combined, 2))) + 2
    # Two weights of the normalisation and a slope of PReLU for every channel that a layer is given but the image's.
    each = 3 * (sum(sum(row[:-1]) for row in settings.filters) + sum(combined))
    network = build_network(settings, LESIONS)
    assert parameter_count(network) == kernels + ones + each
    assert convolution_count(network) == 3 * 8 + 3


def test_the_two_pathways_of_the_paper_have_11_layers():
    row = (30, 30, 40, 40, 40, 40, 50, 50)
    network = build_network(small(downsampling=(1, 3), filters=(row, row)), LESIONS)
    assert convolution_count(network) == 2 * 8 + 3
    assert [pathway.side(9) for pathway in pathways_of(network)] == [25, 19]
    assert network(images_for(network, 9)).shape == (1, 2, 9, 9, 9)


@pytest.mark.parametrize("output", [1, 4, 9, 15])
def test_it_gives_back_what_the_margins_leave(output):
    network = build_network(small(), LESIONS).eval()
    assert network(images_for(network, output)).shape == (1, 2, *(output,) * 3)


def test_every_pathway_sees_17_of_its_voxels():
    network = build_network(small(initialisation="normal"), LESIONS).eval()
    images = [image.requires_grad_() for image in images_for(network, 15)]
    network(images)[0, 1, 7, 7, 7].backward()
    for image in images:
        for axis in range(3):
            seen = (image.grad[0, 0] != 0).any(dim=[other for other in range(3) if other != axis]).nonzero().ravel()
            assert seen[-1] - seen[0] + 1 == 17
            assert seen[-1] + seen[0] == image.shape[2 + axis] - 1


def test_a_larger_input_gives_the_same_voxels():
    network = build_network(small(), LESIONS).eval()
    large = images_for(network, 45)
    whole = network(large)
    for start in (0, 15, 30):
        part = [
            image[(slice(None), slice(None), *(slice(start // p.factor, start // p.factor + p.side(15)),) * 3)]
            for image, p in zip(large, pathways_of(network), strict=True)
        ]
        inside = (slice(None), slice(None), *(slice(start, start + 15),) * 3)
        assert torch.allclose(network(part), whole[inside], atol=1e-6)


def test_every_second_layer_from_the_fourth_on_adds_what_the_one_before_it_was_given():
    plain, residual = (PathwayLayers((2, 2, 3, 3, 5, 2), "none", kind) for kind in (False, True))
    residual.load_state_dict(plain.state_dict())
    x = torch.randn(1, 1, 17, 17, 17)
    given = [x]
    for number, layer in enumerate(plain.layers, start=1):
        found = layer(given[-1])
        if number == 4:  # from 2 to 3 channels: the third one gets nothing
            found[:, :2] += given[2][:, :, 2:-2, 2:-2, 2:-2]
        if number == 6:  # from 3 to 2 channels: the third one is left out
            found += given[4][:, :2, 2:-2, 2:-2, 2:-2]
        given.append(found)
    assert torch.allclose(residual(x), given[-1], atol=1e-6)
    assert not torch.allclose(plain(x), given[-1], atol=1e-3)


def test_dropout_stands_before_all_layers_that_combine_but_the_first():
    network = build_network(small(dropout=0.5), LESIONS)
    kinds = [any(isinstance(step, torch.nn.Dropout) for step in layer) for layer in network.combining]
    assert kinds == [False, True, True]
