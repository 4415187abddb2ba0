"""Probability maps do not depend on batches, boxes or padding more than they must."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.disc_scans import disc_scan

from livermets.config.architectures import UNetSettings
from livermets.config.sampling import AxialSampling
from livermets.config.segmentation import OutputSettings
from livermets.errors import InputError
from livermets.segmentation.architectures.build import build_network
from livermets.segmentation.classes import Classes
from livermets.segmentation.views.axial import AxialView

NETWORK = UNetSettings(levels=2, base_filters=4)
CPU = torch.device("cpu")
LESIONS = Classes(("background", "lesion"))
WHOLE = OutputSettings(restrict_to_liver=False)


def probabilities(network, output, image, liver, field="liver"):
    """The probability of lesions."""
    view = AxialView(AxialSampling(field=field), NETWORK, LESIONS)
    (found,) = view.probabilities(network, image, liver, output, CPU)
    return found


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return build_network(NETWORK, LESIONS).eval()


@pytest.mark.slow
def test_batches_do_not_change_the_map(network):
    scan = disc_scan("a", 1)
    one, many = (
        probabilities(network, WHOLE.model_copy(update={"batch_size": size}), scan.image, None) for size in (1, 5)
    )
    assert np.allclose(one, many, atol=1e-6)


def test_any_size_is_padded_and_cropped_back(network):
    scan = disc_scan("a", 1, size=33)
    probability = probabilities(network, WHOLE, scan.image, None)
    assert probability.shape == scan.image.shape
    assert (probability > 0).all()


def test_outside_the_liver_the_probability_is_zero(network):
    scan = disc_scan("a", 1, size=64)
    liver = scan.liver.copy()
    liver[0] = 0
    for field in ("image", "liver"):
        probability = probabilities(network, OutputSettings(), scan.image, liver, field)
        assert not probability[liver == 0].any()
        assert (probability[liver > 0] > 0).all()


def test_a_box_as_large_as_the_image_is_the_image(network):
    scan = disc_scan("a", 1, size=32)
    everywhere = np.ones_like(scan.liver)
    box, whole = (
        probabilities(network, OutputSettings(), scan.image, everywhere, field) for field in ("liver", "image")
    )
    assert np.allclose(box, whole, atol=1e-6)


def test_a_scan_without_a_liver_mask_is_refused(network):
    with pytest.raises(InputError, match="no liver mask was given"):
        probabilities(network, OutputSettings(), disc_scan("a", 1).image, None)


def test_an_empty_liver_gives_an_empty_map(network):
    scan = disc_scan("a", 1)
    assert not probabilities(network, OutputSettings(), scan.image, scan.liver * 0).any()
