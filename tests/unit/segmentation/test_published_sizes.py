"""The networks of the presets have the sizes that the papers give."""

from pathlib import Path

import pytest

from livermets.config.load import read_yaml, validate_section
from livermets.config.segmentation import SegmentationSettings
from livermets.segmentation.architectures.build import (
    build_network,
    convolution_count,
    parameter_count,
    pathways_of,
)
from livermets.segmentation.architectures.receptive_field import receptive_field
from livermets.segmentation.classes import Classes

PRESETS = Path(__file__).parents[3] / "presets"


def segmentation(preset: str) -> SegmentationSettings:
    return validate_section(SegmentationSettings, read_yaml(PRESETS / f"{preset}.yaml")["segmentation"])


@pytest.mark.slow
def test_every_plane_of_orthomean_has_nine_million_weights_and_sees_94_pixels():
    settings = segmentation("chlebus-orthomean")
    assert settings.network.halvings == 3  # four resolution levels
    network = build_network(settings.network, Classes.beside_background(["lesion"]))
    assert parameter_count(network) == pytest.approx(9e6, rel=0.02)
    smallest, largest = receptive_field(network)
    assert smallest <= 94 <= largest
    assert settings.sampling.view == "orthogonal"


def test_deepmedic_has_three_pathways_of_ten_layers_and_gives_back_15_voxels():
    liver = segmentation("tang2020-deepmedic").liver
    network = build_network(liver.network, Classes.beside_background(["liver"]))
    pathways = pathways_of(network)
    assert [(pathway.factor, pathway.margin) for pathway in pathways] == [(1, 10), (5, 10), (15, 10)]
    assert convolution_count(network) == 3 * 10 + 2 + 1
    assert [side - 2 * 10 for side in liver.sampling.segment] == [15, 15, 15]


@pytest.mark.slow
@pytest.mark.parametrize("preset, backbone", [("cdnn-alexnet", "AlexNet"), ("cdnn-resnet18", "ResNet-18")])
def test_joint_networks_begin_with_the_published_classifiers(preset, backbone):
    settings = segmentation(preset)
    network = build_network(settings.network, Classes.beside_background(settings.classes))
    assert settings.network.backbone == backbone
    shapes = [tuple(layer.shape) for layer in network.parameters() if layer.ndim == 4]
    # Kernels of the published networks, with one channel in place of three.
    alexnet = [(64, 1, 11, 11), (192, 64, 5, 5), (384, 192, 3, 3), (256, 384, 3, 3), (256, 256, 3, 3)]
    alexnet += [(4096, 256, 6, 6), (4096, 4096, 1, 1)]
    begins = {"AlexNet": alexnet, "ResNet-18": [(64, 1, 7, 7), *[(64, 64, 3, 3)] * 4, (128, 64, 3, 3)]}
    assert shapes[: len(begins[backbone])] == begins[backbone]
