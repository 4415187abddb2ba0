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


WINDOWS = AxialSampling(slices="liver", patch=32)


def probabilities(network, output, image, liver, field="liver", sampling=None):
    """The probability of lesions."""
    view = AxialView(sampling or AxialSampling(field=field), NETWORK, LESIONS)
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


@pytest.fixture
def shrinking_liver():
    """A scan of four slices whose liver is a square, smaller from slice to slice and gone in the last."""
    scan = disc_scan("a", 4, size=96)
    liver = np.zeros_like(scan.liver)
    for row, side in enumerate((70, 40, 6)):
        liver[row, 10 : 10 + side, 20 : 20 + side] = 1
    return scan.image, liver


def test_a_network_of_windows_is_shown_the_box_of_each_slice_and_no_less_than_a_window(network, shrinking_liver):
    image, liver = shrinking_liver
    found = probabilities(network, OutputSettings(tta="none"), image, liver, sampling=WINDOWS)
    # 8 pixels of margin on either side, up to a multiple of 4, and moved to lie within the image.
    boxes = [(slice(1, 89), slice(8, 96)), (slice(2, 58), slice(12, 68)), (slice(0, 32), slice(7, 39))]
    for row, (y, x) in enumerate(boxes):
        alone = np.zeros((1, *image.shape[1:]), dtype=np.float32)
        alone[0, y, x] = probabilities(
            network, WHOLE.model_copy(update={"tta": "none"}), image[row : row + 1, y, x], None
        )
        assert np.allclose(found[row], alone[0] * liver[row], atol=1e-6)
    assert not found[3].any()


def test_boxes_of_several_sizes_do_not_depend_on_the_batches(network, shrinking_liver):
    image, liver = shrinking_liver
    one, many = (
        probabilities(network, OutputSettings(batch_size=size), image, liver, sampling=WINDOWS) for size in (1, 16)
    )
    assert np.allclose(one, many, atol=1e-6)


def test_a_scan_without_a_liver_mask_is_refused(network):
    with pytest.raises(InputError, match="no liver mask was given"):
        probabilities(network, OutputSettings(), disc_scan("a", 1).image, None)


def test_an_empty_liver_gives_an_empty_map(network):
    scan = disc_scan("a", 1)
    assert not probabilities(network, OutputSettings(), scan.image, scan.liver * 0).any()
