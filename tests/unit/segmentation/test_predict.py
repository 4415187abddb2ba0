"""Forward passes: flips are undone, and a lack of memory becomes advice."""

from __future__ import annotations

import pytest
import torch

from livermets.config.architectures import UNetSettings
from livermets.errors import InputError
from livermets.segmentation.architectures.build import build_network
from livermets.segmentation.classes import Classes
from livermets.segmentation.predict import mean_probabilities, out_of_memory_advice


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return build_network(UNetSettings(levels=2, base_filters=4), Classes(("background", "lesion"))).eval()


@pytest.mark.slow
def test_flips_make_the_map_follow_a_flipped_image(network):
    slices = torch.randn(2, 1, 16, 24)
    plain = mean_probabilities(network, slices, "flips")
    flipped = mean_probabilities(network, slices.flip(3), "flips").flip(3)
    assert torch.allclose(plain, flipped, atol=1e-6)
    assert not torch.allclose(mean_probabilities(network, slices), mean_probabilities(network, slices.flip(3)).flip(3))


def test_all_images_of_a_place_are_flipped_together():
    class Product(torch.nn.Module):
        def forward(self, images):
            return images[0] * images[1].repeat_interleave(3, dim=4) * torch.arange(6.0)

    images = [torch.randn(1, 1, 4, 5, 6), torch.randn(1, 1, 4, 5, 2)]
    flipped = mean_probabilities(Product(), [image.flip(3, 4) for image in images], "flips").flip(3, 4)
    assert torch.allclose(mean_probabilities(Product(), images, "flips"), flipped, atol=1e-6)
    assert not torch.allclose(mean_probabilities(Product(), images), flipped, atol=1e-2)


def test_lack_of_memory_becomes_advice():
    error = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
    advice = out_of_memory_advice(error, 16, "segmentation.training.batch_size")
    assert isinstance(advice, InputError)
    assert "Set it to 8" in str(advice)
    cpu = RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
    assert isinstance(out_of_memory_advice(cpu, 2, "key"), InputError)
    other = RuntimeError("size mismatch")
    assert out_of_memory_advice(other, 16, "key") is other
