"""Multiply-accumulates by settings, against torch's own count of the network that is built from them."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from livermets.config.architectures import (
    DeepMedicSettings,
    FCNAlexNetSettings,
    FCNResNet18Settings,
    LiverUNetSettings,
    NetworkSettings,
    ResNet18UNetSettings,
    UNet3DSettings,
    UNetSettings,
)
from livermets.segmentation.architectures.build import build_network, pathways_of
from livermets.segmentation.classes import Classes
from livermets.workflow.arithmetic import multiply_accumulates

ONE, BOTH = Classes(("background", "lesion")), Classes(("background", "liver", "lesion"))
CASES: list[tuple[Any, tuple[int, ...], Classes]] = [
    (UNetSettings(), (64, 96), ONE),
    (LiverUNetSettings(), (64, 64), ONE),
    (UNetSettings(levels=3, base_filters=6, context_slices=1, upsampling="nearest"), (32, 48), ONE),
    (UNetSettings(levels=2, base_filters=5, short_skips=True, output="sigmoid"), (32, 32), ONE),
    (ResNet18UNetSettings(architecture="resnet18-unet", context_slices=1), (64, 96), ONE),
    (FCNResNet18Settings(architecture="fcn-resnet18"), (64, 96), BOTH),
    (FCNAlexNetSettings(architecture="fcn-alexnet", fully_connected=96), (64, 96), BOTH),
    (FCNAlexNetSettings(architecture="fcn-alexnet", fully_connected=32, finest_stride=16), (64, 64), ONE),
    (FCNAlexNetSettings(architecture="fcn-alexnet", fully_connected=32, finest_stride=32), (32, 64), ONE),
    (UNet3DSettings(architecture="unet3d"), (16, 32, 24), ONE),
    (UNet3DSettings(architecture="unet3d", levels=1, base_filters=4), (8, 4, 6), BOTH),
    (DeepMedicSettings(architecture="deepmedic"), (31, 31, 37), ONE),
    (DeepMedicSettings(architecture="deepmedic", downsampling=(1, 3), filters=((4, 5), (6, 7, 8)),
                       combining_filters=(9,)), (9, 10, 11), BOTH),
]  # fmt: skip


def counted(settings: Any, shape: tuple[int, ...], classes: Classes) -> int:
    """By torch: floating-point operations of one image forward, two to a multiply-accumulate; nothing is computed."""
    with torch.device("meta"):
        network = build_network(settings, classes).eval()
        images: Any = torch.empty(1, 2 * getattr(settings, "context_slices", 0) + 1, *shape)
        if settings.unpadded:
            pathways = pathways_of(network)
            output = [side - 2 * pathways[0].margin for side in shape]
            images = [torch.empty(1, 1, *(pathway.side(side) for side in output)) for pathway in pathways]
    with FlopCounterMode(display=False) as counter:
        network(images)
    return counter.get_total_flops() // 2


@pytest.mark.parametrize("settings, shape, classes", CASES, ids=[case[0].architecture for case in CASES])
def test_the_count_is_torchs_own(settings, shape, classes):
    outputs = classes.channels(settings.output)
    assert multiply_accumulates(settings, shape, outputs) == counted(settings, shape, classes)


def test_every_architecture_is_counted():
    kinds = {get_args(kind)[0] for kind in get_args(get_args(NetworkSettings)[0])}
    assert kinds == {type(settings) for settings, *_ in CASES} - {LiverUNetSettings}


def test_an_image_that_does_not_fit_is_taken_as_it_is_padded():
    network = UNetSettings()
    assert multiply_accumulates(network, (50, 64), 2) == multiply_accumulates(network, (64, 64), 2)
