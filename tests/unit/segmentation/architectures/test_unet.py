"""What the options of the U-Net change, and that nothing changes without them."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from livermets.config.architectures import UNetSettings
from livermets.config.load import validate_section
from livermets.errors import InputError
from livermets.segmentation.architectures.build import build_network, convolution_count, parameter_count
from livermets.segmentation.architectures.unet import ResidualConvolutions, UNet
from livermets.segmentation.classes import Classes

LESIONS = Classes(("background", "lesion"))


def test_without_options_weights_are_drawn_and_named_as_ever():
    torch.manual_seed(3)
    network = UNet(1, 2, levels=1, base_filters=2)
    torch.manual_seed(3)
    shapes = {
        "encoder.0.0": (1, 2, 3),
        "encoder.0.3": (2, 2, 3),
        "bottom.0": (2, 4, 3),
        "bottom.3": (4, 4, 3),
        "up.0": (4, 2, 2),
        "decoder.0.0": (4, 2, 3),
        "decoder.0.3": (2, 2, 3),
        "head": (2, 2, 1),
    }
    weights = network.state_dict()
    for name, shape in shapes.items():
        if name == "up.0":
            drawn: nn.Module = nn.ConvTranspose2d(*shape, stride=2)
        else:
            drawn = nn.Conv2d(*shape, bias=name == "head")
        assert torch.equal(weights[f"{name}.weight"], drawn.weight), name
    assert {name.rpartition(".")[0] for name, value in weights.items() if value.ndim == 4} == set(shapes)


def test_without_dropout_a_training_step_draws_no_random_number():
    network = UNet(1, 2, levels=2, base_filters=2).train()
    before = torch.get_rng_state()
    network(torch.randn(1, 1, 8, 8, generator=torch.Generator().manual_seed(1)))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("norm", ["none", "batch", "instance"])
def test_a_short_skip_adds_the_input_before_the_last_relu(norm):
    torch.manual_seed(4)
    x = torch.randn(2, 3, 8, 8)
    level = ResidualConvolutions(3, 3, norm).eval()
    first, second = (layer for layer in level.modules() if isinstance(layer, nn.Conv2d))
    normalised = {"instance": functional.instance_norm, "batch": lambda y: y / (1 + 1e-5) ** 0.5}.get(norm, lambda y: y)
    inner = functional.relu(normalised(functional.conv2d(x, first.weight, first.bias, padding=1)))
    by_hand = normalised(functional.conv2d(inner, second.weight, second.bias, padding=1)) + x
    assert torch.allclose(level(x), functional.relu(by_hand), atol=1e-5)
    assert len(level.skip) == 0


def test_short_skips_project_where_the_number_of_maps_changes():
    plain = UNetSettings(levels=3, base_filters=4)
    with_skips = build_network(plain.model_copy(update={"short_skips": True}), LESIONS)
    changes = [(1, 4), (4, 8), (8, 16), (16, 32), (32, 16), (16, 8), (8, 4)]
    extra = sum(inputs * outputs + 2 * outputs for inputs, outputs in changes)  # a 1×1 kernel and its normalisation
    assert parameter_count(with_skips) == parameter_count(build_network(plain, LESIONS)) + extra
    assert convolution_count(with_skips) == 2 * 7 + 3 + 1 + len(changes)


def test_nearest_published_size_of_four_levels_with_short_skips():
    # 9 M trainable parameters in 4 resolution levels (three halvings), 3×3 kernels, batch normalisation.
    settings = UNetSettings(levels=3, base_filters=68, short_skips=True)
    assert parameter_count(build_network(settings, LESIONS)) == 9_082_558


def dropped_share(before: torch.Tensor, after: torch.Tensor) -> float:
    """The share of maps with anything in them of which nothing is left."""
    full, left = (x.flatten(2).any(dim=2) for x in (before, after))
    return float((full & ~left).sum() / full.sum())


def test_every_level_drops_its_own_share_of_whole_maps_on_both_ways():
    network = UNet(1, 2, levels=2, base_filters=64, norm="none", dropout=(0.25, 0.5, 0.75)).train()
    seen: list[tuple[float, float]] = []
    for layer in network.dropout:
        layer.register_forward_hook(lambda layer, x, y: seen.append((layer.p, dropped_share(x[0], y))))
    torch.manual_seed(1)
    network(torch.rand(8, 1, 16, 16))
    assert [share for share, _ in seen] == [0.25, 0.5, 0.75, 0.5, 0.25]
    assert [found for _, found in seen] == pytest.approx([share for share, _ in seen], abs=0.1)


def test_one_number_drops_at_the_deepest_level_alone():
    settings = UNetSettings(levels=2, base_filters=2, dropout=0.3)
    assert [layer.p for layer in build_network(settings, LESIONS).dropout] == [0.0, 0.0, 0.3]


def test_a_list_of_shares_is_read_written_and_checked():
    settings = UNetSettings.model_validate({"levels": 2, "dropout": [0, 0.1, 0.5]})
    assert settings.dropout == (0.0, 0.1, 0.5)
    assert UNetSettings.model_validate_json(settings.model_dump_json()) == settings
    assert hash(settings)
    with pytest.raises(InputError, match="dropout has 2 numbers, and 3 are needed: one for each of `levels`"):
        validate_section(UNetSettings, {"levels": 2, "dropout": [0, 0.1]})
    with pytest.raises(InputError, match=r"^config\.dropout\.1: input should be less than 1 \(found 1\.5\)"):
        validate_section(UNetSettings, {"levels": 1, "dropout": [0, 1.5]})
    with pytest.raises(InputError, match=r"^config\.dropout: input should be a valid number.* \(found 'much'\)"):
        validate_section(UNetSettings, {"dropout": "much"})
