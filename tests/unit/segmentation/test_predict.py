"""Probability maps do not depend on batches, boxes or padding more than they must."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.disc_scans import disc_scan

from livermets.config.segmentation import NetworkSettings, OutputSettings
from livermets.errors import InputError
from livermets.segmentation.architectures.build import build_network
from livermets.segmentation.predict import forward_probability, predict_probability

NETWORK = NetworkSettings(levels=2, base_filters=4)
CPU = torch.device("cpu")
WHOLE = OutputSettings(restrict_to_liver=False, field="image")


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return build_network(NETWORK).eval()


@pytest.mark.slow
def test_batches_do_not_change_the_map(network):
    scan = disc_scan("a", 1)
    one, many = (
        predict_probability(network, NETWORK, WHOLE.model_copy(update={"batch_size": size}), scan.image, None, CPU)
        for size in (1, 5)
    )
    assert np.allclose(one, many, atol=1e-6)


def test_any_size_is_padded_and_cropped_back(network):
    scan = disc_scan("a", 1, size=33)
    probability = predict_probability(network, NETWORK, WHOLE, scan.image, None, CPU)
    assert probability.shape == scan.image.shape
    assert (probability > 0).all()


def test_outside_the_liver_the_probability_is_zero(network):
    scan = disc_scan("a", 1, size=64)
    liver = scan.liver.copy()
    liver[0] = 0
    for field in ("image", "liver"):
        probability = predict_probability(network, NETWORK, OutputSettings(field=field), scan.image, liver, CPU)
        assert not probability[liver == 0].any()
        assert (probability[liver > 0] > 0).all()


def test_a_box_as_large_as_the_image_is_the_image(network):
    scan = disc_scan("a", 1, size=32)
    everywhere = np.ones_like(scan.liver)
    box, whole = (
        predict_probability(network, NETWORK, OutputSettings(field=field), scan.image, everywhere, CPU)
        for field in ("liver", "image")
    )
    assert np.allclose(box, whole, atol=1e-6)


@pytest.mark.slow
def test_flips_make_the_map_follow_a_flipped_image(network):
    slices = torch.randn(2, 1, 16, 24)
    plain = forward_probability(network, slices, "flips")
    flipped = forward_probability(network, slices.flip(3), "flips").flip(3)
    assert torch.allclose(plain, flipped, atol=1e-6)
    assert not torch.allclose(
        forward_probability(network, slices), forward_probability(network, slices.flip(3)).flip(3)
    )


def test_a_scan_without_a_liver_mask_is_refused(network):
    with pytest.raises(InputError, match="no liver mask was given"):
        predict_probability(network, NETWORK, OutputSettings(), disc_scan("a", 1).image, None, CPU)


def test_an_empty_liver_gives_an_empty_map(network):
    scan = disc_scan("a", 1)
    assert not predict_probability(network, NETWORK, OutputSettings(), scan.image, scan.liver * 0, CPU).any()
